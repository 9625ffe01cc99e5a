"""Tasks: work that was asked for by one command on one issue or pull request. The only writer of their table."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from config.database import metadata, now
from runners import outbox
from runners.github_types import Where
from runners.states import LIVE_TASK, TaskState

READING = frozenset({"plan", "review"})  # what agents do that changes nothing
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

tasks = Table(
    "tasks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("installation_id", BigInteger, nullable=False),
    Column("host", Text, nullable=False),
    Column("repository_id", BigInteger, nullable=False),
    Column("repository", Text, nullable=False),  # owner/name as it was in the webhook
    Column("number", Integer, nullable=False),  # of the issue or pull request
    Column("is_pull_request", Boolean, nullable=False),
    Column("verb", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("bounds", JSON),  # that the repository's file sets
    Column("spot", JSON(none_as_null=True)),  # the lines that the command was written on, as handlers.events.Spot
    Column("source", Text),  # where the text was written, as kind/id of handlers.events.Spoken
    Column("plan", Text),  # that an agent proposed
    Column("approved_by", Text),  # login
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("base_ref", Text, nullable=False),
    Column("head_ref", Text),  # of the pull request, and then the branch that is written to
    Column("head_sha", Text),
    Column("opener_id", BigInteger),  # who wrote title and body
    Column("opener", Text),
    Column("requester_id", BigInteger, nullable=False),
    Column("requester", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("round", Integer, nullable=False, server_default="1"),  # a retry begins the next one
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
    Index("ix_tasks_account_state", "account_id", "state"),
    Index("ix_tasks_installation_state", "host", "installation_id", "state"),
    Index("ix_tasks_place", "host", "repository_id", "number", "created_at"),
)
UNFINISHED = (*LIVE_TASK, TaskState.WAITING, TaskState.AWAITING_APPROVAL)
LIVE = tasks.c.state.in_(LIVE_TASK)
# Spelled out, not as a parameter: of a partial index SQLite must see that it holds all that is asked for.
WAITING = tasks.c.state == literal_column(f"'{TaskState.WAITING}'")
Index("ix_tasks_waiting", tasks.c.state, tasks.c.account_id, sqlite_where=WAITING, postgresql_where=WAITING)
# Two tasks at work on one issue or branch would write over each other: the database itself refuses the second.
Index(
    "one_live_task_a_place",
    tasks.c.host,
    tasks.c.repository_id,
    tasks.c.number,
    unique=True,
    sqlite_where=LIVE,
    postgresql_where=LIVE,
)


@dataclass(frozen=True)
class Place:
    """Where a task lives: one issue or pull request of one repository under one installation."""

    host: str
    account_id: int
    installation_id: int
    repository_id: int
    repository: str
    number: int
    is_pull_request: bool


@dataclass(frozen=True)
class Wanted:
    """What was asked for. `flags` and `bounds` are JSON; `head_ref` and `head_sha` are a pull request's."""

    verb: str
    text: str
    flags: Mapping[str, Any]
    title: str
    body: str
    base_ref: str
    requester_id: int
    requester: str
    head_ref: str | None = None
    head_sha: str | None = None
    bounds: Mapping[str, Any] = field(default_factory=dict)
    spot: Mapping[str, Any] | None = None  # path, start, line, side, hunk
    opener_id: int | None = None
    opener: str | None = None
    source: str | None = None  # kind/id of the comment, review or issue in which the text stands


def id_of(letter: str, *key: object, secret: bytes = b"") -> str:
    """A short id: a letter for its kind and 60 bits that the key decides, fit for branch names.

    Made anew after a database was restored it is the same, so what GitHub still has of it is found. Nobody guesses it
    without the secret, or an id in the key that was made with one.
    """
    digest = int.from_bytes(hmac.digest(secret, repr(key).encode(), "sha256"))
    return letter + "".join(ALPHABET[(digest >> (5 * place)) % 32] for place in range(12))


def open_task(connection: Connection, task_id: str, place: Place, wanted: Wanted, at: float) -> None:
    """Makes a waiting task; `admit` lets it start."""
    values = vars(place) | vars(wanted) | {"flags": dict(wanted.flags), "bounds": dict(wanted.bounds)}
    connection.execute(insert(tasks).values(id=task_id, state=TaskState.WAITING, created_at=at, **values))


def get(connection: Connection, task_id: str) -> Row[Any]:
    """The task's row."""
    return connection.execute(select(tasks).where(tasks.c.id == task_id)).one()


def where_of(task: Row[Any]) -> Where:
    """The task's repository as GitHub is asked about it."""
    return Where(task.installation_id, task.repository, task.repository_id)


def hold(connection: Connection, task_id: str) -> Row[Any]:
    """The task's row, which nobody else writes until the transaction ends."""
    return connection.execute(select(tasks).where(tasks.c.id == task_id).with_for_update()).one()


def unfinished_at(connection: Connection, host: str, repository_id: int, number: int) -> Sequence[Row[Any]]:
    """Every task of one issue or pull request that waits or is at work."""
    here = (tasks.c.host == host) & (tasks.c.repository_id == repository_id) & (tasks.c.number == number)
    return connection.execute(select(tasks).where(here, tasks.c.state.in_(UNFINISHED))).all()


