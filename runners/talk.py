"""What people and checks say on GitHub about an issue or pull request, asked for an agent to read."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from runners.github import Api
from runners.github_types import Forbidden, Invalid, NotFound, Where
from runners.wording.hidden import bare, visible

PAGE = 100
MOST_PAGES = 5
MOST_LOGS = 3
BELONGING = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
LAST_PAGE = re.compile(r'[?&]page=(\d+)[^>]*>; rel="last"')
MOST_LOG_BYTES, LAST_OF_A_LOG = 50_000_000, 60_000
FAILING = frozenset({"failure", "timed_out", "startup_failure"})
THREADS = (
    "query($owner:String!,$name:String!,$number:Int!){repository(owner:$owner,name:$name){pullRequest(number:$number)"
    "{reviewThreads(first:100){nodes{isResolved isOutdated path line comments(first:50){nodes{databaseId body diffHunk "
    "author{login} authorAssociation}}}}}}}"
)


@dataclass(frozen=True)
class Said:
    """A person's comment: login, numeric id (None where GitHub does not tell), text, when (seconds since 1970).

    `belongs`: GitHub names them an owner, member or collaborator. Nobody else may write, and not all of these may.
    """

    login: str
    user_id: int | None
    text: str
    at: float
    belongs: bool


@dataclass(frozen=True)
class Thread:
    """A conversation on a line of a pull request (None: on the file), that nobody has resolved yet."""

    path: str
    line: int | None
    hunk: str
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Failing:
    """A check of somebody else's that failed, with all that it says."""

    name: str
    text: str


def comments(api: Api, where: Where, number: int, before: float) -> list[Said]:
    """People's comments that stood before a time and were not changed after it, the newest first."""
    with api.reading(where) as rest:
        listed = partial(rest.issues.list_comments, where.owner, where.name, number, per_page=PAGE)
        first = listed(page=1)
        last = LAST_PAGE.search(first.headers.get("link", ""))
        pages = range(max(2, int(last[1]) - MOST_PAGES + 2), int(last[1]) + 1) if last else ()
        found = [*first.json(), *(one for page in pages for one in listed(page=page).json())]
    people = [_said(one) for one in reversed(found) if (one.get("user") or {}).get("type") == "User"]
    return [one for one in people if one.at < before]


def thread_of(api: Api, where: Where, number: int, root: int) -> list[Said]:
    """What people said in the review thread that a comment began, the oldest first."""
    with api.reading(where) as rest:
        listed = rest.pulls.list_review_comments(where.owner, where.name, number, per_page=PAGE).json()
    theirs = [one for one in listed if root in (one["id"], one.get("in_reply_to_id"))]
    return [_said(one) for one in theirs if (one.get("user") or {}).get("type") == "User"]


def _said(one: Mapping[str, Any]) -> Said:
    belongs = one.get("author_association") in BELONGING
    return Said(one["user"]["login"], one["user"]["id"], one.get("body") or "", _time(one["updated_at"]), belongs)


def open_threads(api: Api, where: Where, number: int) -> list[Thread]:
    """Review threads that are not resolved, as many as a page holds."""
    asked = {"owner": where.owner, "name": where.name, "number": number}
    answer = api.graphql(where, THREADS, asked)
    pull = (answer.get("repository") or {}).get("pullRequest") or {}
    nodes = (pull.get("reviewThreads") or {}).get("nodes") or []
    return [_thread(node) for node in nodes if not node["isResolved"]]


def _thread(node: Mapping[str, Any]) -> Thread:
    comments = node["comments"]["nodes"]
    said = tuple(_in_thread(one) for one in comments)
    return Thread(node["path"], node["line"], comments[0]["diffHunk"] if comments else "", said)


def _in_thread(one: Mapping[str, Any]) -> Said:
    login = (one.get("author") or {}).get("login") or ""
    return Said(login, None, one.get("body") or "", 0.0, one.get("authorAssociation") in BELONGING)


def failing_checks(api: Api, where: Where, sha: str, our_app: int) -> list[Failing]:
    """Checks of others that failed on a commit. Statuses, their forerunners, want a permission of their own."""
    with api.reading(where) as rest:
        listed = rest.checks.list_for_ref(where.owner, where.name, sha, filter_="latest", per_page=PAGE).json()
    checks = [run for run in listed["check_runs"] if run.get("conclusion") in FAILING]
    theirs = [run for run in checks if (run.get("app") or {}).get("id") != our_app]
    return [Failing(run["name"], _all_of(api, where, run, logs=at < MOST_LOGS)) for at, run in enumerate(theirs)]


def _all_of(api: Api, where: Where, run: Mapping[str, Any], *, logs: bool) -> str:
    output = run.get("output") or {}
    parts = [visible(output.get(name) or "").strip() for name in ("title", "summary", "text")]
    if output.get("annotations_count"):
        parts.append(_annotations(api, where, run["id"]))
    if logs and (run.get("app") or {}).get("slug") == "github-actions":
        parts.append(_log(api, where, run["id"]))
    return "\n".join(part for part in parts if part)


def _annotations(api: Api, where: Where, check_run_id: int) -> str:
    with api.reading(where) as rest:
        listed = rest.checks.list_annotations(where.owner, where.name, check_run_id, per_page=PAGE).json()
    return "\n".join(f"{one['path']}:{one['start_line']}: {one['message']}" for one in listed)


def _log(api: Api, where: Where, job_id: int) -> str:
    """The end of a job's log (it has its check run's id); nothing where it is gone, as old ones are, or not for us."""
    with suppress(NotFound, Forbidden), api.reading(where) as rest:
        download = rest.actions.download_job_logs_for_workflow_run
        answer = download(where.owner, where.name, job_id, stream=True).raw_response
        try:
            return bare(_end_of(answer.iter_bytes()).decode("utf-8", "replace"))
        finally:
            answer.close()
    return ""


def _end_of(chunks: Iterable[bytes]) -> bytes:
    end, read = b"", 0
    for chunk in chunks:
        end, read = (end + chunk)[-LAST_OF_A_LOG:], read + len(chunk)
        if read > MOST_LOG_BYTES:
            break
    return end


def diff(api: Api, where: Where, base: str, head: str) -> str | None:
    """What a commit changed since it left a branch; None where GitHub finds that too large to show."""
    try:
        with api.reading(where) as rest:
            accept = {"Accept": "application/vnd.github.diff"}
            compared = rest.repos.compare_commits(where.owner, where.name, f"{base}...{head}", headers=accept)
            return str(compared.text)
    except Invalid:
        return None


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
