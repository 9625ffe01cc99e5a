"""The whole backlog as plain data, as `queue show --json` prints it and its tables show it."""

from collections.abc import Callable, Sequence
from typing import Any

from config import marks
from config.accounts import paused_accounts
from config.database import Connection, Row, now
from handlers import inbox, sweeping
from runners import backlog, outbox
from runners.states import RunState

MOST = 1000  # rows of one section; `count` tells the whole

Section = dict[str, Any]
AT_WORK = (RunState.RUNNING, RunState.PUBLISHING)


def gather(connection: Connection) -> dict[str, Any]:
    """Everything that waits, is at work, or was given up. Times are seconds."""
    at = now(connection)
    since = marks.get(connection, marks.PAUSED)
    accounts = paused_accounts(connection)
    held = {account.id for account in accounts}

    def paused(row: Row[Any]) -> bool:
        return since is not None or row.account_id in held

    return {
        "paused": {
            "everything_for": None if since is None else round(at - since, 1),
            "accounts": {account.login: round(at - account.paused_at, 1) for account in accounts},
        },
        "deliveries": _section(inbox.undecided(connection, MOST), at, _delivery),
        "waiting": _section(backlog.tasks_waiting(connection, MOST), at, _task, paused),
        "runs": _section(backlog.runs_not_ended(connection, MOST), at, _run, paused),
        "duties": _section(outbox.owed(connection, MOST), at, _duty),
        "redeliveries": _section(sweeping.asked_for(connection, MOST), at, _redelivery),
        "dead": {
            "runs": _section(backlog.runs_dead(connection, MOST), at, _dead_run),
            "duties": _section(outbox.given_up(connection, MOST), at, _given_up),
            "deliveries": _section(inbox.failed(connection, MOST), at, _delivery),
        },
    }


def _section(rows: Sequence[Row[Any]], at: float, shown: Any, *more: Any) -> Section:
    return {"count": rows[0].total if rows else 0, "rows": [shown(row, at, *more) for row in rows]}


def _delivery(row: Row[Any], at: float) -> Section:
    return {
        "guid": row.guid,
        "event": row.event,
        "state": row.state,
        "age": _age(row.received_at, at),
        "tries": row.tries,
        "next_in": _ahead(row.next_at, at),
        "error": row.error,
    }


def _task(row: Row[Any], at: float, paused: Callable[[Row[Any]], bool]) -> Section:
    return {"task": row.id, **_place(row), "age": _age(row.created_at, at), "paused": paused(row)}


def _run(row: Row[Any], at: float, paused: Callable[[Row[Any]], bool]) -> Section:
    lapsed = row.state in AT_WORK and row.lease_until < at
    return {
        "run": row.id,
        "task": row.task_id,
        **_place(row),
        "agent": row.agent,
        "queue": row.queue,
        "state": row.state,
        "age": _age(row.started_at or row.created_at, at),
        "holder": row.holder,
        "holder_vanished": lapsed,
        "paused": paused(row),
        "next_in": _ahead(row.next_at, at),
        "attempts": row.fence,
        "failures": row.failures,
        "vanished": row.vanished,
        "postponed": row.postponed,
        "detail": row.detail,
        "cancel_by": row.cancel_by,
    }


def _dead_run(row: Row[Any], at: float) -> Section:
    return {
        "run": row.id,
        "task": row.task_id,
        **_place(row),
        "agent": row.agent,
        "age": _age(row.finished_at, at),
        "attempts": row.fence,
        "reason": row.reason,
        "error": row.detail,
    }


def _duty(row: Row[Any], at: float) -> Section:
    held = row.lease_until >= at
    return {**_given_up(row, at), "being_served": held, "next_in": None if held else _ahead(row.next_at, at)}


def _given_up(row: Row[Any], at: float) -> Section:
    shown = {"duty": f"{row.kind} {row.subject}", "kind": row.kind, "subject": row.subject}
    return {**shown, "age": _age(row.created_at, at), "tries": row.tries, "error": row.error}


def _redelivery(row: Row[Any], at: float) -> Section:
    return {
        "guid": row.guid,
        "age": _age(row.first_at, at),
        "tries": row.tries,
        "next_in": _ahead(row.next_at, at),
    }


def _place(row: Row[Any]) -> Section:
    return {"place": f"{row.repository}#{row.number}", "verb": row.verb, "requester": row.requester}


def _age(then: float, at: float) -> float:
    return round(at - then, 1)


def _ahead(then: float | None, at: float) -> float | None:
    return None if then is None else round(max(then - at, 0.0), 1)
