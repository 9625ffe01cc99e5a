"""Having dead letters tried again: a dead run, a failed delivery, a duty that was given up."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.operating import OperatorError
from bot.operating.ground import operator
from config.accounts import is_paused, lock_account
from config.database import Connection, NoSuchRow, Row, WakeUp, wake_after_commit
from handlers import inbox
from handlers.parsing import Unreadable, parse
from handlers.payloads import NotJson, whole
from runners import audit, backlog, moves, outbox, runs, tasks
from runners.admission import admit
from runners.queues import GITHUB
from runners.states import LIVE_TASK, RunState

MOST = 1000  # of each kind at a time
RUN = re.compile(r"r[0-9a-z]{12}")
GUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27}")


class NotRequeued(Exception):
    """This one is not tried again; the message says why, and what to do."""


@dataclass(frozen=True)
class Letter:
    """A dead letter by its id: `kind` is run, delivery or duty; a duty's id is its kind and subject."""

    kind: str
    id: str


def letters(words: Iterable[str]) -> list[Letter]:
    """What the words name: run ids, GUIDs, and duties as one word or two. Raises OperatorError."""
    found, rest = [], [part for word in words for part in word.split()]
    while rest:
        word = rest.pop(0)
        if RUN.fullmatch(word):
            found.append(Letter("run", word))
        elif GUID.fullmatch(word):
            found.append(Letter("delivery", word))
        elif rest:
            found.append(Letter("duty", f"{word} {rest.pop(0)}"))
        else:
            raise OperatorError(
                f"{word} is no id of a run (r…), no delivery's GUID, and no duty (kind and subject, as in "
                "`status t0123456789ab`). `./async-code queue show` lists them."
            )
    return list(dict.fromkeys(found))


def all_dead(connection: Connection) -> list[Letter]:
    """Every dead letter, as `queue show` lists them."""
    return [
        *(Letter("delivery", row.guid) for row in inbox.failed(connection, MOST)),
        *(Letter("run", row.id) for row in backlog.runs_dead(connection, MOST)),
        *(Letter("duty", f"{row.kind} {row.subject}") for row in outbox.given_up(connection, MOST)),
    ]


def requeue(connection: Connection, letter: Letter, concurrent: int) -> str:
    """Has it tried again, its counters set back; what happens to it now. Raises NotRequeued."""
    said = OF_KIND[letter.kind](connection, letter.id, concurrent)
    return f"{letter.id}: {said}"


def _run(connection: Connection, run_id: str, concurrent: int) -> str:
    try:
        lock_account(connection, runs.get(connection, run_id).account_id)
    except NoSuchRow:
        raise NotRequeued(f"{run_id}: there is no such run.") from None
    run = runs.get(connection, run_id)
    task = tasks.get(connection, run.task_id)
    place = f"{task.repository}#{task.number}"
    if run.state != RunState.DEAD:
        raise NotRequeued(f"{run_id}: it is {run.state}, not dead. A person has it done anew by `retry` on {place}.")
    if run.round != task.round:
        raise NotRequeued(f"{run_id}: a person retried its task since, on {place}; that run counts.")
    if tasks.is_forgotten(task):
        raise NotRequeued(f"{run_id}: what was asked was dropped (RETENTION_DAYS). A person must ask anew, on {place}.")
    moves.requeue(connection, run_id)
    audit.note(connection, operator(), "requeue", run_id, account_id=run.account_id, task=task.id)
    admit(connection, run.account_id, concurrent)
    return _stands(connection, tasks.get(connection, run.task_id), place)


def _stands(connection: Connection, task: Row[Any], place: str) -> str:
    """How soon the run of a requeued task begins."""
    if is_paused(connection, task.account_id):
        return f"waits on {place}; it is paused, and begins after `./async-code resume`."
    if task.state in LIVE_TASK:
        return f"queued again, on {place}."
    others = tasks.unfinished_at(connection, task.host, task.repository_id, task.number)
    busy = next((other.id for other in others if other.state in LIVE_TASK and other.id != task.id), None)
    if busy:
        return f"waits: task {busy} is at work on {place}, and one at a time may be. It begins when that has ended."
    return f"waits on {place} for a slot of its account."


def _delivery(connection: Connection, guid: str, _concurrent: int) -> str:
    row = inbox.delivery(connection, guid)
    if row is None:
        raise NotRequeued(f"{guid}: there is no such delivery.")
    if row.state != "failed":
        raise NotRequeued(f"{guid}: it is {row.state}, not failed.")
    if row.body is None:
        raise NotRequeued(
            f"{guid}: its content was dropped (RETENTION_DAYS). GitHub itself redelivers for three days, from the "
            "App's settings page; after that the person must write the command again."
        )
    _require_readable(guid, row)
    inbox.try_again(connection, guid)
    audit.note(connection, operator(), "requeue", guid)
    wake_after_commit(connection, WakeUp("delivery", guid, GITHUB))
    return "waits to be decided."


def _require_readable(guid: str, row: Row[Any]) -> None:
    """One that was no event when it was decided may be one by now."""
    try:
        parse(row.event, whole(row.body))
    except (Unreadable, NotJson) as error:
        raise NotRequeued(f"{guid}: this version can't read it either ({error}).") from None


def _duty(connection: Connection, duty: str, _concurrent: int) -> str:
    kind, _, subject = duty.partition(" ")
    if not outbox.try_again(connection, kind, subject):
        raise NotRequeued(f"{duty}: no such duty was given up.")
    audit.note(connection, operator(), "requeue", duty)
    return "due now."


OF_KIND: dict[str, Callable[[Connection, str, int], str]] = {"run": _run, "delivery": _delivery, "duty": _duty}
