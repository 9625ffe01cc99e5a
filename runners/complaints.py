"""What stands against a pull request, for `fix` to repair: checks that fail, and review threads that are open."""

from typing import Protocol

from runners import runs, talk
from runners.attempt import Attempt
from runners.problems import Problem
from runners.steps import external_id
from runners.talk import Failing, Said, Thread
from runners.wording.hidden import bare, visible

LONGEST_CHECK = 20_000  # characters, of the end: there a log says what went wrong
LONGEST_THREAD = 8000
LONGEST_HUNK = 3000  # of its end: there the line is that is spoken of
NOTHING = (
    "There is nothing to fix: on {} no check of others fails, and no review thread of people who may write is open."
)


class Trusted(Protocol):
    """Chooses what people who may write have said."""

    def of(self, said: tuple[Said, ...]) -> list[Said]:
        """What is left of it."""


def complaints(attempt: Attempt, trusted: Trusted) -> list[tuple[str, str]]:
    """Each under a heading. Raises Problem where there are none, GitHubError."""
    api, where, task = attempt.context.github, attempt.where, attempt.task
    failing = [*own_checks(attempt), *talk.failing_checks(api, where, task.head_sha, attempt.context.app_id)]
    threads = talk.open_threads(api, where, task.number)
    found = [check_part(one) for one in failing] + [
        thread_part(one, said) for one in threads if (said := trusted.of(one.said))
    ]
    if not found:
        raise Problem("nothing_to_fix", NOTHING.format(task.head_sha[:12]))
    return found


def own_checks(attempt: Attempt) -> list[Failing]:
    """The repository's own checks that failed after the run of ours that made what stands there."""
    task = attempt.task
    with attempt.context.database.read() as connection:
        run = runs.published_on(connection, task.host, task.repository_id, task.number)
    if run is None:
        return []
    let_run = external_id(attempt.context.database, run.id, "release")  # an empty commit changes nothing about them
    if task.head_sha not in (run.head_sha, let_run):
        return []
    return [Failing(one["command"], bare(one["said"])) for one in run.checks or () if one["why"]]


def check_part(failing: Failing) -> tuple[str, str]:
    """A failing check, by the end of what it says."""
    said = failing.text
    cut = "…" if len(said) > LONGEST_CHECK else ""
    return f"A check that fails: {bare(failing.name)[:200]}", cut + said[-LONGEST_CHECK:] or "It says nothing more."


def thread_part(thread: Thread, said: list[Said]) -> tuple[str, str]:
    """A review thread: the place, what was there, and what was said."""
    place = thread.path if thread.line is None else f"{thread.path}, line {thread.line}"
    words = "\n\n".join(f"{one.login}: {visible(one.text).strip()}" for one in said)
    hunk = bare(thread.hunk)[-LONGEST_HUNK:]
    return f"A review thread that is open: {place}", f"{hunk}\n\n{words}"[:LONGEST_THREAD]
