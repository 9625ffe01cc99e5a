"""Asking GitHub what failed to reach us, and to send it again: a web process that was down loses nothing."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Double,
    Index,
    Integer,
    Row,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)

from config import errors, marks
from config.database import after_commit, inserting, metadata, now
from handlers import inbox
from handlers.redelivery import Lost, attempt_of, lost, understood
from runners.context import Context
from runners.github_types import GitHubError

WINDOW_SECONDS = 3 * 86_400.0  # github.com redelivers nothing older
OVERLAP_SECONDS = 600.0  # that a pass looks back beyond the one before: a delivery may be logged late
AGAIN_SECONDS = 15.0  # until a redelivery that was not answered either is asked for again; twice as long each time
LONGEST_AGAIN = 3600.0
MOST_TRIES = 90  # more than fit into three days: an outage of ours must not use them up while it lasts
# GitHub lets 180 requests of this kind (5 points each) through in a minute.
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
ASKS_A_MINUTE = 150
ASKS_AT_ONCE = 30  # what was not asked for while no worker could is made up for
SECONDS_AN_ASK = 60 / ASKS_A_MINUTE
SWEPT = "deliveries swept"
ASKED = "lost deliveries asked for"  # up to here the pace is used up

redeliveries = Table(
    "redeliveries",
    metadata,
    Column("guid", Text, primary_key=True),
    Column("delivery_id", BigInteger, nullable=False),  # of the newest attempt
    Column("tries", Integer, nullable=False),
    Column("next_at", Double),  # NULL: nothing more to ask for
    Column("first_at", Double, nullable=False),  # of the first attempt
    Index("ix_redeliveries_next_at", "next_at"),
)

log = structlog.get_logger()


def look(context: Context) -> None:
    """Notes what GitHub could not deliver since the last look; the first one looks back three days."""
    with context.database.read() as connection:
        at = now(connection)
        since = _since(connection, at)
    try:
        attempts = [attempt_of(answer, when) for answer, when in context.github.hook_deliveries(since)]
    except GitHubError as error:
        log.warning("sweep.postponed", error=str(error))
        return
    with context.database.write() as connection:
        found = lost(attempts, inbox.known_guids(connection, {attempt.guid for attempt in attempts}))
        _settle(connection, {attempt.guid for attempt in attempts if understood(attempt.status)}, at)
        _note(connection, found, at)
        marks.put(connection, SWEPT, at)
    if found:
        log.warning("sweep.lost_deliveries", count=len(found))


def seconds_since(connection: Connection) -> float:
    """How long ago the last look was."""
    return now(connection) - (marks.get(connection, SWEPT) or 0.0)


def is_due(connection: Connection) -> bool:
    """Whether a lost delivery is to be asked for now."""
    due = select(redeliveries.c.guid).where(_due(now(connection))).limit(1)
    return connection.execute(due).first() is not None


def ask(context: Context) -> None:
    """Asks GitHub for the lost deliveries that are due, as many as the pace allows now."""
    for row in _take(context):
        try:
            context.github.redeliver(row.delivery_id)
            log.info("sweep.redelivered", guid=row.guid, tries=row.tries)
        except GitHubError as error:
            log.warning("sweep.not_redelivered", guid=row.guid, error=str(error))


def asked_for(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """Deliveries that GitHub is still asked to send again, the next one first; `total` counts them all."""
    wanted = select(redeliveries, func.count().over().label("total")).where(redeliveries.c.next_at.is_not(None))
    return connection.execute(wanted.order_by(redeliveries.c.next_at).limit(most)).all()


def _since(connection: Connection, at: float) -> float:
    """How far back to look: to the last look. What is still asked for is logged anew each time it is sent."""
    return max(at - WINDOW_SECONDS, (marks.get(connection, SWEPT) or 0.0) - OVERLAP_SECONDS)


def _settle(connection: Connection, understood: set[str], at: float) -> None:
    """Asks no more for what has come or was understood; nor, which the operator is told, for what never will."""
    open_ = redeliveries.c.next_at.is_not(None)
    rows = connection.execute(select(redeliveries).where(open_)).all()
    come = understood | inbox.known_guids(connection, {row.guid for row in rows})
    for row in rows:
        if row.guid in come or row.tries >= MOST_TRIES or row.first_at < at - WINDOW_SECONDS:
            connection.execute(update(redeliveries).where(redeliveries.c.guid == row.guid).values(next_at=None))
            if row.guid not in come:
                after_commit(connection, partial(errors.tell, "delivery.never_came", guid=row.guid))


def _note(connection: Connection, found: list[Lost], at: float) -> None:
    """Keeps what is lost."""
    for one in found:
        new = inserting(connection)(redeliveries).values(**vars(one), tries=0, next_at=at)
        newest = new.on_conflict_do_update(index_elements=["guid"], set_={"delivery_id": one.delivery_id})
        connection.execute(newest)
    connection.execute(delete(redeliveries).where(redeliveries.c.first_at < at - WINDOW_SECONDS - OVERLAP_SECONDS))


def _take(context: Context) -> Sequence[Row[Any]]:
    """What is asked for now. One process at a time comes here, under the lease of upkeep."""
    with context.database.write() as connection:
        at = now(connection)
        used_up = max(marks.get(connection, ASKED) or 0.0, at - ASKS_AT_ONCE * SECONDS_AN_ASK)
        room = int((at - used_up) / SECONDS_AN_ASK)
        due = select(redeliveries).where(_due(at)).order_by(redeliveries.c.next_at).limit(room)
        taken = connection.execute(due.with_for_update(skip_locked=True)).all()
        marks.put(connection, ASKED, used_up + len(taken) * SECONDS_AN_ASK)
        for row in taken:
            again = at + min(AGAIN_SECONDS * 2.0 ** min(row.tries, 10), LONGEST_AGAIN)
            mine = update(redeliveries).where(redeliveries.c.guid == row.guid)
            connection.execute(mine.values(tries=row.tries + 1, next_at=again))
        return taken


def _due(at: float) -> ColumnElement[bool]:
    return (redeliveries.c.next_at <= at) & (redeliveries.c.tries < MOST_TRIES)
