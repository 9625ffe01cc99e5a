"""What an agent is told beyond the command: the lines that it is about, the plan, the run before, what people said."""

from runners import runs
from runners.attempt import Attempt
from runners.complaints import complaints
from runners.heard import Heard
from runners.problems import Problem
from runners.wording import given
from runners.wording.cut import cut
from runners.wording.prose import prose

LONGEST_BEFORE = 8000  # bytes of what the run before said
LONGEST_DIFF = 300_000
TOO_LARGE = "GitHub finds the change of this pull request too large to show, so it can't be reviewed as a whole."


def background(attempt: Attempt, instructions: tuple[str, str] | None) -> tuple[given.Part, ...]:
    """What there is, under headings; `instructions` are a file's name and its text.

    Raises Problem where what a verb is for is not there, GitHubError.
    """
    github, where, task = attempt.context.github, attempt.where, attempt.task
    heard = Heard(attempt)
    parts = [
        *([given.instructions(*instructions)] if instructions else []),
        ("Plan that was approved: do this", task.plan or "" if task.approved_by else ""),
        ("Where the request was written", given.spot(task.spot or {})),
        ("What was done before, by its own words", _before(attempt) if task.verb == "revise" else ""),
        *(complaints(attempt, heard) if task.verb == "fix" else ()),
        ("The change to review, as a diff", _diff(attempt) if task.verb == "review" else ""),
        ("What was said there before", _thread(attempt, heard)),
        (
            "What people said before, the newest first",
            given.together(heard.of(github.people_said(where, task.number, task.created_at))),
        ),
    ]
    return tuple((name, text) for name, text in parts if text.strip())


def _before(attempt: Attempt) -> str:
    """What the run that is continued said of its work."""
    task = attempt.task
    with attempt.context.database.read() as connection:
        run = runs.published_on(connection, task.host, task.repository_id, task.number)
    return prose(run.summary or "", LONGEST_BEFORE) if run else ""


def _diff(attempt: Attempt) -> str:
    task = attempt.task
    diff = attempt.context.github.diff(attempt.where, task.base_ref, task.head_sha)
    if diff is None:
        raise Problem("diff_too_large", TOO_LARGE)
    return cut(diff, LONGEST_DIFF)


def _thread(attempt: Attempt, heard: Heard) -> str:
    """The review thread in which the command is an answer."""
    root = (attempt.task.spot or {}).get("thread")
    if root is None:
        return ""
    return given.together(heard.of(attempt.context.github.thread(attempt.where, attempt.task.number, root)))
