"""Moments that the whole deployment shares, by name: when it was paused, how far GitHub's deliveries were looked at."""

from sqlalchemy import Column, ColumnElement, Connection, Double, Table, Text, delete, func, select

from config.database import inserting, metadata

PAUSED = "paused"
FORGOTTEN = "old texts forgotten"

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Double, nullable=False),  # seconds since 1970, by the database's clock
)


def get(connection: Connection, name: str) -> float | None:
    """When it was; None where it never was, or is over."""
    return connection.execute(select(marks.c.at).where(marks.c.name == name)).scalar_one_or_none()


def unset(name: str) -> ColumnElement[bool]:
    """The condition that it never was, or is over."""
    return ~select(marks.c.name).where(marks.c.name == name).exists()


def hold(connection: Connection, name: str, *, shared: bool) -> None:
    """Until this transaction ends, whoever goes by the mark and whoever sets it wait for each other.

    Those who go by it hold it `shared`, at once. SQLite lets one transaction write at a time anyhow.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    if connection.dialect.name != "sqlite":
        lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
        connection.execute(select(lock(func.hashtextextended(name, 0))))


def put(connection: Connection, name: str, at: float) -> None:
    """Notes when it was, in place of the time before."""
    statement = inserting(connection)(marks).values(name=name, at=at)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": at}))


def clear(connection: Connection, name: str) -> bool:
    """Forgets it; whether it was known."""
    return connection.execute(delete(marks).where(marks.c.name == name)).rowcount == 1
