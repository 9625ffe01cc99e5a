"""Doing a run: claim it, let the agent work, publish what it came to, and say how it ended."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog

from config import errors
from config.accounts import lock_account
from config.database import Connection
from runners import claiming, moves, runs, tasks
from runners.admission import admit
from runners.agents.adapter import Outcome
from runners.attempt import Attempt
from runners.claims import Claim, LeaseLost
from runners.context import Context
from runners.eviction import evict
from runners.github_types import Forbidden, GitHubError, Invalid, NotFound, Paced, Unavailable
from runners.interruptible import interrupted_by
from runners.lease import Cancelled, Drained, Lease
from runners.pace import guarded_by
from runners.patience import persistently
from runners.problems import Problem
from runners.publishing import publish
from runners.states import RunState
from runners.way_out import GatewayAway
from runners.wording.plans import LONGEST_PLAN, PLANNED
from runners.wording.prose import prose
from runners.wording.reviews import REVIEWED, read, told
from runners.working import work

GATEWAY_AWAY = "The gateway of this host does not answer."

Move = Callable[[Connection], object]

log = structlog.get_logger()


def attempt_next(context: Context, queues: Sequence[str], holder: str, running: set[Lease]) -> bool:
    """Works on the run whose turn it is; False where there is none. `running` is what a drain reaches."""
    claim = _claim(context, queues, holder)
    if claim is None:
        return False
    with structlog.contextvars.bound_contextvars(run=claim.run_id, fence=claim.fence):
        log.info("run.claimed", state=claim.state.value)
        attempt = _attempt(context, claim)
        with Lease(context, claim, attempt.task.id) as lease, guarded_by(attempt.hold):
            running.add(lease)
            try:
                _end(attempt, lease)
            finally:
                running.discard(lease)
        evict(context.settings)
    return True


def _claim(context: Context, queues: Sequence[str], holder: str) -> Claim | None:
    """The fairest run that can be had; another worker may take one between the look and the claim."""
    while True:
        with context.database.write() as connection:
            run_id = claiming.next_claimable(connection, queues)
            if run_id is None:
                return None
            lock_account(
                connection, runs.get(connection, run_id).account_id
            )  # before the run, as whatever ends one does
            claim = claiming.claim(connection, run_id, holder, context.settings.lease_seconds)
        if claim:
            return claim


def _attempt(context: Context, claim: Claim) -> Attempt:
    with context.database.read() as connection:
        run = runs.get(connection, claim.run_id)
        return Attempt(context, claim, run, tasks.get(connection, run.task_id))


def _end(attempt: Attempt, lease: Lease) -> None:
    """Does the work, and turns every way in which it can end into one move of the run."""
    try:
        with interrupted_by(lease.check):
            move = _do(attempt, lease)
    except LeaseLost:
        log.warning("run.lease_lost")
        return
    except Exception as error:
        move = _after(attempt, error)
    _move(attempt, move)


def _do(attempt: Attempt, lease: Lease) -> Move:
    if attempt.claim.state is RunState.RUNNING:
        ended = work(attempt, lease)
        if ended is not None:
            outcome, kept = ended
            how = READ.get(tasks.work_of(attempt.task), _without_patch)
            return _finishing(attempt, *how(outcome), **kept)
    publish(attempt, lease)
    return _finishing(attempt, RunState.DONE)


def _after(attempt: Attempt, error: Exception) -> Move:
    """The move that follows from what stopped the work."""
    claim = attempt.claim
    match error:
        case Cancelled():
            return _finishing(attempt, RunState.CANCELLED, "cancelled", f"Cancelled by {error}.")
        case Drained():
            return lambda connection: moves.give_back(connection, claim)
        case Paced():
            return lambda connection: moves.give_back(connection, claim, error.retry_after or 1.0)
        case Problem():
            return _finishing(attempt, RunState.FAILED, error.reason, error.sentence)
        case NotFound() | Forbidden() | Invalid():
            return _finishing(attempt, RunState.FAILED, "github_refused", refused(error))
        case GatewayAway():
            log.warning("run.gateway_away")
            return lambda connection: moves.postpone(connection, claim, GATEWAY_AWAY, reason="gateway_away")
        case GitHubError():
            log.warning("run.postponed", error=str(error))
            wait = error.retry_after if isinstance(error, Unavailable) else None
            return lambda connection: moves.postpone(connection, claim, "GitHub can't be reached.", wait)
        case _:
            log.error("run.attempt_failed", exc_info=error)
            errors.report(error)
            return lambda connection: moves.fail(connection, claim, f"Unexpected {type(error).__name__}.")


def _finishing(attempt: Attempt, end: RunState, reason: str = "", detail: str = "", **kept: Any) -> Move:
    log.info("run.finished", state=end.value, reason=reason)
    said = attempt.clean(detail)
    return lambda connection: moves.finish(connection, attempt.claim, end, reason, said, **kept)


def _without_patch(outcome: Outcome) -> tuple[RunState, str, str]:
    """How a run ends whose agent left nothing to publish."""
    if outcome.status == "succeeded":
        return RunState.UNCHANGED, "unchanged", outcome.summary or "The agent changed nothing."
    end = RunState.TIMED_OUT if outcome.status == "limit" else RunState.FAILED
    return end, outcome.reason, outcome.summary


def _planned(outcome: Outcome) -> tuple[RunState, str, str]:
    """How a run ends that was to come to a plan: its agent's last words are it."""
    if outcome.status != "succeeded":
        return _without_patch(outcome)
    # As people will see it, and no other way, it is kept and given to whoever carries it out.
    plan = prose(outcome.summary, LONGEST_PLAN)
    if not plan.strip():
        return RunState.FAILED, "no_plan", "The agent ended without a word, so there is no plan."
    return RunState.UNCHANGED, PLANNED, plan


def _reviewed(outcome: Outcome) -> tuple[RunState, str, str]:
    """How a run ends that was to come to a review: its agent's last words, which are kept, are it."""
    if outcome.status != "succeeded":
        return _without_patch(outcome)
    if not outcome.summary.strip():
        return RunState.FAILED, "no_review", "The agent ended without a word, so there is no review."
    return RunState.UNCHANGED, REVIEWED, told(read(outcome.summary))


READ = {"plan": _planned, "review": _reviewed}


def refused(error: GitHubError) -> str:
    """What GitHub refused, for people."""
    if isinstance(error, NotFound):
        return "GitHub says that the repository is not there, or that the App may not see it any more."
    return f"GitHub refused: {error}"


def _move(attempt: Attempt, move: Move) -> None:
    """Writes the run's move."""
    try:
        persistently(partial(_write, attempt, move))
    except LeaseLost:
        log.warning("run.lease_lost")


def _write(attempt: Attempt, move: Move) -> None:
    """The move, and waiting tasks of the account let into the place that became free."""
    with attempt.context.database.write() as connection:
        lock_account(connection, attempt.task.account_id)  # first, as deciding does: else the two could deadlock
        move(connection)
        admit(connection, attempt.task.account_id, attempt.context.settings.concurrent_runs)
