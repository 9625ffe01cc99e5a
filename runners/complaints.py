"""What stands against a pull request, for `fix` to repair: checks that fail, and review threads that are open."""

from runners import runs
from runners.attempt import Attempt
from runners.github_types import Failing
from runners.heard import Heard
from runners.problems import Problem
from runners.wording import given

NOTHING = (
    "There is nothing to fix: on {} no check of others fails, and no review thread of people who may write is open."
)


def complaints(attempt: Attempt, heard: Heard) -> list[given.Part]:
    """Each under a heading. Raises Problem where there are none, GitHubError."""
    github, where, task = attempt.context.github, attempt.where, attempt.task
    failing = [*own_checks(attempt), *github.failing_checks(where, task.head_sha, attempt.context.app_id)]
    threads = [(one, heard.of(one.said)) for one in github.open_threads(where, task.number)]
    found = [given.check(one) for one in failing] + [given.thread(one, said) for one, said in threads if said]
    if not found:
        raise Problem("nothing_to_fix", NOTHING.format(task.head_sha[:12]))
    return found


def own_checks(attempt: Attempt) -> list[Failing]:
    """The repository's own checks that failed after the run of ours that made what stands there."""
    task = attempt.task
    with attempt.context.database.read() as connection:
        run = runs.published_on(connection, task.host, task.repository_id, task.number)
    if run is None or task.head_sha not in (run.head_sha, run.released_sha):
        return []
    return [Failing(one["command"], "", one["said"]) for one in run.checks or () if one["why"]]
