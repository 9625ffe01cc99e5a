"""What waits, what is at work and what died, for an operator: joins over tasks and runs that write nothing."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select

from config.database import Connection, Row
from runners.runs import runs
from runners.states import ENDS, RunState, TaskState
from runners.tasks import tasks

PLACE = (tasks.c.repository, tasks.c.number, tasks.c.verb, tasks.c.account_id)
OF_A_RUN = (
    *(runs.c[name] for name in ("id", "task_id", "requester", "agent", "queue", "state", "reason", "detail")),
    *(runs.c[name] for name in ("created_at", "started_at", "finished_at", "next_at", "lease_until", "holder")),
    *(runs.c[name] for name in ("fence", "failures", "vanished", "postponed", "cancel_by")),
)
TOTAL = func.count().over().label("total")


def tasks_waiting(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """Tasks that wait for a slot, a free place or the operator, the oldest first; `total` counts them all."""
    wanted = select(tasks.c.id, tasks.c.requester, tasks.c.created_at, *PLACE, TOTAL)
    return connection.execute(
        wanted.where(tasks.c.state == TaskState.WAITING).order_by(tasks.c.created_at).limit(most)
    ).all()


def runs_not_ended(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """Runs of admitted tasks that are queued or at work, the oldest first; `total` counts them all."""
    admitted = tasks.c.state != TaskState.WAITING
    wanted = _of_runs().where(runs.c.state.not_in(tuple(ENDS)), admitted)
    return connection.execute(wanted.order_by(runs.c.created_at).limit(most)).all()


def runs_dead(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """Dead runs that no retry came after, the newest first; `total` counts them all."""
    wanted = _of_runs().where(runs.c.state == RunState.DEAD, runs.c.round == tasks.c.round)
    return connection.execute(wanted.order_by(runs.c.finished_at.desc()).limit(most)).all()


def runs_held(connection: Connection, at: float) -> Sequence[Row[Any]]:
    """Runs that a living worker holds."""
    held = (runs.c.state.in_((RunState.RUNNING, RunState.PUBLISHING)), runs.c.lease_until >= at)
    return connection.execute(_of_runs().where(*held).order_by(runs.c.started_at)).all()


def _of_runs() -> Select[Any]:
    return select(*OF_A_RUN, *PLACE, TOTAL).join_from(runs, tasks)
