"""What the local GitHub knows, as frozen records: a change is a new record, so a record that was read is a snapshot."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Reactable = Literal["issue", "comment", "review_comment"]
Side = Literal["LEFT", "RIGHT"]
REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
ROLES = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass(frozen=True)
class User:
    """A person, an organisation or a bot."""

    id: int
    login: str
    type: Literal["User", "Organization", "Bot"] = "User"


@dataclass(frozen=True)
class Repository:
    """A repository. `drafts` is False where the plan knows no draft pull requests."""

    id: int
    owner: User
    name: str
    default_branch: str
    created_at: datetime
    pushed_at: datetime
    private: bool = False
    archived: bool = False
    drafts: bool = True
    fork_of: int | None = None

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"


@dataclass(frozen=True)
class Role:
    """What somebody may do in a repository: `base` is one of ROLES, `name` differs from it for a custom role."""

    name: str
    base: str

    def reaches(self, role: str) -> bool:
        """Whether it is at least that role."""
        return ROLES.index(self.base) >= ROLES.index(role)


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An issue, or (as Pull) a pull request: both take their number from the same row of numbers."""

    id: int
    repository_id: int
    number: int
    title: str
    body: str | None
    user: User
    created_at: datetime
    updated_at: datetime
    via_app: int | None = None
    state: Literal["open", "closed"] = "open"
    locked: bool = False
    labels: tuple[str, ...] = ()
    closed_at: datetime | None = None
    closed_by: User | None = None


@dataclass(frozen=True, kw_only=True)
class Pull(Issue):
    """A pull request: an issue with two branches. `head_repository_id` is None once the fork is gone."""

    pull_id: int
    head_repository_id: int | None
    head_owner: User
    head: str
    head_sha: str
    base: str
    base_sha: str
    draft: bool = False
    maintainer_can_modify: bool = False
    reviewers: tuple[User, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment on an issue or a pull request."""

    id: int
    repository_id: int
    number: int
    body: str
    user: User
    created_at: datetime
    updated_at: datetime
    via_app: int | None = None


@dataclass(frozen=True, kw_only=True)
class Review:
    """What somebody said of a pull request at one commit: a verdict, a text that may be empty, comments on lines."""

    id: int
    repository_id: int
    number: int
    body: str
    user: User
    state: Literal["COMMENTED", "APPROVED", "CHANGES_REQUESTED"]
    commit_id: str
    submitted_at: datetime
    via_app: int | None = None


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Where a comment was put in the diff from `old_sha` to `commit_id`; `side` says by which of them `line` counts."""

    path: str
    line: int
    side: Side
    start_line: int | None
    start_side: Side | None
    old_sha: str
    commit_id: str
    position: int  # rows below the file's first hunk header
    diff_hunk: str


@dataclass(frozen=True, kw_only=True)
class ReviewComment:
    """A comment on lines of a pull request. `resolved_by` is kept with the first one of a thread, for all of it."""

    id: int
    repository_id: int
    number: int
    review_id: int
    anchor: Anchor
    body: str
    user: User
    created_at: datetime
    updated_at: datetime
    via_app: int | None = None
    in_reply_to_id: int | None = None
    resolved_by: User | None = None


@dataclass(frozen=True)
class Reaction:
    """One emoji of one user on an issue or a comment."""

    id: int
    kind: Reactable
    subject_id: int
    user: User
    content: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class CheckRun:
    """A check run on a commit, of the App or another one. Annotations and actions (the buttons) are GitHub's JSON."""

    id: int
    repository_id: int
    suite_id: int
    head_sha: str
    name: str
    status: str = "queued"
    conclusion: str | None = None
    external_id: str | None = None
    details_url: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: tuple[Mapping[str, Any], ...] = ()
    actions: tuple[Mapping[str, str], ...] = ()
    of_app: int | None = None  # another App's id; None: ours


@dataclass(frozen=True)
class Installation:
    """The App on an account, with all of the account's repositories."""

    id: int
    account: User
    created_at: datetime
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    suspended_at: datetime | None = None


@dataclass(frozen=True)
class Token:
    """An installation token. `repository_ids` is None for all repositories of the account."""

    value: str
    installation_id: int
    permissions: Mapping[str, str]
    repository_ids: frozenset[int] | None
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One attempt to hand a webhook to the App. A redelivery is a new record with the same `guid`."""

    id: int
    guid: str
    event: str
    action: str | None
    installation_id: int | None
    repository_id: int | None
    delivered_at: datetime
    redelivery: bool
    packed: bytes  # the body as it was sent, compressed: a long test sends tens of thousands
    request_headers: Mapping[str, str]
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response: str = ""

    @property
    def payload(self) -> dict[str, Any]:
        """What it told, as JSON."""
        told: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return told

    @property
    def ok(self) -> bool:
        """Whether the App answered 2xx."""
        return 200 <= self.status_code < 300
