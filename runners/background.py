"""What an agent is told beyond the command: the lines that it is about, the plan, the run before, what people said."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runners import runs, talk
from runners.attempt import Attempt
from runners.complaints import complaints
from runners.github_types import Role
from runners.problems import Problem
from runners.talk import Said
from runners.wording.cut import cut
from runners.wording.hidden import bare, visible
from runners.wording.prose import prose

Part = tuple[str, str]  # a heading, and what stands below it

LONGEST_BEFORE = 8000  # bytes of what the run before said
LONGEST_COMMENT, LONGEST_COMMENTS = 4000, 40_000
LONGEST_HUNK = 3000  # of its end: there the line is that is spoken of
LONGEST_DIFF = 300_000
MOST_AUTHORS = 10  # that GitHub is asked about: one question each
TOO_LARGE = "GitHub finds the change of this pull request too large to show, so it can't be reviewed as a whole."


def background(attempt: Attempt) -> tuple[Part, ...]:
    """What there is, under headings. Raises Problem where what a verb is for is not there, GitHubError."""
    task = attempt.task
    heard = Heard(attempt)
    parts = [
        ("Plan that was approved: do this", task.plan or "" if task.approved_by else ""),
        ("Where the request was written", spot(task.spot or {})),
        ("What was done before, by its own words", _before(attempt) if task.verb == "revise" else ""),
        *(complaints(attempt, heard) if task.verb == "fix" else ()),
        ("The change to review, as a diff", _diff(attempt) if task.verb == "review" else ""),
        ("What was said there before", _thread(attempt, heard)),
        ("What people said before, the newest first", together(heard.of(_comments(attempt)))),
    ]
    return tuple((name, text) for name, text in parts if text.strip())


class Heard:
    """Whose words an agent is given: of people who may write, each asked about once."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._may = {attempt.run.requester.lower(): True}
        self._asked = 0

    def of(self, said: Iterable[Said]) -> list[Said]:
        """What was said by those who may write."""
        return [one for one in said if self._may_write(one)]

    def _may_write(self, said: Said) -> bool:
        login = said.login.lower()
        if login not in self._may:
            self._may[login] = said.belongs and self._asked < MOST_AUTHORS and self._ask(said)
        return self._may[login]

    def _ask(self, said: Said) -> bool:
        self._asked += 1
        api, where = self._attempt.context.github, self._attempt.where
        return api.role(where, said.login, said.user_id) >= Role.WRITE


def spot(spot: Mapping[str, Any]) -> str:
    """A file and its lines, with the end of the diff that a person saw there."""
    if not spot:
        return ""
    start, line = spot["start"] or spot["line"], spot["line"]
    lines = "" if line is None else f", line {line}" if start == line else f", lines {start} to {line}"
    side = " of the file as it was before the pull request" if spot["side"] == "LEFT" and line is not None else ""
    place = f"{bare(spot['path'])[:300]}{lines}{side}"
    return f"{place}\n{bare(spot['hunk'])[-LONGEST_HUNK:]}\nThe request is about this place, unless it says otherwise."


def together(said: Iterable[Said]) -> str:
    """Comments with their authors, of those that are given first as many as there is room for."""
    return "\n\n".join(_within(LONGEST_COMMENTS, said))


def _within(room: int, said: Iterable[Said]) -> Iterator[str]:
    for one in said:
        text = f"{one.login}: {cut(visible(one.text).strip(), LONGEST_COMMENT)}"
        room -= len(text.encode())
        if room < 0:
            return
        yield text


def _thread(attempt: Attempt, heard: "Heard") -> str:
    """The review thread in which the command is an answer."""
    task = attempt.task
    root = (task.spot or {}).get("thread")
    return together(heard.of(talk.thread_of(attempt.context.github, attempt.where, task.number, root))) if root else ""


def _comments(attempt: Attempt) -> list[Said]:
    task = attempt.task
    return talk.comments(attempt.context.github, attempt.where, task.number, task.created_at)


def _before(attempt: Attempt) -> str:
    """What the run that is continued said of its work."""
    task = attempt.task
    with attempt.context.database.read() as connection:
        run = runs.published_on(connection, task.host, task.repository_id, task.number)
    return prose(run.summary or "", LONGEST_BEFORE) if run else ""


def _diff(attempt: Attempt) -> str:
    task = attempt.task
    diff = talk.diff(attempt.context.github, attempt.where, task.base_ref, task.head_sha)
    if diff is None:
        raise Problem("diff_too_large", TOO_LARGE)
    return cut(diff, LONGEST_DIFF)
