"""Which run a worker takes next, and the taking of it."""

import random
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, update

from config import marks
from config.accounts import may_begin
from config.database import now
from runners import moves
from runners.claims import Claim
from runners.runs import runs
from runners.states import RunState

MOST_VANISHED = 10
SUSPICIOUS = 2  # workers that vanished over one run
LONGEST_SUSPICION = 60.0  # seconds that it waits at most


def claimable(at: float, unclaimed_for: float = 0) -> Any:
    """The condition of a run that nobody works on and that somebody should. A pause does not hold up a cancel."""
    free = or_(and_(runs.c.state == RunState.QUEUED, runs.c.next_at <= at - unclaimed_for), _lapsed(at))
    return and_(free, or_(runs.c.cancel_by.is_not(None), may_begin(runs.c.account_id)))


def _lapsed(at: float) -> Any:
    return and_(runs.c.state.in_((RunState.RUNNING, RunState.PUBLISHING)), runs.c.lease_until < at)


def unclaimed(connection: Connection, queues: Sequence[str], *, unclaimed_for: float, most: int) -> list[str]:
    """Runs of these queues that no worker took for so many seconds, the longest waiting first."""
    ready = claimable(now(connection), unclaimed_for)
    longest = func.coalesce(runs.c.next_at, runs.c.lease_until)  # a lapsed one has no next_at
    found = select(runs.c.id).where(ready, runs.c.queue.in_(queues)).order_by(longest).limit(most)
    return list(connection.execute(found).scalars())


def next_claimable(connection: Connection, queues: Sequence[str]) -> str | None:
    """The run to do next: of the account that has fewest at work the one that waits longest, or nothing.

    No pause of everything begins from here to the end of the transaction, in which nothing else may be held yet.
    """
    marks.hold(connection, marks.PAUSED, shared=True)
    at_work = runs.alias()
    busy = (
        select(at_work.c.account_id, func.count().label("runs"))
        .where(at_work.c.state.in_((RunState.RUNNING, RunState.PUBLISHING)))
        .group_by(at_work.c.account_id)
        .subquery()
    )
    fair = (func.coalesce(busy.c.runs, 0), func.coalesce(runs.c.next_at, runs.c.lease_until))
    joined = runs.outerjoin(busy, busy.c.account_id == runs.c.account_id)
    wanted = select(runs.c.id).select_from(joined).where(claimable(now(connection)), runs.c.queue.in_(queues))
    return connection.execute(wanted.order_by(*fair).limit(1)).scalar_one_or_none()


def claim(connection: Connection, run_id: str, holder: str, lease_seconds: float) -> Claim | None:
    """Takes the run if it is free: raises the fence, starts the lease. None where it is not to be had.

    A run over which workers vanished again and again may be what kills them, or a neighbour of that: each such run
    comes back at a time of its own, so that the good ones are seldom beside the bad one.
    """
    at = now(connection)
    lapsed = connection.execute(select(runs.c.id).where(runs.c.id == run_id, _lapsed(at)).with_for_update()).first()
    publishing = runs.c.patch.is_not(None)  # its agent has finished: only publishing is left
    statement = (
        update(runs)
        .where(runs.c.id == run_id, claimable(at))
        .values(
            fence=runs.c.fence + 1,
            vanished=runs.c.vanished + case((runs.c.state == RunState.QUEUED, 0), else_=1),
            state=case((publishing, RunState.PUBLISHING.value), else_=RunState.RUNNING.value),
            holder=holder,
            credential=None,  # of the attempt before: its sandbox may still be there
            lease_until=at + lease_seconds,
            started_at=func.coalesce(runs.c.started_at, at),
            next_at=None,
        )
        .returning(runs.c.task_id, runs.c.fence, runs.c.state, runs.c.vanished, runs.c.cancel_by)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    claimed = Claim(run_id, row.fence, RunState(row.state), lease_seconds)
    if row.vanished >= MOST_VANISHED:
        moves.finish(connection, claimed, RunState.DEAD, "vanished", f"Its worker vanished {row.vanished} times.")
        return None
    if row.cancel_by is not None:  # its last worker died before it could obey
        moves.finish(connection, claimed, RunState.CANCELLED, "cancelled", f"Cancelled by {row.cancel_by}.")
        return None
    if lapsed and row.vanished >= SUSPICIOUS:
        longest = min(2.0**row.vanished, LONGEST_SUSPICION)
        moves.give_back(connection, claimed, random.uniform(0, longest))  # noqa: S311  # chance, and no secret
        return None
    moves.follow(connection, row.task_id)
    return claimed
