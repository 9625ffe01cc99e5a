"""How fast an installation's GitHub is written to, and when it is left alone: kept in SQL, which outlives Redis.

GitHub bans Apps that hurry. Every write is booked first, in order: a second after the one before, and so many a minute
and an hour at most. Whoever would have to wait long is told until when, and its work goes back to SQL.
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Double,
    Index,
    Integer,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from config.database import Database, Identity, Row, inserting, metadata, now
from config.settings import Settings
from runners.github_types import GitHubError, Paced, Unavailable, Where

PATIENCE = 2.0  # seconds that a worker waits for its turn itself
MOMENT = 0.2  # seconds between two looks whether the write before has ended
MINUTE, HOUR = 62.0, 3610.0  # a little more than GitHub's windows: a worker may be late for its turn
LONGEST_WRITE = 20.0  # seconds; whoever is silent for longer was killed
FAILURES_TO_STOP = 5  # in a row; then GitHub is left alone for a while
FIRST_STOP, LONGEST_STOP = 5.0, 300.0

paces = Table(
    "paces",
    metadata,
    Column("host", Text, primary_key=True),
    Column("installation_id", BigInteger, primary_key=True, autoincrement=False),
    Column("next_at", Double, nullable=False, server_default="0"),  # of the next booking
    Column("began_at", Double, nullable=False, server_default="0"),  # of the last write
    Column("busy_until", Double, nullable=False, server_default="0"),  # 0: the last write has ended
    Column("blocked_until", Double, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
)

writes = Table(
    "writes",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("host", Text, nullable=False),
    Column("installation_id", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", Double, nullable=False),  # booked for
    Column("began_at", Double),
    Index("ix_writes_at", "host", "installation_id", "at"),
    Index("ix_writes_began_at", "host", "installation_id", "began_at"),
)

_guard: ContextVar[Callable[[Connection], None]] = ContextVar("guard", default=lambda connection: None)


@contextmanager
def guarded_by(guard: Callable[[Connection], None]) -> Iterator[None]:
    """Lets `guard` refuse every write of this thread, by raising in the transaction that lets it begin."""
    before = _guard.set(guard)
    try:
        yield
    finally:
        _guard.reset(before)


@dataclass(frozen=True)
class Turn:
    """When a write may begin: in so many seconds, or (`far`) so late that it is to be asked for again then."""

    seconds: float
    far: bool
    failed_before: bool = False
    busy: bool = False  # another write is under way: look again soon
    begins: float = 0.0


class Pace:
    """The pace at which one GitHub host is spoken with, shared by all processes through SQL."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._host = database, settings.host_name
        self._pause = settings.github_write_pause_seconds
        self._windows = ((settings.github_writes_per_minute, MINUTE), (settings.github_writes_per_hour, HOUR))

    @contextmanager
    def reading(self, where: Where) -> Iterator[None]:
        """One question to GitHub. Raises Paced while the installation is left alone."""
        with self._database.read() as connection:
            pace, at = self._row(connection, where), now(connection)
        if pace and pace.blocked_until > at:
            raise Paced("GitHub is left alone for a while", retry_after=pace.blocked_until - at)
        with self._watched(where, bool(pace and pace.failures)):
            yield

    @contextmanager
    def writing(self, where: Where, what: str) -> Iterator[None]:
        """One write, named by `what` it is, so that the same one asked for again keeps its turn. Raises Paced."""
        waited = 0.0
        while True:
            with self._database.write() as connection:
                _guard.get()(connection)
                turn = self._turn(connection, where, what)
            if not turn.busy or waited >= PATIENCE:
                break
            threading.Event().wait(MOMENT)
            waited += MOMENT
        if turn.far:
            raise Paced("its turn has not come", retry_after=turn.seconds)
        threading.Event().wait(turn.seconds)
        try:
            with self._watched(where, turn.failed_before):
                yield
        finally:
            self._end(where, turn.begins)

    def behind(self, where: Where) -> float:
        """Seconds that a write which is booked now would have to wait."""
        with self._database.read() as connection:
            pace = self._row(connection, where)
            return max(pace.next_at - now(connection), 0.0) if pace else 0.0

    @contextmanager
    def _watched(self, where: Where, failed_before: bool) -> Iterator[None]:
        try:
            yield
        except Unavailable as error:
            self._stumbled(where, error.retry_after)
            raise
        except GitHubError:
            self._answered(where, failed_before)
            raise
        self._answered(where, failed_before)

    def _turn(self, connection: Connection, where: Where, what: str) -> Turn:
        pace, at = self._held(connection, where), now(connection)
        if pace.blocked_until > at:
            return Turn(pace.blocked_until - at, far=True)
        if pace.busy_until > at:
            return Turn(min(pace.busy_until - at, self._pause), far=True, busy=True)
        mine = (*self._of(where, writes), writes.c.what == what, writes.c.began_at.is_(None))
        booked = connection.execute(select(writes.c.id, writes.c.at).where(*mine).order_by(writes.c.at)).first()
        booked_at = booked.at if booked else self._book(connection, where, what, max(at, pace.next_at))
        begins = max(at, booked_at, pace.began_at + self._pause, self._free(connection, where, writes.c.began_at))
        if booked_at <= at + PATIENCE < begins:  # it comes late, and others went meanwhile
            connection.execute(delete(writes).where(*mine))
            begins = self._book(connection, where, what, max(begins, pace.next_at))
        if begins > at + PATIENCE:
            return Turn(begins - at, far=True)
        first = select(writes.c.id).where(*mine).order_by(writes.c.at).limit(1).scalar_subquery()
        connection.execute(update(writes).where(writes.c.id == first).values(began_at=begins))
        busy = {"busy_until": begins + LONGEST_WRITE} if self._pause else {}
        self._write(connection, where, began_at=begins, **busy)
        return Turn(begins - at, far=False, failed_before=pace.failures > 0, begins=begins)

    def _end(self, where: Where, began_at: float) -> None:
        """The next may begin, unless it already has: GitHub wants writes one after the other."""
        if self._pause:
            with self._database.write() as connection:
                mine = (*self._of(where, paces), paces.c.began_at == began_at)
                connection.execute(update(paces).where(*mine).values(busy_until=0))

    def _book(self, connection: Connection, where: Where, what: str, earliest: float) -> float:
        """The next place in the order: behind all that are booked, and within the windows."""
        at = max(earliest, self._free(connection, where, writes.c.at))
        values = {"host": self._host, "installation_id": where.installation_id, "what": what, "at": at}
        connection.execute(insert(writes).values(**values))
        self._write(connection, where, next_at=at + self._pause)
        connection.execute(delete(writes).where(*self._of(where, writes), writes.c.at < now(connection) - 2 * HOUR))
        return at

    def _free(self, connection: Connection, where: Where, column: Column[Any]) -> float:
        """From when on one more fits into each window, by the writes' times in that column."""
        free = 0.0
        for most, seconds in self._windows:
            times = select(column).where(*self._of(where, writes), column.is_not(None)).order_by(column.desc())
            oldest = connection.execute(times.offset(most - 1).limit(1)).scalar_one_or_none()
            free = max(free, oldest + seconds if oldest is not None else 0.0)
        return free

    def _stumbled(self, where: Where, retry_after: float | None) -> None:
        """GitHub asked for a pause, or gave no answer: five times in a row are a reason to wait, longer each time."""
        with self._database.write() as connection:
            pace, at = self._held(connection, where), now(connection)
            failures = pace.failures + (retry_after is None)
            over = failures - FAILURES_TO_STOP
            # Bounded before it is a power: an outage of some hours reaches exponents that no float holds.
            longer = min(FIRST_STOP * 2.0 ** min(over, 10), LONGEST_STOP)
            stop = longer if retry_after is None and over >= 0 else 0.0
            until = max(pace.blocked_until, at + (retry_after or stop))
            self._write(connection, where, failures=failures, blocked_until=until)

    def _answered(self, where: Where, failed_before: bool) -> None:
        if not failed_before:
            return
        with self._database.write() as connection:
            some = (*self._of(where, paces), paces.c.failures > 0)
            connection.execute(update(paces).where(*some).values(failures=0))

    def _held(self, connection: Connection, where: Where) -> Row[Any]:
        """The installation's row, made if need be, which nobody else writes until the transaction ends."""
        new = inserting(connection)(paces).values(host=self._host, installation_id=where.installation_id)
        connection.execute(new.on_conflict_do_nothing())
        return connection.execute(select(paces).where(*self._of(where, paces)).with_for_update()).one()

    def _row(self, connection: Connection, where: Where) -> Row[Any] | None:
        return connection.execute(select(paces).where(*self._of(where, paces))).one_or_none()

    def _write(self, connection: Connection, where: Where, **values: float) -> None:
        connection.execute(update(paces).where(*self._of(where, paces)).values(**values))

    def _of(self, where: Where, table: Table) -> tuple[ColumnElement[bool], ...]:
        return table.c.host == self._host, table.c.installation_id == where.installation_id
