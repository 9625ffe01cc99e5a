"""Deliveries as they came, until they are decided. The only writer of their table."""

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Double,
    Index,
    Integer,
    Row,
    Select,
    Table,
    Text,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)

from config import errors
from config.backoff import backoff
from config.database import after_commit, metadata, now

MOST_ASKED_AT_ONCE = 5000  # values in one statement
MOST_FAULTS = 8  # of ours, over one delivery
MOST_VANISHED = 10  # workers that died over it
PATIENCE_SECONDS = 3 * 86_400.0  # with a GitHub that can't be asked; as long as it redelivers

deliveries = Table(
    "deliveries",
    metadata,
    Column("guid", Text, primary_key=True),
    Column("event", Text, nullable=False),
    Column("state", Text, nullable=False),  # stored | deciding | done | failed
    Column("body", Text),  # the parts of GitHub's payload that events are made of, until it is done
    Column("received_at", Double, nullable=False),
    Column("next_at", Double),
    Column("lease_until", Double, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("faults", Integer, nullable=False, server_default="0"),  # tries that we failed at, not GitHub
    Column("vanished", Integer, nullable=False, server_default="0"),
    Column("done_at", Double),
    Column("error", Text),
    Index("ix_deliveries_received", "received_at"),
)
# Spelled out, not as parameters: of a partial index SQLite must see that it holds all that is asked for.
OPEN = deliveries.c.state.in_([literal_column("'stored'"), literal_column("'deciding'")])
Index("ix_deliveries_open", deliveries.c.next_at, sqlite_where=OPEN, postgresql_where=OPEN)
FAILED = deliveries.c.state == "failed"

# One statement, and so one step, for as many as there are: in each step of SQLite another thread takes Python's lock,
# and may keep it for milliseconds. A failed delivery that somebody redelivers is stored anew.
KEEP = """
INSERT INTO deliveries (guid, event, body, state, received_at, next_at)
SELECT guid, event, body, 'stored', CAST({at} AS DOUBLE PRECISION), CAST({at} AS DOUBLE PRECISION)
FROM {arrived} WHERE true
ON CONFLICT (guid) DO UPDATE
SET state = 'stored', body = excluded.body, next_at = excluded.next_at, error = NULL,
    tries = 0, faults = 0, vanished = 0
WHERE deliveries.state = 'failed'
"""
VALUES = "(SELECT column1 AS guid, column2 AS event, column3 AS body FROM (VALUES {})) AS given"
RECORDS = "json_to_recordset(CAST(:rows AS JSON)) AS given (guid TEXT, event TEXT, body TEXT)"
_KEEP_RECORDS = text(KEEP.format(at=":at", arrived=RECORDS))


@dataclass(frozen=True)
class NewDelivery:
    """A delivery to keep; `body` as `payloads.to_text` makes it."""

    guid: str
    event: str
    body: str


@dataclass(frozen=True)
class Taken:
    """A delivery that a worker holds."""

    guid: str
    event: str
    body: str
    fence: int
    tries: int
    received_at: float
    faults: int = 0


def store(connection: Connection, arrived: Sequence[NewDelivery]) -> set[str]:
    """Keeps deliveries; the GUIDs that were not known before, or come again after they failed."""
    once = {delivery.guid: delivery for delivery in arrived}
    at = now(connection)
    keep = _keep_in_sqlite if connection.dialect.name == "sqlite" else _keep_in_postgres
    if keep(connection, once.values(), at) == len(once):
        return set(once)
    # A GUID that came twice in one moment is told as new twice; it is decided once all the same.
    written = or_(deliveries.c.received_at == at, deliveries.c.next_at == at)
    mine = select(deliveries.c.guid).where(deliveries.c.guid.in_(once), written)
    return set(connection.execute(mine).scalars())


def _keep_in_sqlite(connection: Connection, arrived: Collection[NewDelivery], at: float) -> int:
    """How many rows that wrote. As parameters: SQLite would read a document of them anew for each value.

    Said to the driver itself, in the same transaction: SQLAlchemy's reading of so many parameters costs as much again.
    """
    values = [value for one in arrived for value in (one.guid, one.event, one.body)]
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver.execute(_of_so_many(len(arrived)), (at, at, *values)).rowcount


@cache
def _of_so_many(rows: int) -> str:
    return KEEP.format(at="?", arrived=VALUES.format(", ".join(["(?, ?, ?)"] * rows)))


def _keep_in_postgres(connection: Connection, arrived: Collection[NewDelivery], at: float) -> int:
    """The same, as one document: so many parameters would have to be planned each time."""
    rows = json.dumps([vars(delivery) for delivery in arrived], ensure_ascii=False)
    return connection.execute(_KEEP_RECORDS, {"rows": rows, "at": at}).rowcount


def first(connection: Connection, event: str) -> str | None:
    """The GUID of the oldest delivery of an event."""
    wanted = select(deliveries.c.guid).where(deliveries.c.event == event).order_by(deliveries.c.received_at).limit(1)
    return connection.execute(wanted).scalar_one_or_none()


def known_guids(connection: Connection, guids: Collection[str]) -> set[str]:
    """Those of the GUIDs that are kept here."""
    found: set[str] = set()
    ordered = sorted(guids)
    for start in range(0, len(ordered), MOST_ASKED_AT_ONCE):
        some = ordered[start : start + MOST_ASKED_AT_ONCE]
        found.update(connection.execute(select(deliveries.c.guid).where(deliveries.c.guid.in_(some))).scalars())
    return found


def unclaimed(connection: Connection, *, unclaimed_for: float, most: int) -> list[str]:
    """Deliveries that nobody decided for so many seconds after they could have been."""
    ready = OPEN & _claimable(now(connection), unclaimed_for)
    longest = func.coalesce(deliveries.c.next_at, 0.0)  # a bare column would be read in its own order, done ones too
    return list(connection.execute(select(deliveries.c.guid).where(ready).order_by(longest).limit(most)).scalars())


TAKEN = ("event", "body", "fence", "tries", "received_at", "faults", "vanished")


def take(connection: Connection, guid: str, lease_seconds: float) -> Taken | None:
    """Claims a delivery; None where it is done, another worker has it, or ten died over it: then it is failed."""
    at = now(connection)
    lapsed = case((deliveries.c.state == "deciding", 1), else_=0)
    counted = {name: deliveries.c[name] + more for name, more in (("fence", 1), ("tries", 1), ("vanished", lapsed))}
    statement = (
        update(deliveries)
        .where(deliveries.c.guid == guid, _claimable(at))
        .values(state="deciding", lease_until=at + lease_seconds, **counted)
        .returning(*(deliveries.c[name] for name in TAKEN))
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    taken = Taken(guid, row.event, row.body, row.fence, row.tries, row.received_at, row.faults)
    if row.vanished < MOST_VANISHED:
        return taken
    fail(connection, taken, f"Its worker vanished {row.vanished} times.")
    return None


def done(connection: Connection, taken: Taken) -> bool:
    """Marks it decided, in the transaction that wrote what was decided; False where another worker has it by now."""
    values = {"state": "done", "done_at": now(connection), "next_at": None, "body": None, "error": None}
    return connection.execute(update(deliveries).where(_held(taken)).values(**values)).rowcount == 1


def retry_later(connection: Connection, taken: Taken, error: str, *, ours: bool, wait: float | None = None) -> None:
    """Back to stored, for another try after a while; after too many it is failed, for an operator to see.

    `ours`: a fault of ours, tried 8 times; else GitHub could not be asked, which is waited out for three days.
    """
    at = now(connection)
    over = taken.faults + 1 >= MOST_FAULTS if ours else at - taken.received_at > PATIENCE_SECONDS
    if over:
        return fail(connection, taken, error)
    due = at + (wait or backoff(taken.tries, first=1, longest=300))
    values = {"state": "stored", "next_at": due, "lease_until": 0, "error": error, "faults": taken.faults + ours}
    connection.execute(update(deliveries).where(_held(taken)).values(**values))
    return None


def fail(connection: Connection, taken: Taken, error: str) -> None:
    """Nobody tries it any more; an operator is told, and may have it tried again."""
    over = {"state": "failed", "next_at": None, "error": error}
    if connection.execute(update(deliveries).where(_held(taken)).values(**over)).rowcount:
        after_commit(connection, partial(errors.tell, "delivery.failed", guid=taken.guid))


def try_again(connection: Connection, guid: str) -> bool:
    """A failed delivery waits as though it had just come; False where it has not failed."""
    at = now(connection)
    fresh: dict[str, Any] = {"state": "stored", "tries": 0, "faults": 0, "vanished": 0, "lease_until": 0, "error": None}
    again = update(deliveries).where(deliveries.c.guid == guid, FAILED)
    return connection.execute(again.values(**fresh, received_at=at, next_at=at)).rowcount == 1


def delivery(connection: Connection, guid: str) -> Row[Any] | None:
    """A delivery's row, if it is kept."""
    return connection.execute(select(deliveries).where(deliveries.c.guid == guid)).one_or_none()


def undecided(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """Deliveries that wait or are being decided, the oldest first; `total` counts them all."""
    waits = deliveries.c.state.in_(("stored", "deciding"))
    return connection.execute(_without_bodies().where(waits).order_by(deliveries.c.received_at).limit(most)).all()


def failed(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """Deliveries that nobody tries to decide any more, the newest first; `total` counts them all."""
    return connection.execute(
        _without_bodies().where(FAILED).order_by(deliveries.c.received_at.desc()).limit(most)
    ).all()


def forget_bodies(connection: Connection, before: float, most: int) -> int:
    """Drops what failed deliveries held that came before then; how many, at most so many."""
    old = (FAILED, deliveries.c.body.is_not(None), deliveries.c.received_at < before)
    some = select(deliveries.c.guid).where(*old).limit(most).scalar_subquery()
    return connection.execute(update(deliveries).where(deliveries.c.guid.in_(some)).values(body=None)).rowcount


def forget_guids(connection: Connection, before: float, most: int) -> int:
    """Deletes deliveries that came before then and wait for nothing; how many, at most so many."""
    old = (deliveries.c.state.in_(("done", "failed")), deliveries.c.received_at < before)
    some = select(deliveries.c.guid).where(*old).limit(most).scalar_subquery()
    return connection.execute(delete(deliveries).where(deliveries.c.guid.in_(some))).rowcount


def _without_bodies() -> Select[Any]:
    wanted = (column for column in deliveries.c if column.name != "body")
    return select(*wanted, deliveries.c.body.is_not(None).label("has_body"), func.count().over().label("total"))


def _claimable(at: float, unclaimed_for: float = 0) -> Any:
    stored = (deliveries.c.state == "stored") & (deliveries.c.next_at <= at - unclaimed_for)
    return or_(stored, (deliveries.c.state == "deciding") & (deliveries.c.lease_until < at))


def _held(taken: Taken) -> Any:
    return (deliveries.c.guid == taken.guid) & (deliveries.c.fence == taken.fence) & (deliveries.c.state == "deciding")
