"""The route table and the manifest say the same; payloads become events or a refusal that names the field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from handlers.events import (
    ALWAYS_SENT,
    NEEDS_PERMISSION,
    ROUTES,
    Event,
    InstallationChanged,
    Owner,
    Repository,
    Sender,
    Spoken,
    Spot,
    may_be_wanted,
    needs_trigger,
    route_of,
)
from handlers.parsing import LONGEST_TEXT, PARSERS, Unreadable, parse

MANIFEST = YAML(typ="safe").load(Path(__file__).parents[2] / "app.yml")

USER: dict[str, Any] = {"login": "alice", "id": 42, "node_id": "MDQ6", "type": "User", "site_admin": False}
REPOSITORY: dict[str, Any] = {
    "id": 7,
    "node_id": "R_1",
    "name": "app",
    "full_name": "octo/app",
    "private": True,
    "owner": {"login": "octo", "id": 9, "type": "Organization", "site_admin": False},
    "html_url": "https://github.com/octo/app",
    "fork": False,
    "archived": False,
    "default_branch": "trunk",
}
ISSUE: dict[str, Any] = {
    "id": 1001,
    "number": 5,
    "title": "add() is wrong",
    "user": USER,
    "labels": [{"id": 1, "name": "bug"}],
    "state": "open",
    "locked": False,
    "body": "It subtracts.",
    "author_association": "MEMBER",
    "performed_via_github_app": None,
}
COMMENT: dict[str, Any] = {
    "id": 2002,
    "user": USER,
    "created_at": "2026-11-01T10:00:00Z",
    "body": "/async-code implement it",
    "author_association": "MEMBER",
}
PULL: dict[str, Any] = {"id": 4, "number": 6, "title": "Another add()", "body": None, "user": USER, "state": "open"}
REMARK: dict[str, Any] = {
    **COMMENT,
    "path": "app.py",
    "line": 2,
    "start_line": 1,
    "original_line": 2,
    "original_start_line": 1,
    "side": "RIGHT",
    "diff_hunk": "@@ -1,2 +1,2 @@",
}
CHECK: dict[str, Any] = {"id": 3003, "head_sha": "a" * 40, "external_id": "r0123456789ab", "app": {"id": 1}}
AROUND: dict[str, Any] = {"repository": REPOSITORY, "sender": USER, "installation": {"id": 3, "node_id": "MDI"}}
PAYLOADS: dict[str, dict[str, Any]] = {
    "issue_comment": {"action": "created", "issue": ISSUE, "comment": COMMENT, **AROUND},
    "issue_comment/edited": {
        "action": "edited",
        "issue": ISSUE,
        "comment": COMMENT,
        "changes": {"body": {"from": "Before."}},
        **AROUND,
    },
    "issue_comment/deleted": {"action": "deleted", "issue": ISSUE, "comment": COMMENT, **AROUND},
    "issues": {"action": "opened", "issue": ISSUE, **AROUND},
    "issues/labeled": {"action": "labeled", "issue": ISSUE, "label": {"id": 1, "name": "async-code"}, **AROUND},
    "issues/closed": {"action": "closed", "issue": ISSUE, **AROUND},
    "pull_request/closed": {"action": "closed", "number": 6, "pull_request": PULL, **AROUND},
    "pull_request_review": {
        "action": "submitted",
        "review": {"id": 5005, "user": USER, "body": "/async-code fix", "state": "commented"},
        "pull_request": PULL,
        **AROUND,
    },
    "pull_request_review_comment": {"action": "created", "comment": REMARK, "pull_request": PULL, **AROUND},
    "pull_request_review_comment/edited": {
        "action": "edited",
        "comment": REMARK,
        "changes": {"body": {"from": "Before."}},
        "pull_request": PULL,
        **AROUND,
    },
    "pull_request_review_comment/deleted": {"action": "deleted", "comment": REMARK, "pull_request": PULL, **AROUND},
    "check_run/rerequested": {"action": "rerequested", "check_run": CHECK, **AROUND},
    "check_run/requested_action": {
        "action": "requested_action",
        "check_run": CHECK,
        "requested_action": {"identifier": "cancel"},
        **AROUND,
    },
    "check_suite/rerequested": {
        "action": "rerequested",
        "check_suite": {"id": 8, "head_sha": "a" * 40, "app": {"id": 1}},
        **AROUND,
    },
    "check_suite/completed": {
        "action": "completed",
        "check_suite": {
            "id": 8,
            "head_branch": "async-code/5-x-r0123456789ab",
            "head_sha": "a" * 40,
            "status": "completed",
            "conclusion": "failure",
            "pull_requests": [{"id": 4, "number": 6, "head": {"ref": "async-code/5-x-r0123456789ab"}}],
            "app": {"id": 2},
        },
        **AROUND,
    },
    "installation": {
        "action": "created",
        "installation": {
            "id": 3,
            "account": {"login": "octo", "id": 9, "type": "Organization"},
            "app_id": 1,
            "permissions": {"contents": "write", "issues": "write"},
            "events": ["issue_comment"],
            "suspended_at": None,
        },
        "repositories": [{"id": 7, "full_name": "octo/app"}],
        "sender": USER,
    },
    "installation_repositories": {
        "action": "added",
        "installation": {"id": 3, "account": {"login": "octo", "id": 9, "type": "Organization"}},
        "repositories_added": [{"id": 7, "full_name": "octo/app"}],
        "sender": USER,
    },
}
# What an event can't be without.
EVERYWHERE = {
    "action", "installation.id", "repository.id", "repository.full_name", "repository.owner.id",
    "repository.owner.login", "sender.id", "sender.login",
}  # fmt: skip
NEEDED = {
    "issue_comment": EVERYWHERE | {"comment.id", "comment.user.id", "issue.number"},
    "issue_comment/edited": EVERYWHERE | {"comment.id", "comment.user.id", "issue.number"},
    "issue_comment/deleted": EVERYWHERE | {"comment.id", "issue.number"},
    "issues": EVERYWHERE | {"issue.id", "issue.user.id", "issue.number"},
    "issues/labeled": EVERYWHERE | {"issue.id", "issue.user.id", "issue.number", "label.name"},
    "issues/closed": EVERYWHERE | {"issue.number"},
    "pull_request/closed": EVERYWHERE | {"pull_request.number"},
    "pull_request_review": EVERYWHERE | {"review.id", "review.user.id", "pull_request.number"},
    "pull_request_review_comment": EVERYWHERE
    | {"comment.id", "comment.user.id", "comment.path", "pull_request.number"},
    "pull_request_review_comment/edited": EVERYWHERE
    | {"comment.id", "comment.user.id", "comment.path", "pull_request.number"},
    "pull_request_review_comment/deleted": EVERYWHERE | {"comment.id", "pull_request.number"},
    "check_run/rerequested": EVERYWHERE | {"check_run.app.id", "check_run.head_sha", "check_run.external_id"},
    "check_run/requested_action": EVERYWHERE
    | {"check_run.app.id", "check_run.head_sha", "check_run.external_id", "requested_action.identifier"},
    "check_suite/completed": EVERYWHERE | {"check_suite.app.id", "check_suite.head_sha"},
    "check_suite/rerequested": EVERYWHERE | {"check_suite.app.id", "check_suite.head_sha"},
    "installation": {"action", "installation.id", "installation.account.id", "installation.account.login"},
    "installation_repositories": {"action", "installation.id"},
}
ODD: list[Any] = [
    None, "", "text", "\0\ud800", 0, -1, 1.5, 2**63, 10**400, True, [], ["x"], {}, {"id": "x"}, {"id": 1}, float("nan"),
]  # fmt: skip
MISSING = object()


# --- the table ---


def test_the_manifest_subscribes_to_what_is_routed_and_nothing_else() -> None:
    assert {route.event for route in ROUTES} - ALWAYS_SENT == set(MANIFEST["default_events"])
    assert len(MANIFEST["default_events"]) == len(set(MANIFEST["default_events"]))


def test_the_manifest_asks_for_the_permissions_that_were_decided_and_no_others() -> None:
    assert MANIFEST["default_permissions"] == {
        "contents": "write",
        "issues": "write",
        "pull_requests": "write",
        "checks": "write",
        "metadata": "read",
        "members": "read",
        "actions": "read",
    }
    assert MANIFEST["public"] is False


def test_every_subscription_has_its_permission() -> None:
    assert set(NEEDS_PERMISSION) == set(MANIFEST["default_events"])
    assert set(NEEDS_PERMISSION.values()) <= set(MANIFEST["default_permissions"])


def test_every_routed_event_can_be_parsed() -> None:
    routed = {(route.event, route.action) for route in ROUTES}
    assert routed == set(PARSERS)
    assert {event for event, _ in routed} == {name.partition("/")[0] for name in PAYLOADS}
    for name, payload in PAYLOADS.items():
        parsed(name, payload)


def parsed(name: str, payload: Any) -> Event:
    """As the event that the name begins with."""
    return parse(name.partition("/")[0], payload)


def test_the_questions_of_the_intake_are_answered_from_the_table() -> None:
    assert may_be_wanted("issues")
    assert not may_be_wanted("star")
    assert route_of("issue_comment", "created") is not None
    for event, action in (("issue_comment", "pinned"), ("issues", "created"), ("issues", None), ("issues", ["opened"])):
        assert route_of(event, action) is None
    assert needs_trigger("issue_comment")
    assert not needs_trigger("installation")
    assert not needs_trigger("issues")  # one that is closed says nothing


# --- parsing ---


def test_a_comment_is_read_as_github_writes_it() -> None:
    assert parse("issue_comment", PAYLOADS["issue_comment"]) == Spoken(
        kind="comment",
        source_id=2002,
        installation_id=3,
        repository=Repository(7, "octo/app", Owner(9, "octo", "Organization"), "trunk", archived=False),
        sender=Sender(42, "alice", is_bot=False),
        number=5,
        is_pull_request=False,
        title="add() is wrong",
        body="It subtracts.",
        text="/async-code implement it",
        author_id=42,
        opener=Sender(42, "alice", is_bot=False),
    )


def test_whoever_opened_it_is_told_apart_from_whoever_speaks() -> None:
    payload = replaced(PAYLOADS["issue_comment"], "issue.user", {"id": 7, "login": "bob", "type": "User"})
    event = parse("issue_comment", payload)
    assert isinstance(event, Spoken)
    assert event.opener == Sender(7, "bob", is_bot=False)
    event = parse("issue_comment", replaced(payload, "issue.user", None))  # an account that is gone
    assert isinstance(event, Spoken)
    assert event.opener is None


def test_a_comment_on_a_pull_request_by_a_bot_is_told_apart() -> None:
    payload = replaced(PAYLOADS["issue_comment"], "issue.pull_request", {"url": "https://api.github.com/pulls/5"})
    payload["sender"]["type"] = "Bot"
    event = parse("issue_comment", payload)
    assert isinstance(event, Spoken)
    assert (event.is_pull_request, event.sender.is_bot) == (True, True)


def test_a_new_issue_speaks_by_its_own_body() -> None:
    event = parse("issues", PAYLOADS["issues"])
    assert isinstance(event, Spoken)
    assert (event.kind, event.source_id, event.text) == ("issue", 1001, "It subtracts.")


def test_a_reviews_text_and_its_remarks_are_heard_on_the_pull_request() -> None:
    said = parse("pull_request_review", PAYLOADS["pull_request_review"])
    assert isinstance(said, Spoken)
    assert (said.kind, said.source_id, said.text) == ("review", 5005, "/async-code fix")
    assert (said.number, said.is_pull_request, said.title, said.body) == (6, True, "Another add()", "")
    remark = parse("pull_request_review_comment", PAYLOADS["pull_request_review_comment"])
    assert isinstance(remark, Spoken)
    assert (remark.kind, remark.source_id, remark.number) == ("review_comment", 2002, 6)
    assert remark.spot == Spot("app.py", 1, 2, "RIGHT", "@@ -1,2 +1,2 @@")


def test_a_remark_on_lines_that_changed_since_has_their_old_numbers_and_one_on_a_file_has_none() -> None:
    payload = replaced(PAYLOADS["pull_request_review_comment"], "comment.line", None)
    event = parse("pull_request_review_comment", replaced(payload, "comment.start_line", None))
    assert isinstance(event, Spoken) and event.spot and (event.spot.start, event.spot.line) == (1, 2)
    for name in ("line", "start_line", "original_line", "original_start_line"):
        payload = replaced(payload, f"comment.{name}", None)
    event = parse("pull_request_review_comment", payload)
    assert isinstance(event, Spoken) and event.spot and (event.spot.start, event.spot.line) == (None, None)


def test_an_installation_tells_its_account_and_rights() -> None:
    event = parse("installation", PAYLOADS["installation"])
    rights = {"contents": "write", "issues": "write"}
    assert event == InstallationChanged("created", 3, Owner(9, "octo", "Organization"), rights, ((7, "octo/app"),))


def test_what_github_leaves_out_gets_its_usual_meaning() -> None:
    payload = replaced(PAYLOADS["issue_comment"], "issue.body", None)
    payload["comment"]["body"] = None
    for name in ("archived", "default_branch"):
        del payload["repository"][name]
    event = parse("issue_comment", payload)
    assert isinstance(event, Spoken)
    assert (event.body, event.text, event.repository.default_branch, event.repository.archived) == (
        "",
        "",
        "main",
        False,
    )


def paths(value: Any, above: str = "") -> Iterator[str]:
    for name, item in value.items():
        yield f"{above}{name}"
        if isinstance(item, dict):
            yield from paths(item, f"{above}{name}.")


def replaced(payload: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(payload))
    *above, last = path.split(".")
    at = changed
    for name in above:
        at = at[name]
    if value is MISSING:
        del at[last]
    else:
        at[last] = value
    return changed


@pytest.mark.parametrize("event", PAYLOADS)
def test_every_field_may_be_anything_and_only_a_refusal_follows(event: str) -> None:
    for path in paths(PAYLOADS[event]):
        for value in (MISSING, *ODD):
            try:
                parsed(event, replaced(PAYLOADS[event], path, value))
            except Unreadable as refusal:
                assert str(refusal).startswith(event.partition("/")[0] + ": ")


@pytest.mark.parametrize("event", PAYLOADS)
def test_without_what_it_needs_an_event_is_refused_by_the_fields_name(event: str) -> None:
    for path in NEEDED[event]:
        for value in (MISSING, None, [], {}):
            with pytest.raises(Unreadable) as refused:
                parsed(event, replaced(PAYLOADS[event], path, value))
            assert path in str(refused.value)


@pytest.mark.parametrize("payload", [[], "x", 1, None, {}])
@pytest.mark.parametrize("event", [*PAYLOADS, "star"])
def test_what_is_no_payload_at_all_is_refused(event: str, payload: Any) -> None:
    with pytest.raises(Unreadable):
        parsed(event, payload)


@given(st.sampled_from(["title", "body", "text"]), st.text(st.characters(codec=None)))
def test_a_text_holds_nothing_that_a_database_refuses(where: str, text: str) -> None:
    payload = replaced(PAYLOADS["issue_comment"], {"text": "comment.body"}.get(where, f"issue.{where}"), text)
    kept = getattr(parse("issue_comment", payload), where)
    assert "\0" not in kept
    assert kept.encode().decode() == kept
    if text.isprintable() and text.isascii():
        assert kept == text


def test_rights_are_clean_too() -> None:
    event = parse("installation", replaced(PAYLOADS["installation"], "installation.permissions", {"\0\ud800": "\0"}))
    assert isinstance(event, InstallationChanged)
    assert event.permissions == {"\ufffd?": "\ufffd"}


def test_a_text_is_kept_up_to_a_bound() -> None:
    payload = replaced(PAYLOADS["issue_comment"], "comment.body", "é" * (LONGEST_TEXT + 10))
    event = parse("issue_comment", payload)
    assert isinstance(event, Spoken)
    assert len(event.text) == LONGEST_TEXT
