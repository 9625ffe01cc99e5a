"""Runs: one agent's work on a task. The only writer of their table; every write of a worker proves its fence.

A worker claims a run for some seconds and renews that lease while it works. A worker that vanished lets it lapse;
the next claim raises the fence, and whatever the old worker still tries to write finds no row.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    and_,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from config import errors, marks
from config.accounts import may_begin
from config.backoff import backoff
from config.database import WakeUp, after_commit, metadata, now, wake_after_commit
from runners import outbox, tasks
from runners.states import ENDS, LIVE_TASK, RunState, TaskState, before, of_task

MOST_FAILURES = 3
MOST_VANISHED = 10
SUSPICIOUS = 2  # workers that vanished over one run
LONGEST_SUSPICION = 60.0  # seconds that it waits at most
MOST_POSTPONED = 12
LONGEST_BACKOFF = 300.0

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("requester_id", BigInteger, nullable=False),  # of this run: a retry may be asked for by another person
    Column("requester", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("agent", Text, nullable=False),
    Column("model", Text),
    Column("queue", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),  # a word for programs
    Column("detail", Text, nullable=False, server_default=""),  # a sentence for people
    Column("charged", Boolean, nullable=False),  # counts against the account's quota
    Column("created_at", Double, nullable=False),
    Column("confirmed_at", Double, nullable=False),  # when GitHub last said that the requester may write
    Column("next_at", Double),  # when it may be claimed; NULL while its task waits
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("cancel_by", Text),  # who asked for it to be cancelled
    Column("fence", Integer, nullable=False),  # the attempt's number
    Column("holder", Text),
    Column("lease_until", Double, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),  # that an attempt saw
    Column("vanished", Integer, nullable=False, server_default="0"),  # workers that let the lease lapse
    Column("postponed", Integer, nullable=False, server_default="0"),  # times that GitHub was away
    Column("seconds_used", Double, nullable=False, server_default="0"),  # of agents' time, over all attempts
    Column("sandbox", Text),
    Column("branch", Text),
    Column("base_sha", Text),
    Column("head_sha", Text),  # the commit that was pushed
    Column("patch", LargeBinary),
    Column("patch_fence", Integer),  # the attempt that made the patch: part of its commit
    Column("files", Integer),
    Column("added", Integer),
    Column("removed", Integer),
    Column("summary", Text),
    Column("pull_request", BigInteger),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost_usd", Double),
    Index("ix_runs_created", "created_at"),
    Index("ix_runs_task", "task_id", "round"),
    Index("ix_runs_account_created", "account_id", "created_at"),
    Index("ix_runs_account_state", "account_id", "state"),
    Index("ix_runs_state_next", "state", "next_at"),
    Index("ix_runs_state_lease", "state", "lease_until"),
)


class LeaseLost(Exception):
    """Another worker holds the run now, or it has ended: this one must stop and write nothing more."""


@dataclass(frozen=True)
class Claim:
    """The right to work on a run until the lease ends. `fence` is the attempt's number."""

    run_id: str
    fence: int
    state: RunState
    lease_seconds: float


def add(connection: Connection, task: Row[Any], requester: tuple[int, str], **what: Any) -> str:
    """Makes a queued run of the task's round, charged to the account; it starts when the task is admitted.

    `requester` is the id and login of who asked; `what` its agent, model and queue.
    """
    run_id = tasks.id_of("r", task.id, task.round, len(of_round(connection, task.id, task.round)))
    asked_by = {"requester_id": requester[0], "requester": requester[1]}
    values = {"task_id": task.id, "account_id": task.account_id, "round": task.round, "state": RunState.QUEUED}
    at = now(connection)
    first = {"charged": True, "fence": 0, "created_at": at, "confirmed_at": at}
    connection.execute(insert(runs).values(id=run_id, **values, **asked_by, **first, **what))
    return run_id


def get(connection: Connection, run_id: str) -> Row[Any]:
    """The run's row."""
    return connection.execute(select(runs).where(runs.c.id == run_id)).one()


