"""What we want to hear from GitHub, and what we make of it: one route table, and small frozen events. No I/O.

githubkit's own webhook models are not used: they cost two seconds and refuse a third of GitHub's own examples.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple


class Route(NamedTuple):
    """An event and action that something here wants; with `needs_trigger` only if the body holds our trigger."""

    event: str
    action: str
    needs_trigger: bool


ROUTES = (
    Route("issue_comment", "created", True),
    Route("issue_comment", "deleted", True),
    Route("issues", "opened", True),
    Route("issues", "labeled", True),
    Route("issues", "closed", False),
    Route("pull_request", "closed", False),
    Route("check_run", "rerequested", False),
    Route("check_run", "requested_action", False),
    Route("check_suite", "rerequested", False),
    Route("installation", "created", False),
    Route("installation", "deleted", False),
    Route("installation", "new_permissions_accepted", False),
    Route("installation", "suspend", False),
    Route("installation", "unsuspend", False),
)
# GitHub sends these to every App; a manifest that subscribes to them is refused.
ALWAYS_SENT = frozenset({"installation", "installation_repositories", "github_app_authorization", "ping"})
# The permission that each subscription needs.
NEEDS_PERMISSION = {
    "issue_comment": "issues",
    "issues": "issues",
    "pull_request": "pull_requests",
    "check_run": "checks",
    "check_suite": "checks",
}

LONGEST_TEXT = 262_144


class Unreadable(Exception):
    """A wanted delivery that is not what GitHub documents; the message names the field."""


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
class Spoken:
    """A text in which commands may stand: a comment, or the body of a new issue (`kind`).

    `source_id` is the comment's or the issue's id: with the kind and a command's ordinal it is the command's key. A
    trigger that means a command has the delivery's GUID there (`label`, `button`, `rerun`).
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
class Unsaid:
    """A comment that held our name was deleted."""

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


Event = Spoken | Labelled | Pressed | Unsaid | Closed | InstallationChanged


def may_be_wanted(event: str) -> bool:
    """Whether any route speaks of the event."""
    return any(route.event == event for route in ROUTES)


def needs_trigger(event: str) -> bool:
    """Whether a body without our trigger can be dropped unread."""
    return all(route.needs_trigger for route in ROUTES if route.event == event)


def route_of(event: str, action: object) -> Route | None:
    """The route that speaks of the event and action."""
    return next((route for route in ROUTES if route.event == event and route.action == action), None)


def parse(event: str, payload: Mapping[str, Any]) -> Event:
    """A wanted payload as an Event. Raises Unreadable."""
    try:
        fields = _Fields(payload)
        return PARSERS[event, fields.text("action")](fields)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"{event}: {type(error).__name__}: {error}") from None


class _Fields:
    """A JSON object whose fields are asked for by path and type; what is wrong is named."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self._value = value

    def number(self, path: str) -> int:
        found = self._at(path)
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < 2**63:
            raise ValueError(f"{path} is not an id")
        return found

    def text(self, path: str, default: str | None = None) -> str:
        found = self._at(path) if default is None else self._maybe(path)
        if found is None and default is not None:
            return default
        if not isinstance(found, str):
            raise ValueError(f"{path} is not a text")
        return _storable(found)

    def flag(self, path: str) -> bool:
        return bool(self._maybe(path))

    def has(self, path: str) -> bool:
        return self._maybe(path) is not None

    def mapping(self, path: str) -> Mapping[str, str]:
        found = self._maybe(path) or {}
        return {_storable(str(key)): _storable(str(value)) for key, value in found.items()}

    def _at(self, path: str) -> Any:
        found = self._maybe(path)
        if found is None:
            raise KeyError(path)
        return found

    def _maybe(self, path: str) -> Any:
        found: Any = self._value
        for part in path.split("."):
            if not isinstance(found, dict):  # as JSON gives them; `Mapping` is far slower to ask for
                return None
            found = found.get(part)
        return found


def _storable(text: str) -> str:
    """Without what a database refuses: NUL (Postgres) and lone surrogates (UTF-8)."""
    if len(text) <= LONGEST_TEXT and text.isascii() and "\0" not in text:
        return text
    return text[:LONGEST_TEXT].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _owner(fields: _Fields, path: str) -> Owner:
    return Owner(fields.number(f"{path}.id"), fields.text(f"{path}.login"), fields.text(f"{path}.type", "User"))


def _sender(fields: _Fields) -> Sender:
    return Sender(fields.number("sender.id"), fields.text("sender.login"), fields.text("sender.type", "User") == "Bot")


def _repository(fields: _Fields) -> Repository:
    return Repository(
        fields.number("repository.id"),
        fields.text("repository.full_name"),
        _owner(fields, "repository.owner"),
        fields.text("repository.default_branch", "main"),
        fields.flag("repository.archived"),
    )


def _where(fields: _Fields) -> tuple[int, Repository, Sender]:
    """What all but installations have in common: the installation, the repository, who did it."""
    return fields.number("installation.id"), _repository(fields), _sender(fields)


def _spoken(fields: _Fields, kind: str, source: str) -> Spoken:
    installation_id, repository, sender = _where(fields)
    return Spoken(
        kind=kind,
        source_id=fields.number(f"{source}.id"),
        installation_id=installation_id,
        repository=repository,
        sender=sender,
        number=fields.number("issue.number"),
        is_pull_request=fields.has("issue.pull_request"),
        title=fields.text("issue.title", ""),
        body=fields.text("issue.body", ""),
        text=fields.text(f"{source}.body", ""),
        author_id=fields.number(f"{source}.user.id"),
    )


def _labelled(fields: _Fields) -> Labelled:
    issue = _spoken(fields, "label", "issue")
    return Labelled(fields.text("label.name"), replace(issue, text="", author_id=issue.sender.id))


def _pressed(fields: _Fields, checked: str, button: str | None = None) -> Pressed:
    return Pressed(
        *_where(fields),
        app_id=fields.number(f"{checked}.app.id"),
        head_sha=fields.text(f"{checked}.head_sha"),
        run_id=fields.text("check_run.external_id") if checked == "check_run" else None,
        button=fields.text(button) if button else None,
    )


def _unsaid(fields: _Fields) -> Unsaid:
    return Unsaid(*_where(fields), fields.number("comment.id"), fields.number("issue.number"))


def _installation(fields: _Fields) -> InstallationChanged:
    return InstallationChanged(
        fields.text("action"),
        fields.number("installation.id"),
        _owner(fields, "installation.account"),
        fields.mapping("installation.permissions"),
    )


PARSERS: dict[tuple[str, str], Callable[[_Fields], Event]] = {
    ("issue_comment", "created"): lambda fields: _spoken(fields, "comment", "comment"),
    ("issue_comment", "deleted"): _unsaid,
    ("issues", "opened"): lambda fields: _spoken(fields, "issue", "issue"),
    ("issues", "labeled"): _labelled,
    ("issues", "closed"): lambda fields: Closed(*_where(fields), fields.number("issue.number")),
    ("pull_request", "closed"): lambda fields: Closed(*_where(fields), fields.number("pull_request.number")),
    ("check_run", "rerequested"): lambda fields: _pressed(fields, "check_run"),
    ("check_run", "requested_action"): lambda fields: _pressed(fields, "check_run", "requested_action.identifier"),
    ("check_suite", "rerequested"): lambda fields: _pressed(fields, "check_suite"),
    **{("installation", route.action): _installation for route in ROUTES if route.event == "installation"},
}
