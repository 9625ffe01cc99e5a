"""Draining: nothing begins any more, and once nothing is at work the deployment may be stopped."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from bot.operating import OperatorError
from bot.operating.pausing import pause_everything
from config.database import Database, Row, now
from runners.backlog import runs_held
from runners.wording.status import duration

LOOK_SECONDS = 1.0
SAY_SECONDS = 30.0  # when nothing changes

SAFE = "Nothing is at work: it is safe to stop. It stays paused, over restarts, until `./async-code resume`."
STAYS = "It stays paused: nothing new begins. `./async-code resume` ends that."


class Interrupted(Exception):
    """The operator waits no longer; the message says how things stand."""


def drain(database: Database, say: Callable[[str], None], timeout: float | None, look: float = LOOK_SECONDS) -> None:
    """Pauses everything, and waits until no run is at work. Raises OperatorError after the timeout, Interrupted."""
    with database.write() as connection:
        said = pause_everything(connection, "drain")
    try:
        say(said)
        _wait(database, say, timeout, look)
    except KeyboardInterrupt:
        raise Interrupted(f"No longer waiting. {STAYS}") from None
    say(SAFE)


def _wait(database: Database, say: Callable[[str], None], timeout: float | None, look: float) -> None:
    began, said, said_at = time.monotonic(), "", 0.0
    while busy := at_work(database):
        waited = time.monotonic() - began
        if timeout is not None and waited >= timeout:
            raise OperatorError(f"After {duration(waited)} still at work: {names(busy)}. {STAYS}")
        if names(busy) != said or time.monotonic() - said_at > SAY_SECONDS:
            said, said_at = names(busy), time.monotonic()
            say(f"Waiting for {said} ({duration(waited)}).")
        threading.Event().wait(look)


def at_work(database: Database) -> Sequence[Row[Any]]:
    """The runs that a living worker holds."""
    with database.read() as connection:
        return runs_held(connection, now(connection))


def names(runs: Sequence[Row[Any]]) -> str:
    """The runs in a line: each with its place, agent and worker."""
    each = [
        f"{run.id} on {run.repository}#{run.number} ({run.agent}, {run.state}, by {run.holder})" for run in runs[:5]
    ]
    more = [f"{len(runs) - 5} more"] if len(runs) > 5 else []
    return ", ".join(each + more)
