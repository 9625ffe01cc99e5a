"""Effects on GitHub that must happen once, each recorded as planned, then done with GitHub's own id.

The first try of a step acts, and adopts what it finds there already. A try that finds the step planned can't know
whether the one before reached GitHub, so it looks first.
"""

from collections.abc import Callable

from sqlalchemy import Column, ColumnElement, Connection, Double, Integer, Table, Text, delete, select, update

from config.database import Database, inserting, metadata, now

publishing_steps = Table(
    "publishing_steps",
    metadata,
    Column("subject", Text, primary_key=True),  # id of the run, task or command
    Column("step", Text, primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("planned_at", Double, nullable=False),
    Column("done_at", Double),
    Column("external_id", Text),
)


Hold = Callable[[Connection], None]


def perform(
    database: Database,
    subject: str,
    step: str,
    *,
    act: Callable[[], str],
    look: Callable[[], str | None],
    hold: Hold,
    fence: int = 0,
) -> str:
    """GitHub's id of the effect, which stands once whatever died before. `act` and `look` return that id.

    `hold` raises where the caller has lost what it works on: it then writes nothing here any more.
    """
    external_id, planned_before = _plan(database, subject, step, hold, fence)
    if external_id is not None:
        return external_id
    found = look() if planned_before else None
    external_id = found if found is not None else act()
    _done(database, subject, step, hold, external_id)
    return external_id


def external_id(database: Database, subject: str, step: str) -> str | None:
    """GitHub's id of a step that is done."""
    with database.read() as connection:
        return connection.execute(select(publishing_steps.c.external_id).where(_is(subject, step))).scalar_one_or_none()


def forget(database: Database, subject: str, step: str, hold: Hold) -> None:
    """A person removed the effect from GitHub: it may be made anew."""
    with database.write() as connection:
        hold(connection)
        connection.execute(delete(publishing_steps).where(_is(subject, step)))


def _plan(database: Database, subject: str, step: str, hold: Hold, fence: int) -> tuple[str | None, bool]:
    with database.write() as connection:
        hold(connection)
        insert = inserting(connection)
        values = {"subject": subject, "step": step, "fence": fence, "planned_at": now(connection)}
        statement = insert(publishing_steps).values(**values).on_conflict_do_nothing()
        made = connection.execute(statement.returning(publishing_steps.c.step)).scalar_one_or_none()
        row = connection.execute(select(publishing_steps).where(_is(subject, step))).one()
        return row.external_id, made is None


def _done(database: Database, subject: str, step: str, hold: Hold, external_id: str) -> None:
    with database.write() as connection:
        hold(connection)
        values = {"done_at": now(connection), "external_id": external_id}
        connection.execute(update(publishing_steps).where(_is(subject, step)).values(**values))


def _is(subject: str, step: str) -> ColumnElement[bool]:
    return (publishing_steps.c.subject == subject) & (publishing_steps.c.step == step)
