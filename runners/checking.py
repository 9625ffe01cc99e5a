"""The repository's own checks, run in the sandbox on what the agent left, once its patch is kept.

They are the repository's commands on an agent's files: what they say is shown, and decides nothing but the check run's
conclusion. They have no way out, and what they write goes with the workspace.
"""

import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from runners.annotations import annotations, to_json
from runners.attempt import Attempt
from runners.errands import Ground, shell
from runners.sandboxes import is_for_theirs

MOST_LINES = 5000
LAST_BYTES = 6000  # of what a check said that are kept
NO_SANDBOX = "not run: no sandbox works on this machine"
NO_WORKER = "not run: its worker ended meanwhile"


def run_checks(ground: Ground, seconds: float) -> None:
    """Runs them all within so many seconds, and keeps how each ended. Raises as `Lease.check` does."""
    commands = wished(ground.attempt)
    if not is_for_theirs(ground.sandbox, ground.attempt.context.settings):
        return _keep(ground.attempt, [_ended(command, NO_SANDBOX) for command in commands])
    deadline = time.monotonic() + seconds
    return _keep(ground.attempt, [_check(ground, command, deadline) for command in commands])


def give_up_checks(attempt: Attempt) -> None:
    """Says of checks whose worker ended before they did that they were not run: their workspace is gone."""
    if attempt.run.checks is None:
        _keep(attempt, [_ended(command, NO_WORKER) for command in wished(attempt)])


def wished(attempt: Attempt) -> Sequence[str]:
    """The commands that the repository's file names."""
    return list((attempt.task.bounds or {}).get("checks", []))


def _keep(attempt: Attempt, ended: list[dict[str, Any]]) -> None:
    if ended:
        attempt.note(checks=ended)


def _check(ground: Ground, command: str, deadline: float) -> dict[str, Any]:
    attempt, began = ground.attempt, time.monotonic()
    attempt.step(f"checking: {command}")
    lines: deque[str] = deque(maxlen=MOST_LINES)

    def hear(line: str | None) -> None:
        if line is not None:
            lines.append(attempt.clean(line))

    failed = shell(ground, command, deadline - began, hear)
    return _ended(command, failed, time.monotonic() - began, lines)


def _ended(command: str, failed: str, seconds: float = 0.0, lines: Sequence[str] = ()) -> dict[str, Any]:
    """How a check ended, as JSON: it passed where nothing `failed`. `said` is the end of what it printed."""
    said = "\n".join(lines).encode()[-LAST_BYTES:].decode("utf-8", "replace")
    found = to_json(annotations(lines)) if failed else []
    return {"command": command, "why": failed, "seconds": round(seconds, 1), "said": said, "annotations": found}
