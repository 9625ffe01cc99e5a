"""Moves of a run from state to state, and what follows from each: the task's state, the comment, the check run."""

from functools import partial
from typing import Any

from sqlalchemy import Connection, select, update

from config import errors
from config.backoff import backoff
from config.database import after_commit, now
from runners import claims, outbox, tasks
from runners.claims import Claim
from runners.runs import of_round, runs
from runners.states import ENDS, LIVE_TASK, RunState, TaskState, before, of_task
from runners.wording.plans import PLANNED
from runners.wording.reviews import REVIEWED

MOST_FAILURES = 3
MOST_POSTPONED = 12
LONGEST_BACKOFF = 300.0


def publish(connection: Connection, claim: Claim, **patch: Any) -> None:
    """Keeps the patch: from here on an attempt only publishes. Raises LeaseLost.

    A run that got so far is not what killed its workers: those that vanish from now on are counted anew.
    """
    kept = {"state": RunState.PUBLISHING, "vanished": 0, **patch}
    task_id = claims.write(connection, claim, before(RunState.PUBLISHING), **kept)
    follow(connection, task_id)


def finish(
    connection: Connection, claim: Claim, end: RunState, reason: str = "", detail: str = "", **kept: Any
) -> None:
    """Ends the run, and what follows from that: the task's state, the comment, the check run. Raises LeaseLost.

    `kept` is what people may look at of a run that came to no good.
    """
    at = now(connection)
    values = kept | {
        "credential": None,
        "state": end,
        "reason": reason,
        "detail": detail,
        "finished_at": at,
        "lease_until": 0,
        "next_at": None,
    }
    task_id = claims.write(connection, claim, before(end), **values)
    outbox.want(connection, "check", claim.run_id)
    if reason == REVIEWED:
        outbox.want(connection, "review", claim.run_id)
    follow(connection, task_id)
    if end is RunState.DEAD:
        after_commit(connection, partial(errors.tell, "run.dead", run=claim.run_id, task=task_id, reason=reason))


def fail(connection: Connection, claim: Claim, detail: str) -> RunState:
    """An attempt failed in a way that we saw: again a little later, or dead after three. Raises LeaseLost."""
    failures = connection.execute(select(runs.c.failures).where(claims.held(claim))).scalar_one_or_none()
    if failures is not None and failures + 1 >= MOST_FAILURES:
        finish(connection, claim, RunState.DEAD, "failures", detail)
        return RunState.DEAD
    wait = backoff(failures or 0, first=5, longest=LONGEST_BACKOFF)
    return _back(connection, claim, wait, failures=runs.c.failures + 1, detail=detail)


def postpone(
    connection: Connection, claim: Claim, detail: str, wait: float | None = None, reason: str = "github_unavailable"
) -> RunState:
    """GitHub or the gateway can't be reached: no failure of the run's, but not for ever either. Raises LeaseLost."""
    postponed = connection.execute(select(runs.c.postponed).where(claims.held(claim))).scalar_one_or_none() or 0
    if postponed + 1 >= MOST_POSTPONED:
        finish(connection, claim, RunState.FAILED, reason, detail)
        return RunState.FAILED
    seconds = wait or backoff(postponed, first=5, longest=LONGEST_BACKOFF)
    return _back(connection, claim, seconds, postponed=runs.c.postponed + 1, detail=detail)


def give_back(connection: Connection, claim: Claim, wait: float = 0) -> None:
    """A planned stop of the worker, or GitHub's turn in so many seconds: counted as nothing. Raises LeaseLost."""
    _back(connection, claim, wait)


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
        follow(connection, task_id)
    else:
        tasks.set_state(connection, task_id, TaskState.WAITING, None)
    return True


