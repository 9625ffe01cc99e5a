"""What we want to hear from GitHub, and what we make of it: one route table, and small frozen events. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Route(NamedTuple):
    """An event and action that something here wants; with `needs_trigger` only if the body holds our trigger.

    `said`: somebody says something, which counts for nothing if it is a bot that the operator has not listed.
    """

    event: str
    action: str
    needs_trigger: bool
    said: bool = False


ROUTES = (
    Route("issue_comment", "created", True, said=True),
    Route("issue_comment", "edited", True, said=True),
    Route("issue_comment", "deleted", True),
    Route("issues", "opened", True, said=True),
    Route("issues", "labeled", True, said=True),
    Route("issues", "closed", False),
    Route("pull_request", "closed", False),
    Route("pull_request_review", "submitted", True, said=True),
    Route("pull_request_review_comment", "created", True, said=True),
    Route("pull_request_review_comment", "edited", True, said=True),
    Route("pull_request_review_comment", "deleted", True),
    Route("check_run", "rerequested", False),
    Route("check_run", "requested_action", False),
    Route("check_suite", "completed", True),  # by the name of our branch
    Route("check_suite", "rerequested", False),
    Route("installation", "created", False),
    Route("installation", "deleted", False),
    Route("installation", "new_permissions_accepted", False),
    Route("installation", "suspend", False),
    Route("installation", "unsuspend", False),
    Route("installation_repositories", "added", False),
)
# GitHub sends these to every App; a manifest that subscribes to them is refused.
ALWAYS_SENT = frozenset({"installation", "installation_repositories", "github_app_authorization", "ping"})
# The permission that each subscription needs.
NEEDS_PERMISSION = {
    "issue_comment": "issues",
    "issues": "issues",
    "pull_request": "pull_requests",
    "pull_request_review": "pull_requests",
    "pull_request_review_comment": "pull_requests",
    "check_run": "checks",
    "check_suite": "checks",
}


@dataclass(frozen=True)
class Owner:
    """The account that a repository belongs to and the App is installed on."""

    id: int
    login: str
    kind: str


@dataclass(frozen=True)
class Repository:
    """A repository as the webhook described it."""

    id: int
    full_name: str
    owner: Owner
    default_branch: str
    archived: bool


@dataclass(frozen=True)
class Sender:
    """Who did it."""

    id: int
    login: str
    is_bot: bool


@dataclass(frozen=True)
class Spot:
    """The lines of a pull request's file that a review comment is about, the last of its diff's hunk.

    Without a line it is about the whole file. `side` is LEFT where the lines are those that the pull request removes.
    """

    path: str
    start: int | None
    line: int | None
    side: str
    hunk: str
    thread: int | None = None  # id of the comment that this one answers


@dataclass(frozen=True)
class Spoken:
    """A text in which commands may stand (`kind`): a comment, a new issue's body, a review's or one of its comments.

    `source_id` is the comment's or the issue's id: with the kind and a command's ordinal it is the command's key. A
    trigger that means a command has the delivery's GUID there (`label`, `button`, `rerun`), failing CI (`ci`) the
    commit: however many Apps check it, it is fixed once.
    """

    kind: str
    source_id: int | str
    installation_id: int
    repository: Repository
    sender: Sender
    number: int
    is_pull_request: bool
    title: str
    body: str  # of the issue or pull request
    text: str  # in which the commands stand
    author_id: int  # of that text
    spot: Spot | None = None  # of a review's comment
    opener: Sender | None = None  # who wrote title and body; None where GitHub does not tell

    @property
    def source(self) -> str | None:
        """Where the text stands, as `kind/id`; None where nobody wrote one."""
        return f"{self.kind}/{self.source_id}" if isinstance(self.source_id, int) else None


@dataclass(frozen=True)
class Edited:
    """A comment has other words now; `before` are those that it had, `edit` is a number of 24 bits.

    A command's key is of whole texts: those of an edit have ordinals of their own (`ordinal`).
    """

    said: Spoken
    before: str
    edit: int

    def ordinal(self, of_text: int) -> int:
        """That of a command which is the how-manieth of the text as it is now. It fits into 32 bits."""
        return (1 + self.edit) * 100 + of_text


@dataclass(frozen=True)
class Labelled:
    """A label was put on an issue, by somebody."""

    label: str
    issue: Spoken  # as though that person had said nothing there yet


@dataclass(frozen=True)
class Pressed:
    """A person wants a check run of ours done again, or pressed one of its buttons.

    `button` is the button's identifier, None for Re-run; `run_id` is None where it is all of the commit's.
    """

    installation_id: int
    repository: Repository
    sender: Sender
    app_id: int
    head_sha: str
    run_id: str | None
    button: str | None


@dataclass(frozen=True)
class Concluded:
    """Checks of an App on a commit have all ended."""

    installation_id: int
    repository: Repository
    sender: Sender
    app_id: int
    head_sha: str
    conclusion: str


@dataclass(frozen=True)
class Unsaid:
    """A comment that held our name was deleted; `kind` is what it was as a text in which commands stand."""

    kind: str
    installation_id: int
    repository: Repository
    sender: Sender
    source_id: int
    number: int


@dataclass(frozen=True)
class Closed:
    """An issue or pull request was closed or merged: nobody waits for work on it any more."""

    installation_id: int
    repository: Repository
    sender: Sender
    number: int


@dataclass(frozen=True)
class InstallationChanged:
    """The App was installed, suspended, given new rights, or removed."""

    action: str
    installation_id: int
    owner: Owner
    permissions: Mapping[str, str]
    repositories: tuple[tuple[int, str], ...] = ()  # ids and full names of those that it is for, where GitHub tells


@dataclass(frozen=True)
class RepositoriesAdded:
    """The App sees these repositories from now on: their ids and full names."""

    installation_id: int
    repositories: tuple[tuple[int, str], ...]


Event = RepositoriesAdded | Spoken | Edited | Labelled | Pressed | Concluded | Unsaid | Closed | InstallationChanged


def may_be_wanted(event: str) -> bool:
    """Whether any route speaks of the event."""
    return any(route.event == event for route in ROUTES)


def needs_trigger(event: str) -> bool:
    """Whether a body without our trigger can be dropped unread."""
    return all(route.needs_trigger for route in ROUTES if route.event == event)


def route_of(event: str, action: object) -> Route | None:
    """The route that speaks of the event and action."""
    return next((route for route in ROUTES if route.event == event and route.action == action), None)
