"""Whether CI waits on what a run publishes: it has the repository's secrets, and runs what an agent wrote.

An agent that read what somebody without write access had written may have done what that one wanted.
"""

from runners import runs
from runners.agents import AGENTS
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
    task, run, context = attempt.task, attempt.run, attempt.context
    wish = (task.bounds or {}).get("ci", "auto")
    if wish != "auto" or not AGENTS[run.agent].has_words:
        return bool(wish == "hold")
    if task.opener_id == run.requester_id:
        return False
    if task.opener == context.settings.bot_login:  # ours: what stands there was written as the run before was
        with context.database.read() as connection:
            before = runs.published_on(connection, task.host, task.repository_id, task.number)
        return before is None or bool(before.held)
    return not task.opener or context.github.role(attempt.where, task.opener, task.opener_id) < Role.WRITE
