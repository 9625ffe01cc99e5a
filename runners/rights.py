"""Whether the requester still may: asked again at start and before publishing, if the answer is five minutes old."""

from runners import claims
from runners.attempt import Attempt
from runners.github_types import Role
from runners.problems import Problem

CONFIRMED_SECONDS = 300.0


def confirm_right(attempt: Attempt) -> None:
    """Raises Problem where the requester may not write any more; GitHubError where GitHub does not say."""
    context, claim, run = attempt.context, attempt.claim, attempt.run
    with context.database.read() as connection:
        if claims.confirmed_for(connection, claim) < CONFIRMED_SECONDS:
            return
    if context.github.role(attempt.where, run.requester, run.requester_id) < Role.WRITE:
        raise Problem("not_allowed_any_more", f"{run.requester} may not write to {attempt.task.repository} any more.")
    team = (attempt.task.bounds or {}).get("team")
    if team and not context.github.is_in_team(attempt.where, team, run.requester):
        raise Problem("not_allowed_any_more", f"{run.requester} is not in the team `{team}` any more, which may ask.")
    with context.database.write() as connection:
        claims.confirm(connection, claim)
