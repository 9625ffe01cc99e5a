"""The right to work on a run, for some seconds at a time; every write of a worker proves it by its fence.

A worker that vanished lets its lease lapse; the next claim raises the fence, and whatever the old worker still tries to
write finds no row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, select, update

from config.database import now
from runners.runs import runs
from runners.states import ENDS, RunState


class LeaseLost(Exception):
    """Another worker holds the run now, or it has ended: this one must stop and write nothing more."""


@dataclass(frozen=True)
class Claim:
    """The right to work on a run until the lease ends. `fence` is the attempt's number."""

    run_id: str
    fence: int
    state: RunState
    lease_seconds: float


def hold(connection: Connection, claim: Claim) -> None:
    """Keeps every other claim and cancel away until the transaction ends. Raises LeaseLost."""
    if connection.execute(select(runs.c.id).where(held(claim)).with_for_update()).scalar_one_or_none() is None:
        raise LeaseLost(claim.run_id)


def renew(connection: Connection, claim: Claim) -> None:
    """Lengthens the lease. Raises LeaseLost."""
    write(connection, claim, lease_until=now(connection) + claim.lease_seconds)


def cancelled_by(connection: Connection, claim: Claim) -> str | None:
    """Who asked for the run to be cancelled, if anybody. Raises LeaseLost."""
    row = connection.execute(select(runs.c.cancel_by).where(held(claim))).one_or_none()
    if row is None:
        raise LeaseLost(claim.run_id)
    by: str | None = row.cancel_by
    return by


def seconds_left(connection: Connection, claim: Claim) -> float:
    """How long the lease still lasts, by the database's clock. Raises LeaseLost."""
    until = connection.execute(select(runs.c.lease_until).where(held(claim))).scalar_one_or_none()
    if until is None:
        raise LeaseLost(claim.run_id)
    return float(until) - now(connection)


def confirmed_for(connection: Connection, claim: Claim) -> float:
    """Seconds since GitHub last said that the requester may write. Raises LeaseLost."""
    at = connection.execute(select(runs.c.confirmed_at).where(held(claim))).scalar_one_or_none()
    if at is None:
        raise LeaseLost(claim.run_id)
    return now(connection) - float(at)


def confirm(connection: Connection, claim: Claim) -> None:
    """GitHub says that the requester may write. Raises LeaseLost."""
    write(connection, claim, confirmed_at=now(connection))


def note(connection: Connection, claim: Claim, **values: Any) -> None:
    """Writes what the attempt found out (branch, base_sha, usage, …). Raises LeaseLost."""
    write(connection, claim, **values)


def held(claim: Claim) -> Any:
    """The condition of a run that this claim still holds."""
    return and_(runs.c.id == claim.run_id, runs.c.fence == claim.fence, runs.c.state.not_in((*ENDS, RunState.QUEUED)))


def write(connection: Connection, claim: Claim, origins: Sequence[RunState] | None = None, **values: Any) -> str:
    """Writes if the claim still holds, and returns the task's id."""
    allowed = [runs.c.state.in_(origins)] if origins is not None else []
    statement = update(runs).where(held(claim), *allowed).values(**values).returning(runs.c.task_id)
    task_id = connection.execute(statement).scalar_one_or_none()
    if task_id is None:
        raise LeaseLost(claim.run_id)
    return str(task_id)
