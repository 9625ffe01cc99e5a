"""Runs: one agent's work on a task, and what is asked about them.

Their table is written here, under a claim (`claims`), by moves from state to state (`moves`), and where a worker takes
one (`claiming`).
"""

import hashlib
from collections.abc import Collection, Sequence
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
    LargeBinary,
    Row,
    Select,
    Table,
    Text,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from config.catalogue import Tokens
from config.database import WakeUp, metadata, now, wake_after_commit
from runners import tasks
from runners.states import ENDS, LIVE_TASK, RunState

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
    Column("vanished", Integer, nullable=False, server_default="0"),  # workers that let the lease lapse since it got on
    Column("postponed", Integer, nullable=False, server_default="0"),  # times that GitHub was away
    Column("seconds_used", Double, nullable=False, server_default="0"),  # of agents' time, over all attempts
    Column("sandbox", Text),
    Column("credential", Text),  # of the attempt at work, as `digest` makes it: what the gateway knows it by
    Column("budget_usd", Double),  # over all attempts; None where the agent needs no model
    Column("over_budget", Boolean, nullable=False, server_default=false()),  # a request was refused for it
    Column("branch", Text),
    Column("base_sha", Text),
    Column("head_sha", Text),  # the commit that was pushed
    Column("patch", LargeBinary),
    Column("patch_fence", Integer),  # the attempt that made the patch: part of its commit
    Column("files", Integer),
    Column("added", Integer),
    Column("removed", Integer),
    Column("summary", Text),
    Column("held", Boolean),  # whether CI waits on what is published; NULL: not decided yet
    Column("released_by", Text),  # login
    Column("released_sha", Text),  # the empty commit that lets CI run
    Column("picked_by", Text),  # of the runs of a comparison: login of who had its pull request opened
    Column("checks", JSON(none_as_null=True)),  # how the repository's own checks ended, see runners.checking
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
    Index("ix_runs_credential", "credential"),
    Index("ix_runs_head", "head_sha"),
    Index("ix_runs_released", "released_sha"),
)


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


def in_repository(connection: Connection, host: str, repository_id: int, run_id: str) -> Row[Any] | None:
    """The run of that id, if it is one of that repository."""
    there = (tasks.tasks.c.host == host, tasks.tasks.c.repository_id == repository_id)
    return connection.execute(select(runs).join(tasks.tasks).where(*there, runs.c.id == run_id)).one_or_none()


def newest_on(connection: Connection, host: str, repository_id: int, sha: str) -> Row[Any] | None:
    """The newest run that has a check run on this commit: its own, or the pull request's that it began from."""
    there = (tasks.tasks.c.host == host, tasks.tasks.c.repository_id == repository_id)
    shown = or_(runs.c.head_sha == sha, runs.c.released_sha == sha, tasks.tasks.c.head_sha == sha)
    found = select(runs).join(tasks.tasks).where(*there, shown)
    return connection.execute(found.order_by(runs.c.created_at.desc()).limit(1)).one_or_none()


def heads(task: Row[Any], run: Row[Any]) -> list[str]:
    """Commits that show the run as a check: the pull request's head from the start, and what was pushed."""
    return [sha for sha in dict.fromkeys((task.head_sha, run.head_sha, run.released_sha)) if sha]


def published_on(connection: Connection, host: str, repository_id: int, pull_request: int) -> Row[Any] | None:
    """The newest run that published on this pull request."""
    there = (tasks.tasks.c.host == host, tasks.tasks.c.repository_id == repository_id)
    theirs = (runs.c.pull_request == pull_request, runs.c.state == RunState.DONE)
    found = select(runs).join(tasks.tasks).where(*there, *theirs)
    return connection.execute(found.order_by(runs.c.finished_at.desc()).limit(1)).one_or_none()


def pushed(connection: Connection, host: str, repository_id: int, sha: str) -> Row[Any] | None:
    """The newest run that made this commit, however far it got."""
    there = (tasks.tasks.c.host == host, tasks.tasks.c.repository_id == repository_id)
    found = select(runs).join(tasks.tasks).where(*there, or_(runs.c.head_sha == sha, runs.c.released_sha == sha))
    return connection.execute(found.order_by(runs.c.created_at.desc()).limit(1)).one_or_none()


