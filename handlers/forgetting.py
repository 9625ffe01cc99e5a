"""Retention: what people and agents wrote is dropped some days after it was needed. Commands stay known for ever."""

from collections.abc import Callable

import structlog

from config import marks
from config.database import Connection, Database, now
from handlers import commands, inbox
from runners import outbox
from runners.context import Context
from runners.retention import MOST_AT_ONCE, cutoffs, forget_tasks

EVERY_SECONDS = 3600.0

Forget = Callable[[Connection, float, int], int]

log = structlog.get_logger()


def is_due(connection: Connection) -> bool:
    """Whether nobody looked for an hour."""
    return now(connection) - (marks.get(connection, marks.FORGOTTEN) or 0.0) >= EVERY_SECONDS


def forget_old(context: Context) -> None:
    """Drops all that is older than the settings keep it. Safe to repeat, and to do twice at once."""
    database = context.database
    with database.write() as connection:
        at = now(connection)
        marks.put(connection, marks.FORGOTTEN, at)
    cut = cutoffs(at, context.settings.retention_days)
    forgotten = {
        "tasks": forget_tasks(database, cut.words),
        "bodies": _all(database, inbox.forget_bodies, cut.words),
        "answers": _all(database, commands.forget_answers, cut.words),
        "deliveries": _all(database, inbox.forget_guids, cut.deliveries),
        "duties": _all(database, outbox.forget_served, cut.deliveries),
    }
    if any(forgotten.values()):
        log.info("retention.forgot", **forgotten)


def _all(database: Database, forget: Forget, before: float) -> int:
    count, more = 0, True
    while more:
        with database.write() as connection:
            some = forget(connection, before, MOST_AT_ONCE)
        count, more = count + some, some == MOST_AT_ONCE
    return count