def at_place(connection: Connection, host: str, repository_id: int, number: int, most: int = 20) -> Sequence[Row[Any]]:
    """The tasks of one issue or pull request, the newest first."""
    here = (tasks.c.host == host) & (tasks.c.repository_id == repository_id) & (tasks.c.number == number)
    return connection.execute(select(tasks).where(here).order_by(tasks.c.created_at.desc()).limit(most)).all()


def waiting(connection: Connection, account_id: int, most: int) -> Sequence[Row[Any]]:
    """Tasks of the account that could start as soon as there is a slot: the oldest of each free place first."""
    other = tasks.alias()
    occupied = select(other.c.id).where(
        other.c.host == tasks.c.host,
        other.c.repository_id == tasks.c.repository_id,
        other.c.number == tasks.c.number,
        other.c.state.in_(LIVE_TASK),
    )
    mine = (tasks.c.account_id == account_id) & WAITING
    return connection.execute(
        select(tasks).where(mine, ~occupied.exists()).order_by(tasks.c.created_at).limit(most)
    ).all()


def unfinished(connection: Connection, host: str, installation_id: int) -> list[str]:
    """Tasks under an installation that wait or are at work."""
    theirs = (tasks.c.host == host, tasks.c.installation_id == installation_id, tasks.c.state.in_(UNFINISHED))
    return list(connection.execute(select(tasks.c.id).where(*theirs)).scalars())


def of_installation(connection: Connection, host: str, installation_id: int, most: int = 1000) -> list[str]:
    """The newest tasks under an installation."""
    theirs = select(tasks.c.id).where(tasks.c.host == host, tasks.c.installation_id == installation_id)
    return list(connection.execute(theirs.order_by(tasks.c.created_at.desc()).limit(most)).scalars())


def not_begun(connection: Connection, account_id: int | None) -> list[str]:
    """Tasks (of one account, or all) that wait or are queued."""
    states = tasks.c.state.in_((TaskState.WAITING, TaskState.QUEUED))
    theirs = states if account_id is None else states & (tasks.c.account_id == account_id)
    return list(connection.execute(select(tasks.c.id).where(theirs)).scalars())


def accounts_with_waiting(connection: Connection) -> list[int]:
    """Accounts that have a task waiting."""
    found = select(tasks.c.account_id).where(WAITING)  # DISTINCT would be read off another index, of all tasks
    return list(dict.fromkeys(connection.execute(found).scalars()))


def accounts_with_old(connection: Connection, before: float) -> list[int]:
    """Accounts with tasks that ended before then and whose words are still kept."""
    return list(connection.execute(select(tasks.c.account_id).where(_old(before)).distinct()).scalars())


def forget(connection: Connection, account_id: int, before: float, most: int) -> list[str]:
    """Drops the words of tasks of the account that ended before then; the ids of at most so many."""
    some = select(tasks.c.id).where(tasks.c.account_id == account_id, _old(before)).limit(most)
    dropped = (
        update(tasks)
        .where(tasks.c.id.in_(some.scalar_subquery()))
        .values(text="", title="", body="", plan=None, spot=None)
    )
    return list(connection.execute(dropped.returning(tasks.c.id)).scalars())


def is_forgotten(task: Row[Any]) -> bool:
    """Whether the task's words were dropped, for it ended long ago."""
    return not (task.title or task.text or task.body)


def is_planning(task: Row[Any]) -> bool:
    """Whether the task's next run is to come to a plan."""
    return bool(task.verb == "plan" and not task.approved_by)


def reads_only(task: Row[Any]) -> bool:
    """Whether the task's next run changes nothing."""
    return work_of(task) in READING


def work_of(task: Row[Any]) -> str:
    """The verb that an agent is given: a plan that was approved is to be implemented."""
    return "plan" if is_planning(task) else "implement" if task.verb in ("plan", "compare") else str(task.verb)


def propose(connection: Connection, task_id: str, plan: str) -> None:
    """The plan waits for somebody to approve it. Like what ended, it is forgotten some days later."""
    connection.execute(update(tasks).where(tasks.c.id == task_id).values(plan=plan))
    set_state(connection, task_id, TaskState.AWAITING_APPROVAL, now(connection))


def approve(connection: Connection, task_id: str, by: str) -> None:
    """From its next run on the task goes by its plan."""
    connection.execute(update(tasks).where(tasks.c.id == task_id).values(approved_by=by))


def _old(before: float) -> ColumnElement[bool]:
    ended = tasks.c.state.not_in((*LIVE_TASK, TaskState.WAITING)) & (tasks.c.finished_at < before)
    return ended & or_(*(tasks.c[name] != "" for name in ("title", "text", "body")))


def set_state(connection: Connection, task_id: str, state: TaskState, finished_at: float | None) -> None:
    """Notes where the task stands, and that people must be told."""
    connection.execute(update(tasks).where(tasks.c.id == task_id).values(state=state, finished_at=finished_at))
    outbox.want(connection, "status", task_id)


def next_round(
    connection: Connection, task_id: str, flags: Mapping[str, Any], bounds: Mapping[str, Any], head_sha: str | None
) -> None:
    """Begins a retry: the task waits again, with these flags and bounds, on the pull request's head as it is now."""
    values = {"round": tasks.c.round + 1, "state": TaskState.WAITING, "finished_at": None}
    again = update(tasks).where(tasks.c.id == task_id)
    connection.execute(again.values(**values, flags=dict(flags), bounds=dict(bounds), head_sha=head_sha))
