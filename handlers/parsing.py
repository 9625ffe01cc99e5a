"""A wanted payload as an Event, or a refusal that names the field. No I/O.

githubkit's own webhook models are not used: they cost two seconds and refuse a third of GitHub's own examples.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from handlers.events import (
    ROUTES,
    Closed,
    Concluded,
    Edited,
    Event,
    InstallationChanged,
    Labelled,
    Owner,
    Pressed,
    RepositoriesAdded,
    Repository,
    Sender,
    Spoken,
    Spot,
    Unsaid,
)

LONGEST_TEXT = 262_144


class Unreadable(Exception):
    """A wanted delivery that is not what GitHub documents; the message names the field."""


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

    def repositories(self, path: str) -> tuple[tuple[int, str], ...]:
        listed = self._maybe(path) or []
        if not isinstance(listed, list):
            raise ValueError(f"{path} is not a list")
        each = [_Fields({path: one}) for one in listed]
        return tuple((one.number(f"{path}.id"), one.text(f"{path}.full_name")) for one in each)

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


def _person(fields: _Fields, path: str) -> Sender:
    is_bot = fields.text(f"{path}.type", "User") == "Bot"
    return Sender(fields.number(f"{path}.id"), fields.text(f"{path}.login"), is_bot)


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
    return fields.number("installation.id"), _repository(fields), _person(fields, "sender")


def _spoken(fields: _Fields, kind: str, source: str, on: str = "issue") -> Spoken:
    installation_id, repository, sender = _where(fields)
    return Spoken(
        kind=kind,
        source_id=fields.number(f"{source}.id"),
        installation_id=installation_id,
        repository=repository,
        sender=sender,
        number=fields.number(f"{on}.number"),
        is_pull_request=on == "pull_request" or fields.has("issue.pull_request"),
        title=fields.text(f"{on}.title", ""),
        body=fields.text(f"{on}.body", ""),
        text=fields.text(f"{source}.body", ""),
        author_id=fields.number(f"{source}.user.id"),
        opener=_person(fields, f"{on}.user") if fields.has(f"{on}.user.id") else None,
    )


def _remarked(fields: _Fields) -> Spoken:
    """A comment on lines; of those that have changed since, GitHub tells the old numbers only."""
    last, first = (
        next((fields.number(f"comment.{name}") for name in names if fields.has(f"comment.{name}")), None)
        for names in (("line", "original_line"), ("start_line", "original_start_line"))
    )
    spot = Spot(
        path=fields.text("comment.path"),
        start=first,
        line=last,
        side=fields.text("comment.side", "RIGHT"),
        hunk=fields.text("comment.diff_hunk", ""),
        thread=fields.number("comment.in_reply_to_id") if fields.has("comment.in_reply_to_id") else None,
    )
    return replace(_spoken(fields, "review_comment", "comment", "pull_request"), spot=spot)


def _edited(fields: _Fields, said: Spoken) -> Edited:
    before = fields.text("changes.body.from", "") if fields.has("changes.body.from") else said.text
    when = fields.text("comment.updated_at", "")
    edit = hashlib.sha256(f"{when} {said.text}".encode()).digest()[:3]
    return Edited(said, before, int.from_bytes(edit))


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


def _concluded(fields: _Fields) -> Concluded:
    return Concluded(
        *_where(fields),
        app_id=fields.number("check_suite.app.id"),
        head_sha=fields.text("check_suite.head_sha"),
        conclusion=fields.text("check_suite.conclusion", ""),
    )


def _unsaid(fields: _Fields, kind: str, on: str) -> Unsaid:
    return Unsaid(kind, *_where(fields), fields.number("comment.id"), fields.number(f"{on}.number"))


def _installation(fields: _Fields) -> InstallationChanged:
    return InstallationChanged(
        fields.text("action"),
        fields.number("installation.id"),
        _owner(fields, "installation.account"),
        fields.mapping("installation.permissions"),
        fields.repositories("repositories"),
    )


PARSERS: dict[tuple[str, str], Callable[[_Fields], Event]] = {
    ("issue_comment", "created"): lambda fields: _spoken(fields, "comment", "comment"),
    ("issue_comment", "edited"): lambda fields: _edited(fields, _spoken(fields, "comment", "comment")),
    ("issue_comment", "deleted"): lambda fields: _unsaid(fields, "comment", "issue"),
    ("pull_request_review", "submitted"): lambda fields: _spoken(fields, "review", "review", "pull_request"),
    ("pull_request_review_comment", "created"): _remarked,
    ("pull_request_review_comment", "edited"): lambda fields: _edited(fields, _remarked(fields)),
    ("pull_request_review_comment", "deleted"): lambda fields: _unsaid(fields, "review_comment", "pull_request"),
    ("issues", "opened"): lambda fields: _spoken(fields, "issue", "issue"),
    ("issues", "labeled"): _labelled,
    ("issues", "closed"): lambda fields: Closed(*_where(fields), fields.number("issue.number")),
    ("pull_request", "closed"): lambda fields: Closed(*_where(fields), fields.number("pull_request.number")),
    ("check_run", "rerequested"): lambda fields: _pressed(fields, "check_run"),
    ("check_run", "requested_action"): lambda fields: _pressed(fields, "check_run", "requested_action.identifier"),
    ("check_suite", "completed"): _concluded,
    ("check_suite", "rerequested"): lambda fields: _pressed(fields, "check_suite"),
    ("installation_repositories", "added"): lambda fields: RepositoriesAdded(
        fields.number("installation.id"), fields.repositories("repositories_added")
    ),
    **{("installation", route.action): _installation for route in ROUTES if route.event == "installation"},
}
