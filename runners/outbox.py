"""What must follow on GitHub once a transaction has committed: one row a duty, done from SQL's present truth.

A duty is named by its kind and subject, so wanting it twice is one row: `wanted` counts the wishes and `served` says
which of them the last effect knew. A duty served while a newer wish came is simply due again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Double,
    Index,
    Integer,
    Row,
    Table,
    Text,
    case,
    delete,
    exists,
    func,
    select,
    update,
)

from config import errors
from config.backoff import backoff
from config.database import WakeUp, after_commit, inserting, metadata, now, wake_after_commit
from runners.queues import GITHUB

MOST_TRIES = 12  # with the waits below: about two hours of GitHub being away
LONGEST_WAIT = 900.0
ITS_TURN = "waits for its turn"

outbox = Table(
    "outbox",
    metadata,
    Column("kind", Text, primary_key=True),  # reaction | reply | status | check | doubles | reply_doubles
    Column("subject", Text, primary_key=True),  # id of the command, task or run that it is about
    Column("wanted", Integer, nullable=False),
    Column("served", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Double),  # NULL: nothing to do
    Column("lease_until", Double, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("error", Text),  # why it was given up, for the operator
    Column("created_at", Double, nullable=False),
    Index("ix_outbox_next_at", "next_at"),
)
GIVEN_UP = outbox.c.next_at.is_(None) & outbox.c.error.is_not(None)


@dataclass(frozen=True)
class Duty:
    """One effect that a worker holds: `fence` proves that it still does."""

    kind: str
    subject: str
    wanted: int
    tries: int
    fence: int
    lease_seconds: float


class DutyLost(Exception):
    """Another worker holds the duty now: this one must stop and write nothing more."""


def want(connection: Connection, kind: str, subject: str, *, delay: float = 0) -> None:
    """Asks for an effect, in the transaction that makes it necessary."""
    at = now(connection)
    insert = inserting(connection)
    statement = insert(outbox).values(
        kind=kind, subject=subject, wanted=1, served=0, tries=0, next_at=at + delay, created_at=at
    )
    sooner = func.min if connection.dialect.name == "sqlite" else func.least
    soon = sooner(func.coalesce(outbox.c.next_at, at + delay), at + delay)
    postponed = outbox.c.error.is_not(None) & (outbox.c.next_at > at)  # GitHub may have said until when
    again = {
        "wanted": outbox.c.wanted + 1,
        "tries": case((postponed, outbox.c.tries), else_=0),
        "error": case((postponed, outbox.c.error), else_=None),
        "next_at": case((postponed, outbox.c.next_at), else_=soon),
    }
    connection.execute(statement.on_conflict_do_update(index_elements=["kind", "subject"], set_=again))
    if not delay:
        wake_after_commit(connection, wake_up(kind, subject))


def wake_up(kind: str, subject: str) -> WakeUp:
    """The hint that a duty is due."""
    return WakeUp("duty", f"{kind} {subject}", GITHUB)


def revive(connection: Connection, subjects: Sequence[str]) -> None:
    """What was postponed about these subjects is due now: what stood in the way is gone."""
    postponed = (outbox.c.subject.in_(subjects), outbox.c.error.is_not(None), outbox.c.served < outbox.c.wanted)
    connection.execute(update(outbox).where(*postponed).values(next_at=now(connection), tries=0))


def try_again(connection: Connection, kind: str, subject: str) -> bool:
    """What was given up is due now, its tries set back; False where no such duty was given up."""
    values = {"next_at": now(connection), "tries": 0, "error": None}
    mine = (outbox.c.kind == kind, outbox.c.subject == subject)
    found = connection.execute(update(outbox).where(*mine, GIVEN_UP).values(**values)).rowcount == 1
    if found:
        wake_after_commit(connection, wake_up(kind, subject))
    return found


def owed(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """Duties that wait or are being served, the oldest first; `total` counts them all."""
    wanted = select(outbox, func.count().over().label("total")).where(outbox.c.next_at.is_not(None))
    return connection.execute(wanted.order_by(outbox.c.next_at).limit(most)).all()


def is_owed(connection: Connection, kind: str, subject: str) -> bool:
    """Whether the duty waits or is being served."""
    mine = (outbox.c.kind == kind, outbox.c.subject == subject, outbox.c.next_at.is_not(None))
    return connection.execute(select(outbox.c.kind).where(*mine)).first() is not None


def given_up(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """Duties that nobody tries any more, the newest first; `total` counts them all."""
    wanted = select(outbox, func.count().over().label("total")).where(GIVEN_UP)
    return connection.execute(wanted.order_by(outbox.c.created_at.desc()).limit(most)).all()


def due(connection: Connection, *, unclaimed_for: float = 0, most: int = 50) -> Sequence[tuple[str, str]]:
    """Duties whose time came at least so many seconds ago and that nobody holds, the oldest first.

    What waited for its turn is due in that moment: no wake-up was sent for it.
    """
    at = now(connection)
    unclaimed = (outbox.c.next_at <= at - unclaimed_for) | (outbox.c.error == ITS_TURN)
    ready = (outbox.c.next_at <= at) & unclaimed & (outbox.c.lease_until < at)
    rows = connection.execute(
        select(outbox.c.kind, outbox.c.subject).where(ready).order_by(outbox.c.next_at).limit(most)
    )
    return [(row.kind, row.subject) for row in rows]


def claim(connection: Connection, kind: str, subject: str, lease_seconds: float) -> Duty | None:
    """Takes a duty that is due; None where another worker has it or nothing is left to do."""
    at = now(connection)
    statement = (
        update(outbox)
        .where(outbox.c.kind == kind, outbox.c.subject == subject, outbox.c.next_at <= at, outbox.c.lease_until < at)
        .values(lease_until=at + lease_seconds, fence=outbox.c.fence + 1, tries=outbox.c.tries + 1)
        .returning(outbox.c.wanted, outbox.c.tries, outbox.c.fence)
    )
    row = connection.execute(statement).one_or_none()
    return Duty(kind, subject, row.wanted, row.tries, row.fence, lease_seconds) if row else None


def hold(connection: Connection, duty: Duty) -> None:
    """Lengthens the lease, and keeps others away until the transaction ends. Raises DutyLost."""
    until = now(connection) + duty.lease_seconds
    if not connection.execute(update(outbox).where(_held(duty)).values(lease_until=until)).rowcount:
        raise DutyLost(f"{duty.kind} {duty.subject}")


def serve(connection: Connection, duty: Duty) -> None:
    """The effect stands on GitHub. A wish that came meanwhile is due at once."""
    at = now(connection)
    held = _held(duty)
    connection.execute(update(outbox).where(held).values(served=duty.wanted, lease_until=0, tries=0, error=None))
    connection.execute(update(outbox).where(held, outbox.c.wanted == outbox.c.served).values(next_at=None))
    again = update(outbox).where(held, outbox.c.wanted > outbox.c.served).values(next_at=at)
    if connection.execute(again).rowcount:
        wake_after_commit(connection, wake_up(duty.kind, duty.subject))


def postpone(connection: Connection, duty: Duty, seconds: float, error: str) -> None:
    """Tries again after so many seconds."""
    at = now(connection)
    connection.execute(update(outbox).where(_held(duty)).values(lease_until=0, next_at=at + seconds, error=error))


def wait_turn(connection: Connection, duty: Duty, seconds: float) -> None:
    """GitHub is not to be hurried: again in so many seconds, which counts as no try. A newer wish waits with it."""
    values = {"lease_until": 0, "next_at": now(connection) + seconds, "tries": outbox.c.tries - 1, "error": ITS_TURN}
    connection.execute(update(outbox).where(_held(duty)).values(**values))


def give_up(connection: Connection, duty: Duty, error: str, *, gone: bool = False) -> None:
    """Nothing more is tried until it is wanted again; the row keeps why. A wish that came meanwhile is due at once.

    `gone`: what it is about is not there any more, so there is nothing for an operator to mend.
    """
    held = _held(duty)
    values = {"lease_until": 0, "next_at": None, "error": error}
    given_up = connection.execute(update(outbox).where(held, outbox.c.wanted == duty.wanted).values(**values)).rowcount
    again = update(outbox).where(held).values(lease_until=0, tries=0)
    if not given_up and connection.execute(again).rowcount:
        wake_after_commit(connection, wake_up(duty.kind, duty.subject))
    if given_up and not gone:
        after_commit(connection, partial(errors.tell, "duty.given_up", kind=duty.kind, subject=duty.subject))


def forget_served(connection: Connection, before: float, most: int) -> int:
    """Deletes duties that were first wanted before then and are done; how many, at most so many."""
    old = (outbox.c.next_at.is_(None), outbox.c.error.is_(None), outbox.c.created_at < before)
    some = select(outbox.c.kind, outbox.c.subject).where(*old).limit(most).subquery()
    mine = (outbox.c.kind == some.c.kind) & (outbox.c.subject == some.c.subject)
    # `old` once more: of a row that is wanted again in this moment, Postgres asks anew only what stands outside.
    return connection.execute(delete(outbox).where(exists().where(mine), *old)).rowcount


def wait_before(tries: int) -> float:
    """Seconds before the next try, after so many: about 2, 4, 8, … at most a quarter of an hour."""
    return backoff(tries, first=1, longest=LONGEST_WAIT)


def _held(duty: Duty) -> ColumnElement[bool]:
    return (outbox.c.kind == duty.kind) & (outbox.c.subject == duty.subject) & (outbox.c.fence == duty.fence)
