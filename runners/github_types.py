"""GitHub's answers in our own small types, and its refusals as errors. No I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any


class Role(IntEnum):
    """What a person may do in a repository, in GitHub's order. Custom organisation roles count by what they grant."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


# GitHub's names of the rights in `user.permissions`, the strongest first.
RIGHTS = (
    ("admin", Role.ADMIN),
    ("maintain", Role.MAINTAIN),
    ("push", Role.WRITE),
    ("triage", Role.TRIAGE),
    ("pull", Role.READ),
)


@dataclass(frozen=True)
class Where:
    """A repository as an installation sees it."""

    installation_id: int
    repository: str  # owner/name
    repository_id: int

    @property
    def owner(self) -> str:
        return self.repository.partition("/")[0]

    @property
    def name(self) -> str:
        return self.repository.partition("/")[2]


@dataclass(frozen=True)
class Pull:
    """A pull request. `head_repository_id` differs from the base's where it comes from a fork (None: fork deleted)."""

    number: int
    url: str
    state: str
    draft: bool
    head_ref: str
    head_sha: str
    head_repository_id: int | None
    base_ref: str
    title: str = ""
    body: str = ""
    opener_id: int | None = None
    opener: str | None = None


@dataclass(frozen=True)
class Committed:
    """A commit that GitHub made. `unverified`: why people don't see it as Verified, a word of GitHub's; else empty."""

    sha: str
    unverified: str


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


FAILING = frozenset({"failure", "timed_out", "startup_failure"})  # conclusions of checks


@dataclass(frozen=True)
class Failing:
    """A check that failed: what it says in Markdown, and what it printed."""

    name: str
    said: str
    printed: str = ""


class GitHubError(Exception):
    """GitHub did not do what was asked. The message is for operators."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class NotFound(GitHubError):
    """404 or 410: it is not there, or the installation may not see it."""


class InstallationGone(NotFound):
    """404 where a token was asked for: the App was uninstalled."""


class Forbidden(GitHubError):
    """403: the installation may not do this (archived, locked, a permission that is missing)."""


class Suspended(Forbidden):
    """403: the owner suspended the installation."""


class Invalid(GitHubError):
    """422: GitHub refuses the content."""


class Unavailable(GitHubError):
    """No answer, 5xx, or a rate limit: worth another try, not before `retry_after` seconds where GitHub said so."""

    def __init__(self, message: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, status)
        self.retry_after = retry_after


class Paced(Unavailable):
    """We did not ask, so as not to hurry GitHub: the same may be asked in `retry_after` seconds. Nothing failed."""


def role_of(permission: dict[str, Any]) -> Role:
    """The role in an answer of `GET …/collaborators/{login}/permission`, decided on what it grants, not on its name.

    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """
    granted = (permission.get("user") or {}).get("permissions") or {}
    return next((role for right, role in RIGHTS if granted.get(right)), Role.NONE)


def pull_of(answer: dict[str, Any]) -> Pull:
    """A pull request from GitHub's JSON."""
    head = answer["head"]
    return Pull(
        number=answer["number"],
        url=answer["html_url"],
        state=answer["state"],
        draft=bool(answer.get("draft")),
        head_ref=head["ref"],
        head_sha=head["sha"],
        head_repository_id=(head.get("repo") or {}).get("id"),
        base_ref=answer["base"]["ref"],
        title=answer.get("title") or "",
        body=answer.get("body") or "",
        opener_id=(answer.get("user") or {}).get("id"),
        opener=(answer.get("user") or {}).get("login"),
    )


def committed_of(answer: dict[str, Any]) -> Committed:
    """A commit from GitHub's JSON. A GitHub Enterprise Server signs only if its operator set that up."""
    about = answer.get("verification") or {}
    return Committed(answer["sha"], "" if about.get("verified") else str(about.get("reason") or "unsigned"))


def said_of(answer: dict[str, Any]) -> Said | None:
    """A comment from GitHub's JSON; None for one that no person wrote."""
    user = answer.get("user") or {}
    if user.get("type") != "User":
        return None
    at, belongs = datetime.fromisoformat(answer["updated_at"]).timestamp(), _belongs(answer["author_association"])
    return Said(user["login"], user["id"], answer.get("body") or "", at, belongs)


def thread_of(node: dict[str, Any]) -> Thread:
    """A thread from GraphQL's JSON."""
    comments = node["comments"]["nodes"]
    said = tuple(
        Said((one["author"] or {}).get("login", ""), None, one["body"], 0.0, _belongs(one["authorAssociation"]))
        for one in comments
    )
    return Thread(node["path"], node["line"], comments[0]["diffHunk"] if comments else "", said)


def _belongs(association: str) -> bool:
    return association in ("OWNER", "MEMBER", "COLLABORATOR")