def recent(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """The newest runs, with the place, verb and requester of their tasks."""
    of_task = tasks.tasks.c
    wanted = select(runs, of_task.repository, of_task.number, of_task.verb, of_task.requester).join(tasks.tasks)
    return connection.execute(wanted.order_by(runs.c.created_at.desc()).limit(most)).all()


def attempts_at_work(connection: Connection) -> set[str]:
    """The attempts that hold their runs, as `<run>-<fence>`.

    One whose lease has lapsed may still renew it, after its machine slept: it lost the run when another one claims it.
    """
    held = runs.c.state.in_((RunState.RUNNING, RunState.PUBLISHING))
    found = connection.execute(select(runs.c.id, runs.c.fence).where(held))
    return {f"{run.id}-{run.fence}" for run in found}


def of_round(connection: Connection, task_id: str, round: int) -> Sequence[Row[Any]]:
    """The task's runs of one round, in the order they were made."""
    wanted = (runs.c.task_id == task_id) & (runs.c.round == round)
    return connection.execute(select(runs).where(wanted).order_by(runs.c.created_at, runs.c.id)).all()


def of_task(connection: Connection, task_id: str) -> Sequence[Row[Any]]:
    """The task's runs of all rounds, in the order they were made."""
    wanted = select(runs).where(runs.c.task_id == task_id)
    return connection.execute(wanted.order_by(runs.c.round, runs.c.created_at, runs.c.id)).all()


def has_begun(connection: Connection, task_id: str, round: int) -> bool:
    """Whether a worker has taken any run of the round, even if it gave it back."""
    return any(run.fence for run in of_round(connection, task_id, round))


def release(connection: Connection, task_id: str, round: int, most: int) -> int:
    """Lets so many runs of an admitted task be claimed, and wakes a worker for each; how many there were."""
    mine = (runs.c.task_id == task_id, runs.c.round == round, runs.c.state == RunState.QUEUED)
    return _release(connection, select(runs.c.id).where(*mine).order_by(runs.c.created_at, runs.c.id).limit(most))


def release_rest(connection: Connection, account_id: int, most: int) -> int:
    """The same for runs of tasks that began when there was no slot for all of theirs."""
    theirs = (runs.c.account_id == account_id, runs.c.state == RunState.QUEUED, runs.c.next_at.is_(None))
    begun = select(runs.c.id).join(tasks.tasks).where(*theirs, tasks.tasks.c.state.in_(LIVE_TASK))
    return _release(connection, begun.order_by(runs.c.created_at, runs.c.id).limit(most))


def _release(connection: Connection, some: Select[tuple[str]]) -> int:
    chosen = update(runs).where(runs.c.id.in_(some.scalar_subquery())).values(next_at=now(connection))
    released = connection.execute(chosen.returning(runs.c.id, runs.c.queue)).all()
    for run in released:
        wake_after_commit(connection, WakeUp("run", run.id, run.queue))
    return len(released)


def forget(connection: Connection, task_ids: Sequence[str]) -> list[str]:
    """Drops what agents said and made in the runs of these tasks; the runs' ids."""
    dropped = update(runs).where(runs.c.task_id.in_(task_ids)).values(patch=None, summary=None, checks=None, detail="")
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
    """Runs of the account that were admitted and have not ended; those that wait for a slot of their own are none."""
    admitted = tasks.tasks.c.state.in_(LIVE_TASK)
    has_slot = runs.c.next_at.is_not(None) | (runs.c.state != RunState.QUEUED)
    live = (tasks.tasks.c.account_id == account_id, admitted, runs.c.state.not_in(tuple(ENDS)), has_slot)
    joined = runs.join(tasks.tasks, runs.c.task_id == tasks.tasks.c.id)
    return int(connection.execute(select(func.count()).select_from(joined).where(*live)).scalar_one())


def digest(credential: str) -> str:
    """What is stored of a credential: who reads the database can't speak for a run."""
    return hashlib.sha256(credential.encode()).hexdigest()


def of_credential(connection: Connection, credential: str) -> Row[Any] | None:
    """The run that is at work under this credential now; None for an unknown or ended one."""
    wanted = select(runs).where(runs.c.credential == digest(credential), *_at_work(now(connection)))
    return connection.execute(wanted).one_or_none()


def credentials_at_work(connection: Connection, credentials: Collection[str]) -> set[str]:
    """Those of these, as rows have them, whose attempts are at work now."""
    known = select(runs.c.credential).where(runs.c.credential.in_(credentials), *_at_work(now(connection)))
    return {str(credential) for credential in connection.execute(known).scalars()}


def hold(connection: Connection, run_id: str, credential: str) -> bool:
    """Keeps every other writer of the run waiting until the transaction ends; False if the attempt is not at work.

    `credential` as its row has it.
    """
    known = (runs.c.id == run_id, runs.c.credential == credential, *_at_work(now(connection)))
    return connection.execute(select(runs.c.id).where(*known).with_for_update()).first() is not None


def _at_work(at: float) -> tuple[ColumnElement[bool], ...]:
    return runs.c.state == RunState.RUNNING, runs.c.lease_until >= at


def note_spent(connection: Connection, run_id: str) -> None:
    """A request of the run was refused for its budget."""
    connection.execute(update(runs).where(runs.c.id == run_id).values(over_budget=True))


def took(connection: Connection, run_id: str, tokens: Tokens, usd: float) -> None:
    """Adds what one answer took to the run's sums."""
    sums = {
        "input_tokens": func.coalesce(runs.c.input_tokens, 0) + tokens.all_input,
        "output_tokens": func.coalesce(runs.c.output_tokens, 0) + tokens.output,
        "cost_usd": func.coalesce(runs.c.cost_usd, 0.0) + usd,
    }
    connection.execute(update(runs).where(runs.c.id == run_id).values(**sums))
