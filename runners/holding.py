"""Whether CI waits on what a run publishes: it has the repository's secrets, and runs what an agent wrote.

An agent that read what somebody without write access had written may have done what that one wanted.
"""

from runners import runs
from runners.agents import AGENTS
from runners.agents.programs.blocks import find
from runners.attempt import Attempt
from runners.github_types import Role


def is_held(attempt: Attempt) -> bool:
    """Decided once for a run, since the commit says so. Raises GitHubError."""
    if attempt.run.held is not None:
        return bool(attempt.run.held)
    held = _is_to_wait(attempt)
    attempt.note(held=held)
    return held


def _is_to_wait(attempt: Attempt) -> bool:
    task, context = attempt.task, attempt.context
    wish = (task.bounds or {}).get("ci", "auto")
    if wish != "auto":
        return bool(wish == "hold")
    with context.database.read() as connection:
        before = runs.published_on(connection, task.host, task.repository_id, task.number)
    if before is not None and before.held and not before.released_by:
        return True  # one more commit would let run what waits
    if not AGENTS[attempt.run.agent].reads or (task.verb == "apply" and find(task.text)):
        return False
    if task.opener == context.settings.bot_login:  # ours: what stands there was written as the run before was
        return before is None or bool(before.held)
    return task.opener_id != attempt.run.requester_id and not _may_write(attempt)


def _may_write(attempt: Attempt) -> bool:
    """Whether whoever opened the place may write there."""
    task = attempt.task
    if not task.opener:
        return False
    return attempt.context.github.role(attempt.where, task.opener, task.opener_id) >= Role.WRITE
