"""Asking GitHub what failed to reach us, and to send it again: a web process that was down loses nothing."""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    Row,
    Table,
    Text,
    delete,
    func,
    literal,
    select,
    update,
)

from config import marks
from config.database import inserting, metadata, now
from handlers import inbox
from handlers.redelivery import Lost, attempt_of, lost
from runners.context import Context
from runners.github_types import GitHubError

WINDOW_SECONDS = 3 * 86_400.0  # github.com redelivers nothing older
OVERLAP_SECONDS = 600.0  # that a pass looks back beyond the one before: a delivery may be logged late
MOST_TRIES = 5
AGAIN_SECONDS = 60.0  # until one that was not answered either is asked for again; then four times as long, each time
SWEPT = "deliveries swept"

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
        _note(connection, found, at)
        marks.put(connection, SWEPT, at)
    if found:
        log.warning("sweep.lost_deliveries", count=len(found))


def seconds_since(connection: Connection) -> float:
    """How long ago the last look was."""
    return now(connection) - (marks.get(connection, SWEPT) or 0.0)


def is_due(connection: Connection) -> bool:
    """Whether a lost delivery is to be asked for now."""
    due = select(redeliveries.c.guid).where(redeliveries.c.next_at <= now(connection)).limit(1)
    return connection.execute(due).first() is not None


def ask(context: Context, most: int) -> None:
    """Asks GitHub for at most so many of the lost deliveries."""
    for row in _take(context, most):
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
    """How far back to look: to the last look, and to the first attempt of all that is still asked for."""
    asked_for = select(func.min(redeliveries.c.first_at)).where(redeliveries.c.next_at.is_not(None))
    oldest = connection.execute(asked_for).scalar()
    newest = marks.get(connection, SWEPT) or 0.0
    return max(at - WINDOW_SECONDS, min(newest, newest if oldest is None else oldest) - OVERLAP_SECONDS)


def _note(connection: Connection, found: list[Lost], at: float) -> None:
    """Keeps what is lost, and asks no more for what has come, or was asked for often enough."""
    still = {one.guid for one in found}
    for row in connection.execute(select(redeliveries).where(redeliveries.c.next_at.is_not(None))).all():
        if row.guid not in still or row.tries >= MOST_TRIES:
            connection.execute(update(redeliveries).where(redeliveries.c.guid == row.guid).values(next_at=None))
    for one in found:
        new = inserting(connection)(redeliveries).values(**vars(one), tries=0, next_at=at)
        newest = new.on_conflict_do_update(index_elements=["guid"], set_={"delivery_id": one.delivery_id})
        connection.execute(newest)
    connection.execute(delete(redeliveries).where(redeliveries.c.first_at < at - WINDOW_SECONDS - OVERLAP_SECONDS))


def _take(context: Context, most: int) -> Sequence[Row[Any]]:
    with context.database.write() as connection:
        at = now(connection)
        due = select(redeliveries.c.guid).where(redeliveries.c.next_at <= at).order_by(redeliveries.c.next_at)
        taken = (
            update(redeliveries)
            .where(redeliveries.c.guid.in_(due.limit(most).scalar_subquery()), redeliveries.c.tries < MOST_TRIES)
            .values(
                tries=redeliveries.c.tries + 1,
                next_at=at + AGAIN_SECONDS * literal(1).bitwise_lshift(2 * redeliveries.c.tries),
            )
            .returning(redeliveries)
        )
        return connection.execute(taken).all()
