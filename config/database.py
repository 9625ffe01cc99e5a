"""SQLite or Postgres behind two doors: `write` (one short transaction) and `read`. Their clock is the one that counts.

SQLite's write lock is unfair and its deferred BEGIN fails under contention, so every process writes through one
connection that begins IMMEDIATE. `write` must not be nested.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    MetaData,
    Row,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import NoResultFound as NoSuchRow
from sqlalchemy.exc import SQLAlchemyError as DatabaseError

from config.settings import SettingsError

__all__ = [
    "SCHEMA",
    "Connection",
    "Database",
    "DatabaseError",
    "Identity",
    "NoSuchRow",
    "Row",
    "WakeUp",
    "after_commit",
    "inserting",
    "metadata",
    "now",
    "require_schema",
    "wake_after_commit",
]

BUSY_MILLISECONDS = 10_000
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=4000",  # pages, 16 MB: whoever copies them into the file keeps a burst of deliveries waiting
    "foreign_keys=ON",
    f"busy_timeout={BUSY_MILLISECONDS}",
)
POSTGRES_OPTIONS = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
SCHEMA = "0006"  # the newest revision in config/migrations; read here without Alembic, which costs half a second

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Identity = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up only an INTEGER primary key


class WakeUp(NamedTuple):
    """A hint that something is to be done: which function, about what, on which queue."""

    name: str
    subject: str
    queue: str


class Database:
    """One process's way to the database. `url` as SQLAlchemy writes it; `send` gets the wake-ups of a commit."""

    def __init__(self, url: str, send: Callable[[list[WakeUp]], None] = lambda wake_ups: None) -> None:
        self._send = send
        self.url = make_url(url)
        self.clock_shift = 0.0  # seconds; tests move time by it
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writer, self._reader = _sqlite(url, writes=True), _sqlite(url, writes=False)
        else:
            bounded = {"connect_timeout": 3, "options": POSTGRES_OPTIONS}
            self._writer = self._reader = create_engine(
                url,
                hide_parameters=True,
                pool_size=10,
                max_overflow=10,
                pool_timeout=5,
                pool_pre_ping=True,
                connect_args=bounded,
            )

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: committed at the end, rolled back on any exception.

        Wake-ups that were asked for inside are sent after the commit, or never; so is what else was to follow.
        """
        wake_ups: list[WakeUp] = []
        afterwards: list[Callable[[], None]] = []
        with self._writer.begin() as connection:
            connection.info.update(clock_shift=self.clock_shift, wake_ups=wake_ups, afterwards=afterwards)
            yield connection
        if wake_ups:
            self._send(list(dict.fromkeys(wake_ups)))
        for act in afterwards:
            act()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view that writes nothing."""
        with self._reader.begin() as connection:
            connection.info["clock_shift"] = self.clock_shift
            yield connection

    def close(self) -> None:
        """Gives all connections back."""
        self._writer.dispose()
        self._reader.dispose()


def now(connection: Connection) -> float:
    """Seconds since 1970 by the database's clock (SQLite's is the host's): workers' clocks differ, leases must not."""
    if connection.dialect.name == "sqlite":
        at = time.time()
    else:
        at = connection.execute(text("SELECT extract(epoch from clock_timestamp())")).scalar_one()
    return float(at) + float(connection.info["clock_shift"])


def inserting(connection: Connection) -> Callable[[Table], sqlite.Insert | postgresql.Insert]:
    """The INSERT of this database's own dialect, which alone knows ON CONFLICT."""
    return sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert


def wake_after_commit(connection: Connection, wake_up: WakeUp) -> None:
    """Sends the wake-up once the transaction stands."""
    connection.info["wake_ups"].append(wake_up)


def after_commit(connection: Connection, act: Callable[[], None]) -> None:
    """Does this once the transaction stands; it must not raise."""
    connection.info["afterwards"].append(act)


def _sqlite(url: str, *, writes: bool) -> Engine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 60} if writes else {"pool_size": 5}
    engine = create_engine(url, hide_parameters=True, **pool)  # logs are kept longer than what people wrote

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would be a deferred one
        for pragma in SQLITE_PRAGMAS:
            _tell(connection, f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _tell(connection: Any, pragma: str) -> None:
    """Sets a pragma. The switch to WAL does not wait for others that open the file, whatever the busy timeout says."""
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            threading.Event().wait(0.02)
        else:
            return


def require_schema(database: Database) -> None:
    """Raises SettingsError where the schema is not the one that this code was written for."""
    with database.read() as connection:
        known = inspect(connection).has_table("alembic_version")
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None
    if revision != SCHEMA:
        raise SettingsError(
            f"The database is at schema {revision or 'none'}, this version needs {SCHEMA}. Run `./async-code migrate`."
        )
