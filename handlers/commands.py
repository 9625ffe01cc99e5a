"""Commands that were found in texts, with what was decided about each. The only writer of their table."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    Row,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
    update,
)

from config.database import Identity, inserting, metadata, now
from handlers.events import Spoken, Unsaid

DELETED = 0  # an ordinal that no command has

commands = Table(
    "commands",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("host", Text, nullable=False),
    Column("repository_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source_id", Text, nullable=False),  # of a comment, review, issue; the GUID for label, button, Re-run
    Column("ordinal", Integer, nullable=False),
    Column("guid", Text, nullable=False),
    Column("installation_id", BigInteger, nullable=False),
    Column("repository", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("sender_id", BigInteger, nullable=False),
    Column("sender", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("rule", Text, nullable=False),
    Column("verdict", JSON, nullable=False),
    Column("task_id", Text),
    Column("reaction", Text),  # on the text that it stood in
    Column("answer", Text),  # Markdown of the comment that answers it
    Column("created_at", Double, nullable=False),
    UniqueConstraint("host", "repository_id", "kind", "source_id", "ordinal", name="uq_commands_key"),
    Index("ix_commands_sender", "repository_id", "sender_id", "created_at"),
    Index("ix_commands_task", "task_id"),
)


def record(connection: Connection, **command: Any) -> int | None:
    """Keeps a command and its verdict for ever; None where it was known: it is answered once."""
    insert = inserting(connection)
    statement = insert(commands).values(**command, created_at=now(connection)).on_conflict_do_nothing()
    return connection.execute(statement.returning(commands.c.id)).scalar_one_or_none()


def origin(host: str, guid: str, event: Spoken | Unsaid, kind: str) -> dict[str, Any]:
    """Where a command stood and who said it, as its row has it."""
    return {
        "host": host,
        "guid": guid,
        "kind": kind,
        "source_id": str(event.source_id),
        "installation_id": event.installation_id,
        "repository_id": event.repository.id,
        "repository": event.repository.full_name,
        "number": event.number,
        "sender_id": event.sender.id,
        "sender": event.sender.login,
    }


def take_back(connection: Connection, text: Mapping[str, Any]) -> None:
    """Keeps that a text (its `origin`) was deleted: a command in it that is decided later is to come to nothing."""
    record(connection, **text, ordinal=DELETED, verb="", allowed=False, rule="deleted", verdict={})


def answer(connection: Connection, command_id: int, comment: str) -> None:
    """The Markdown that answers this command, and others of the same text."""
    connection.execute(update(commands).where(commands.c.id == command_id).values(answer=comment))


def known(connection: Connection, host: str, repository_id: int, kind: str, source_id: str) -> set[int]:
    """Ordinals of the commands of one text that were recorded before."""
    same = (
        commands.c.host == host,
        commands.c.repository_id == repository_id,
        commands.c.kind == kind,
        commands.c.source_id == source_id,
    )
    return set(connection.execute(select(commands.c.ordinal).where(*same)).scalars())


def allowed_at(connection: Connection, host: str, repository_id: int, kind: str, number: int) -> int:
    """Commands of a kind of source that were done on an issue or pull request."""
    same = {"host": host, "repository_id": repository_id, "kind": kind, "number": number}
    theirs = [commands.c[name] == value for name, value in same.items()]
    counted = select(func.count()).select_from(commands).where(*theirs, commands.c.allowed)
    return int(connection.execute(counted).scalar_one())


def begun_by(connection: Connection, host: str, repository_id: int, kind: str, source_id: str) -> list[str]:
    """Tasks of which a command of this text began the newest round: nobody has asked for them again since."""
    same = {"host": host, "repository_id": repository_id, "kind": kind, "source_id": source_id}
    theirs = [commands.c[name] == value for name, value in same.items()]
    later = commands.alias()
    asked = [table.c.verb != "cancel" for table in (commands, later)]
    again = select(later.c.id).where(later.c.task_id == commands.c.task_id, later.c.id > commands.c.id, asked[1])
    found = select(commands.c.task_id).where(*theirs, commands.c.task_id.is_not(None), asked[0], ~again.exists())
    return list(connection.execute(found).scalars())


def get(connection: Connection, command_id: int) -> Row[Any]:
    """A command's row."""
    return connection.execute(select(commands).where(commands.c.id == command_id)).one()


def refused_lately(
    connection: Connection, repository_id: int, rule: str, seconds: float, sender_id: int | None = None
) -> bool:
    """Whether the rule refused a command there (of that person, if one is named) within so many seconds."""
    since = now(connection) - seconds
    theirs = [commands.c.repository_id == repository_id, commands.c.rule == rule, commands.c.created_at > since]
    if sender_id is not None:
        theirs.append(commands.c.sender_id == sender_id)
    return connection.execute(select(commands.c.id).where(*theirs).limit(1)).first() is not None


def forget_answers(connection: Connection, before: float, most: int) -> int:
    """Drops the words of answers that were given before then; how many, at most so many. Commands stay known.

    So does the rule that decided, but not what the verdict says, which may quote them.
    """
    some = select(commands.c.id).where(commands.c.answer.is_not(None), commands.c.created_at < before).limit(most)
    dropped = update(commands).where(commands.c.id.in_(some.scalar_subquery())).values(answer=None, verdict={})
    return connection.execute(dropped).rowcount