def cancel(connection: Connection, task_id: str, by: str) -> list[str]:
    """Marks the task's runs: what has not started ends now, what runs is stopped by its worker within seconds.

    A plan that waits is dropped.
    """
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
    if tasks.get(connection, task_id).state == TaskState.AWAITING_APPROVAL:
        tasks.set_state(connection, task_id, TaskState.CANCELLED, at)
        return [task_id]
    running = update(runs).where(mine, runs.c.state.in_((RunState.RUNNING, RunState.PUBLISHING)))
    touched += connection.execute(running.values(cancel_by=by).returning(runs.c.id)).scalars()
    if touched:
        follow(connection, task_id)
    return touched


def pick(connection: Connection, run_id: str, by: str) -> None:
    """Of the runs of a comparison this one's pull request is wanted."""
    chosen = update(runs).where(runs.c.id == run_id).values(picked_by=by).returning(runs.c.task_id)
    task_id = connection.execute(chosen).scalar_one()
    outbox.want(connection, "pick", run_id)
    outbox.want(connection, "status", task_id)


def unpick(connection: Connection, run_id: str, why: str) -> None:
    """Its pull request can't be opened: another one may be picked, and people are told why."""
    undone = update(runs).where(runs.c.id == run_id).values(picked_by=None, detail=why).returning(runs.c.task_id)
    outbox.want(connection, "status", connection.execute(undone).scalar_one())


def picked(connection: Connection, run_id: str, pull_request: int) -> None:
    """The pull request of the chosen run is open."""
    opened = (
        update(runs).where(runs.c.id == run_id).values(pull_request=pull_request, detail="").returning(runs.c.task_id)
    )
    _tell(connection, run_id, connection.execute(opened).scalar_one())


def release(connection: Connection, run_id: str, by: str) -> None:
    """CI need not wait any more on what the run published."""
    freed = update(runs).where(runs.c.id == run_id).values(released_by=by, detail="").returning(runs.c.task_id)
    outbox.want(connection, "release", run_id)
    _tell(connection, run_id, connection.execute(freed).scalar_one())


def released(connection: Connection, run_id: str, sha: str) -> None:
    """CI runs on this commit, which shows the run's check now too."""
    connection.execute(update(runs).where(runs.c.id == run_id).values(released_sha=sha))
    outbox.want(connection, "check", run_id)


def keep_held(connection: Connection, run_id: str, why: str) -> None:
    """CI could not be let run: it waits on, and people are told why."""
    undone = update(runs).where(runs.c.id == run_id).values(released_by=None, detail=why).returning(runs.c.task_id)
    _tell(connection, run_id, connection.execute(undone).scalar_one())


def _tell(connection: Connection, run_id: str, task_id: str) -> None:
    outbox.want(connection, "check", run_id)
    outbox.want(connection, "status", task_id)


def _back(connection: Connection, claim: Claim, wait: float, **values: Any) -> RunState:
    """Back to the queue, but for a run that somebody cancelled in the seconds before its worker looked."""
    by = claims.cancelled_by(connection, claim)
    if by is not None:
        finish(connection, claim, RunState.CANCELLED, "cancelled", f"Cancelled by {by}.")
        return RunState.CANCELLED
    free = {"lease_until": 0, "holder": None, "credential": None}
    again = {"state": RunState.QUEUED, "next_at": now(connection) + wait, **free}
    follow(connection, claims.write(connection, claim, before(RunState.QUEUED), **again, **values))
    return RunState.QUEUED


def follow(connection: Connection, task_id: str) -> None:
    """Brings the task to the state of its newest runs."""
    task = tasks.hold(connection, task_id)  # two runs of one task may end at once
    newest = of_round(connection, task_id, task.round)
    for run in newest if task.head_sha else ():
        outbox.want(connection, "check", run.id)  # a pull request's head shows it from the start
    if newest[-1].state == RunState.UNCHANGED and newest[-1].reason == PLANNED:
        return tasks.propose(connection, task_id, newest[-1].detail)
    state = of_task([RunState(run.state) for run in newest])
    ended = all(RunState(run.state) in ENDS for run in newest)
    return tasks.set_state(connection, task_id, state, now(connection) if ended else None)