def recent(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """The newest runs, with the place, verb and requester of their tasks."""
    of_task = tasks.tasks.c
    wanted = select(runs, of_task.repository, of_task.number, of_task.verb, of_task.requester).join(tasks.tasks)
    return connection.execute(wanted.order_by(runs.c.created_at.desc()).limit(most)).all()


def attempts_at_work(connection: Connection) -> set[str]:
    """The attempts that hold a lease now, as `<run>-<fence>`."""
    held = (runs.c.state.in_((RunState.RUNNING, RunState.PUBLISHING)), runs.c.lease_until >= now(connection))
    found = connection.execute(select(runs.c.id, runs.c.fence).where(*held))
    return {f"{run.id}-{run.fence}" for run in found}


def of_round(connection: Connection, task_id: str, round: int) -> Sequence[Row[Any]]:
    """The task's runs of one round, in the order they were made."""
    wanted = (runs.c.task_id == task_id) & (runs.c.round == round)
    return connection.execute(select(runs).where(wanted).order_by(runs.c.created_at, runs.c.id)).all()


def release(connection: Connection, task_id: str, round: int) -> int:
    """Lets the runs of an admitted task be claimed, and wakes a worker for each; how many."""
    wanted = (runs.c.task_id == task_id, runs.c.round == round, runs.c.state == RunState.QUEUED)
    statement = update(runs).where(*wanted).values(next_at=now(connection)).returning(runs.c.id, runs.c.queue)
    released = connection.execute(statement).all()
    for run in released:
        wake_after_commit(connection, WakeUp("run", run.id, run.queue))
    return len(released)


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
    """The run to do next: of the account that has fewest at work the one that waits longest, or nothing."""
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
    marks.hold(connection, marks.PAUSED, shared=True)
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
        finish(connection, claimed, RunState.DEAD, "vanished", f"Its worker vanished {row.vanished} times.")
        return None
    if row.cancel_by is not None:  # its last worker died before it could obey
        finish(connection, claimed, RunState.CANCELLED, "cancelled", f"Cancelled by {row.cancel_by}.")
        return None
    if lapsed and row.vanished >= SUSPICIOUS:
        _requeue(connection, claimed, random.uniform(0, min(2.0**row.vanished, LONGEST_SUSPICION)))  # noqa: S311
        return None
    _follow(connection, row.task_id)
    return claimed


def hold(connection: Connection, claim: Claim) -> None:
    """Keeps every other claim and cancel away until the transaction ends. Raises LeaseLost."""
    if connection.execute(select(runs.c.id).where(_held(claim)).with_for_update()).scalar_one_or_none() is None:
        raise LeaseLost(claim.run_id)


def renew(connection: Connection, claim: Claim) -> None:
    """Lengthens the lease. Raises LeaseLost."""
    _write(connection, claim, lease_until=now(connection) + claim.lease_seconds)


def cancelled_by(connection: Connection, claim: Claim) -> str | None:
    """Who asked for the run to be cancelled, if anybody. Raises LeaseLost."""
    held = select(runs.c.cancel_by).where(_held(claim))
    row = connection.execute(held).one_or_none()
    if row is None:
        raise LeaseLost(claim.run_id)
    return row.cancel_by  # type: ignore[no-any-return]  # a Text column


def seconds_left(connection: Connection, claim: Claim) -> float:
    """How long the lease still lasts, by the database's clock. Raises LeaseLost."""
    until = connection.execute(select(runs.c.lease_until).where(_held(claim))).scalar_one_or_none()
    if until is None:
        raise LeaseLost(claim.run_id)
    return float(until) - now(connection)


def confirmed_for(connection: Connection, claim: Claim) -> float:
    """Seconds since GitHub last said that the requester may write. Raises LeaseLost."""
    at = connection.execute(select(runs.c.confirmed_at).where(_held(claim))).scalar_one_or_none()
    if at is None:
        raise LeaseLost(claim.run_id)
    return now(connection) - float(at)


def confirm(connection: Connection, claim: Claim) -> None:
    """GitHub says that the requester may write. Raises LeaseLost."""
    _write(connection, claim, confirmed_at=now(connection))


def note(connection: Connection, claim: Claim, **values: Any) -> None:
    """Writes what the attempt found out (branch, base_sha, usage, …). Raises LeaseLost."""
    _write(connection, claim, **values)


def publish(connection: Connection, claim: Claim, **patch: Any) -> None:
    """Keeps the patch: from here on an attempt only publishes. Raises LeaseLost."""
    task_id = _write(connection, claim, before(RunState.PUBLISHING), state=RunState.PUBLISHING, **patch)
    _follow(connection, task_id)


def finish(connection: Connection, claim: Claim, end: RunState, reason: str = "", detail: str = "") -> None:
    """Ends the run, and what follows from that: the task's state, the comment, the check run. Raises LeaseLost."""
    at = now(connection)
    values = {"state": end, "reason": reason, "detail": detail, "finished_at": at, "lease_until": 0, "next_at": None}
    task_id = _write(connection, claim, before(end), **values)
    outbox.want(connection, "check", claim.run_id)
    _follow(connection, task_id)
    if end is RunState.DEAD:
        after_commit(connection, partial(errors.tell, "run.dead", run=claim.run_id, task=task_id, reason=reason))


def fail(connection: Connection, claim: Claim, detail: str) -> RunState:
    """An attempt failed in a way that we saw: again a little later, or dead after three. Raises LeaseLost."""
    failures = connection.execute(select(runs.c.failures).where(_held(claim))).scalar_one_or_none()
    if failures is not None and failures + 1 >= MOST_FAILURES:
        finish(connection, claim, RunState.DEAD, "failures", detail)
        return RunState.DEAD
    wait = backoff(failures or 0, first=5, longest=LONGEST_BACKOFF)
    return _requeue(connection, claim, wait, failures=runs.c.failures + 1, detail=detail)


def postpone(connection: Connection, claim: Claim, detail: str, wait: float | None = None) -> RunState:
    """GitHub can't be reached: no failure of the run's, but not for ever either. Raises LeaseLost."""
    postponed = connection.execute(select(runs.c.postponed).where(_held(claim))).scalar_one_or_none() or 0
    if postponed + 1 >= MOST_POSTPONED:
        finish(connection, claim, RunState.FAILED, "github_unavailable", detail)
        return RunState.FAILED
    seconds = wait or backoff(postponed, first=5, longest=LONGEST_BACKOFF)
    return _requeue(connection, claim, seconds, postponed=runs.c.postponed + 1, detail=detail)


def give_back(connection: Connection, claim: Claim, wait: float = 0) -> None:
    """A planned stop of the worker, or GitHub's turn in so many seconds: counted as nothing. Raises LeaseLost."""
    _requeue(connection, claim, wait)


def requeue(connection: Connection, run_id: str) -> bool:
    """A dead run is tried again, its counters set back; False where it is not dead. Its task then waits as a new one's.

    A task of which another run is still at work goes on, and has this one back at once.
    """
    fresh: dict[str, Any] = {
        "failures": 0,
        "vanished": 0,
        "postponed": 0,
        "seconds_used": 0,
        "reason": "",
        "detail": "",
    }
    undone = {"state": RunState.QUEUED, "started_at": None, "finished_at": None, "holder": None, "next_at": None}
    dead = (runs.c.id == run_id, runs.c.state == RunState.DEAD)
    task_id = connection.execute(
        update(runs).where(*dead).values(**fresh, **undone).returning(runs.c.task_id)
    ).scalar_one_or_none()
    if task_id is None:
        return False
    outbox.want(connection, "check", run_id)
    task = tasks.hold(connection, task_id)
    if task.state in LIVE_TASK:
        connection.execute(update(runs).where(runs.c.id == run_id).values(next_at=now(connection)))
        _follow(connection, task_id)
    else:
        tasks.set_state(connection, task_id, TaskState.WAITING, None)
    return True


def cancel(connection: Connection, task_id: str, by: str) -> list[str]:
    """Marks the task's runs: what has not started ends now, what runs is stopped by its worker within seconds."""
    mine = runs.c.task_id == task_id
    # Held first: a run that goes from running to queued between the two updates below would be missed by both.
    connection.execute(select(runs.c.id).where(mine).with_for_update())
    ends = {"state": RunState.CANCELLED, "reason": "cancelled", "cancel_by": by}
    queued = update(runs).where(mine, runs.c.state == RunState.QUEUED)
    at = now(connection)
    ended = connection.execute(queued.values(**ends, finished_at=at, next_at=None).returning(runs.c.id)).scalars()
    touched = list(ended)
    for run_id in touched:
        outbox.want(connection, "check", run_id)
    running = update(runs).where(mine, runs.c.state.in_((RunState.RUNNING, RunState.PUBLISHING)))
    touched += connection.execute(running.values(cancel_by=by).returning(runs.c.id)).scalars()
    if touched:
        _follow(connection, task_id)
    return touched


def forget(connection: Connection, task_ids: Sequence[str]) -> list[str]:
    """Drops what agents said and made in the runs of these tasks; the runs' ids."""
    dropped = update(runs).where(runs.c.task_id.in_(task_ids)).values(patch=None, summary=None, detail="")
    return list(connection.execute(dropped.returning(runs.c.id)).scalars())


def ahead_of(connection: Connection, run: Row[Any]) -> int:
    """Claimable runs of its queue that have waited longer."""
    waiting = (runs.c.state == RunState.QUEUED, runs.c.queue == run.queue, runs.c.next_at < (run.next_at or 0))
    return int(connection.execute(select(func.count()).select_from(runs).where(*waiting)).scalar_one())


def used(connection: Connection, account_id: int, since: float) -> tuple[int, float | None]:
    """Runs charged to the account since then, and when the oldest of them was made."""
    charged = (runs.c.account_id == account_id, runs.c.created_at > since, runs.c.charged)
    row = connection.execute(select(func.count(), func.min(runs.c.created_at)).where(*charged)).one()
    return int(row[0]), row[1]


def started_at_place(
    connection: Connection, host: str, repository_id: int, number: int, since: float
) -> Sequence[float]:
    """When the runs of one issue or pull request were made since then, the newest first."""
    of_task = tasks.tasks.c
    here = (of_task.host == host, of_task.repository_id == repository_id, of_task.number == number)
    wanted = select(runs.c.created_at).join(tasks.tasks).where(*here, runs.c.created_at > since)
    return connection.execute(wanted.order_by(runs.c.created_at.desc())).scalars().all()


def at_work(connection: Connection, account_id: int) -> int:
    """Runs of the account that were admitted and have not ended."""
    admitted = tasks.tasks.c.state.in_(LIVE_TASK)
    live = (tasks.tasks.c.account_id == account_id, admitted, runs.c.state.not_in(tuple(ENDS)))
    joined = runs.join(tasks.tasks, runs.c.task_id == tasks.tasks.c.id)
    return int(connection.execute(select(func.count()).select_from(joined).where(*live)).scalar_one())


def _requeue(connection: Connection, claim: Claim, wait: float, **values: Any) -> RunState:
    """Back to the queue, but for a run that somebody cancelled in the seconds before its worker looked."""
    by = cancelled_by(connection, claim)
    if by is not None:
        finish(connection, claim, RunState.CANCELLED, "cancelled", f"Cancelled by {by}.")
        return RunState.CANCELLED
    again = {"state": RunState.QUEUED, "next_at": now(connection) + wait, "lease_until": 0, "holder": None}
    _follow(connection, _write(connection, claim, before(RunState.QUEUED), **again, **values))
    return RunState.QUEUED


def _held(claim: Claim) -> Any:
    return and_(runs.c.id == claim.run_id, runs.c.fence == claim.fence, runs.c.state.not_in((*ENDS, RunState.QUEUED)))


def _write(connection: Connection, claim: Claim, origins: Sequence[RunState] | None = None, **values: Any) -> str:
    """Writes if the claim still holds, and returns the task's id."""
    allowed = [runs.c.state.in_(origins)] if origins is not None else []
    statement = update(runs).where(_held(claim), *allowed).values(**values).returning(runs.c.task_id)
    task_id = connection.execute(statement).scalar_one_or_none()
    if task_id is None:
        raise LeaseLost(claim.run_id)
    return str(task_id)


def _follow(connection: Connection, task_id: str) -> None:
    """Brings the task to the state of its newest runs."""
    task = tasks.hold(connection, task_id)  # two runs of one task may end at once
    newest = of_round(connection, task_id, task.round)
    for run in newest if task.head_sha else ():
        outbox.want(connection, "check", run.id)  # a pull request's head shows it from the start
    state = of_task([RunState(run.state) for run in newest])
    ended = all(RunState(run.state) in ENDS for run in newest)
    tasks.set_state(connection, task_id, state, now(connection) if ended else None)
