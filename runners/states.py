"""The states of runs and tasks, and which may follow which. `docs/states.md` draws this table."""

from collections.abc import Sequence
from enum import StrEnum


class RunState(StrEnum):
    """Where one agent's work stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PUBLISHING = "publishing"
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    DEAD = "dead"


class TaskState(StrEnum):
    """Where a task stands: that of its newest run, or one of the two states before there is work."""

    WAITING = "waiting"
    AWAITING_APPROVAL = "awaiting_approval"
    QUEUED = "queued"
    RUNNING = "running"
    PUBLISHING = "publishing"
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    DEAD = "dead"


ENDS = frozenset(
    {RunState.DONE, RunState.UNCHANGED, RunState.FAILED, RunState.TIMED_OUT, RunState.CANCELLED, RunState.DEAD}
)

# A run goes back to `queued` when its attempt failed, or its worker gave it back.
# One that was publishing keeps its patch, and publishes it at the next attempt.
# Of the ends only `dead` has a way on: an operator mended what killed the run, and has it tried again.
MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.PUBLISHING, RunState.CANCELLED, RunState.DEAD}),
    RunState.RUNNING: frozenset(
        {
            RunState.QUEUED,
            RunState.PUBLISHING,
            RunState.UNCHANGED,
            RunState.FAILED,
            RunState.TIMED_OUT,
            RunState.CANCELLED,
            RunState.DEAD,
        }
    ),
    RunState.PUBLISHING: frozenset(
        {RunState.QUEUED, RunState.DONE, RunState.FAILED, RunState.CANCELLED, RunState.DEAD}
    ),
    **{end: frozenset() for end in ENDS},
    RunState.DEAD: frozenset({RunState.QUEUED}),
}

LIVE_TASK = (TaskState.QUEUED, TaskState.RUNNING, TaskState.PUBLISHING)


def pickable(compared: Sequence[tuple[RunState, bool]]) -> list[int]:
    """Numbers, from 1, of the runs of a comparison that can be picked, each told by its state and whether it is picked.

    None before all have ended, and none where one is picked.
    """
    if any(state not in ENDS or picked for state, picked in compared):
        return []
    return [number for number, (state, _) in enumerate(compared, 1) if state is RunState.DONE]


def before(state: RunState) -> tuple[RunState, ...]:
    """The states from which a run may come to this one."""
    return tuple(origin for origin, targets in MOVES.items() if state in targets)


def of_task(newest: list[RunState]) -> TaskState:
    """A task's state, from those of the runs of its newest round: what still moves counts before what ended."""
    for state in (RunState.RUNNING, RunState.PUBLISHING, RunState.QUEUED, RunState.DONE):
        if state in newest:
            return TaskState(state)
    return TaskState(newest[-1])
