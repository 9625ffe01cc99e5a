"""Deliveries: signed, logged, sent again, and only what was subscribed to."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from bot.local_github import LocalGitHub
from bot.local_github.anchors import Lines
from bot.local_github.deeds.remarks import Remark
from bot.local_github.records import Side
from tests.local_github.callers import Api
from tests.local_github.conftest import REPO, Received


def events(hub: LocalGitHub) -> list[str]:
    return [f"{one.event}.{one.action}" for one in hub.deliveries]


def test_a_delivery_is_signed_and_says_who_sends_it(hub: LocalGitHub, receiver: Received) -> None:
    hub.deliver_to(receiver.url)
    hub.open_issue(REPO, "Wrong — very", "body 🙂", by="sam")
    assert hub.settle()
    headers, body = receiver.requests[0]
    digest = hmac.new(hub.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={digest}"
    assert headers["x-github-event"] == "issues"
    assert headers["x-github-hook-installation-target-id"] == str(hub.app_id)
    assert headers["x-github-hook-installation-target-type"] == "integration"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("GitHub-Hookshot/")
    payload = json.loads(body)
    assert (payload["action"], payload["issue"]["title"], payload["sender"]["login"]) == (
        "opened",
        "Wrong — very",
        "sam",
    )
    assert payload["organization"]["login"] == "octo-org"
    assert payload["installation"]["id"] == hub.install("octo-org").id


def test_a_comment_tells_how_its_author_stands_to_the_repository(hub: LocalGitHub) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    for login in ("mona", "sam"):
        hub.comment(REPO, 1, "hello", by=login)
    told = [one.payload["comment"]["author_association"] for one in hub.deliveries if one.event == "issue_comment"]
    assert told == ["MEMBER", "NONE"]


def test_comments_of_the_app_are_delivered_as_a_bots(hub: LocalGitHub, api: Api) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    api.repo("POST", "/issues/1/comments", json={"body": "hello"})
    hub.comment(REPO, 1, "through another app", by="sam", by_app=99)
    payloads = [one.payload for one in hub.deliveries if one.event == "issue_comment"]
    assert [one["sender"]["type"] for one in payloads] == ["Bot", "User"]
    assert [one["comment"]["performed_via_github_app"]["id"] for one in payloads] == [hub.app_id, 99]


def test_a_redelivery_keeps_guid_body_and_signature(hub: LocalGitHub, api: Api, receiver: Received) -> None:
    receiver.status = 500
    hub.deliver_to(receiver.url)
    hub.open_issue(REPO, "Wrong", None, by="sam")
    hub.settle()
    failed = api.as_app("GET", "/app/hook/deliveries?status=failure").json()[0]
    assert (failed["status_code"], failed["status"]) == (500, "Invalid HTTP Response: 500")
    receiver.status = 202
    assert api.as_app("POST", f"/app/hook/deliveries/{failed['id']}/attempts").status_code == 202
    hub.redeliver(failed["guid"])
    hub.settle()
    assert len({body for _, body in receiver.requests}) == 1
    assert len({(head["x-github-delivery"], head["x-hub-signature-256"]) for head, _ in receiver.requests}) == 1
    log = api.as_app("GET", "/app/hook/deliveries").json()
    assert [(one["guid"] == failed["guid"], one["redelivery"], one["status"]) for one in log[:3]] == [
        (True, True, "OK"),
        (True, True, "OK"),
        (True, False, "Invalid HTTP Response: 500"),
    ]


def test_the_log_is_read_in_pages_after_a_cursor(hub: LocalGitHub, api: Api) -> None:
    for number in range(4):
        hub.send("ping", {"zen": number})
    hub.settle()
    first = api.as_app("GET", "/app/hook/deliveries?per_page=3")
    second = api.as_app("GET", first.links["next"]["url"])
    assert [len(first.json()), len(second.json())] == [3, len(hub.deliveries) - 3]


def test_what_nobody_hears_is_logged_as_failed(hub: LocalGitHub) -> None:
    hub.deliver_to("http://127.0.0.1:9/")
    hub.open_issue(REPO, "Wrong", None, by="sam")
    hub.settle()
    assert (hub.deliveries[-1].status, hub.deliveries[-1].ok) == ("failed to connect to host", False)


def test_an_odd_payload_is_sent_as_it_is(hub: LocalGitHub, receiver: Received) -> None:
    hub.deliver_to(receiver.url)
    sent = hub.send("issues", {"action": "opened", "title": "\ud800"}, guid="11111111-2222-3333-4444-555555555555")
    hub.settle()
    headers, body = receiver.requests[0]
    assert (headers["x-github-delivery"], json.loads(body)["title"]) == (sent.guid, "\ud800")


def test_only_subscribed_events_are_sent(tmp_path: Path) -> None:
    manifest = tmp_path / "small.yml"
    manifest.write_text(
        "{name: small, url: 'https://example.com', default_permissions: {issues: write}, default_events: [issues]}"
    )
    with LocalGitHub(tmp_path / "small", manifest) as hub:
        hub.add_user("mona")
        hub.install("mona")
        hub.add_repository("mona", "till", {"a": "a"})
        hub.open_issue("mona/till", "Wrong", None, by="mona")
        hub.comment("mona/till", 1, "hello", by="mona")
        assert events(hub) == ["installation.created", "issues.opened"]
        assert "organization" not in hub.deliveries[-1].payload


def test_a_suspended_installation_hears_only_of_itself(hub: LocalGitHub) -> None:
    hub.suspend("octo-org")
    hub.open_issue(REPO, "Wrong", None, by="sam")
    hub.unsuspend("octo-org")
    hub.uninstall("octo-org")
    assert events(hub) == [f"installation.{action}" for action in ("created", "suspend", "unsuspend", "deleted")]


def test_everything_that_people_do_is_told(hub: LocalGitHub) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    comment = hub.comment(REPO, 1, "hello", by="sam")
    hub.edit_comment(REPO, comment.id, "hello there", by="sam")
    hub.delete_comment(REPO, comment.id, by="sam")
    hub.label_issue(REPO, 1, "bug", by="mona")
    hub.close_issue(REPO, 1, by="mona")
    hub.close_issue(REPO, 1, by="mona")
    hub.reopen_issue(REPO, 1, by="mona")
    assert events(hub)[1:] == [
        "issues.opened",
        "issue_comment.created",
        "issue_comment.edited",
        "issue_comment.deleted",
        "issues.labeled",
        "issues.closed",
        "issues.reopened",
    ]
    edited = next(one.payload for one in hub.deliveries if one.action == "edited")
    assert edited["changes"] == {"body": {"from": "hello"}}


def test_a_push_moves_the_pull_request_of_its_branch(hub: LocalGitHub) -> None:
    before = hub.commit(REPO, "topic", {"a": "1"}, by="mona")
    hub.open_pull(REPO, "Better", "topic", "main", None, by="mona")
    after = hub.commit(REPO, "topic", {"a": "2"}, by="mona")
    told = hub.deliveries[-1].payload
    assert (told["action"], told["before"], told["after"]) == ("synchronize", before, after)
    assert hub.pulls(REPO)[0].head_sha == after


def test_buttons_of_a_check_run_are_told(hub: LocalGitHub, api: Api) -> None:
    actions = [{"label": "Retry", "description": "Again", "identifier": "retry"}]
    given = {"name": "mend", "head_sha": hub.branches(REPO)["main"], "conclusion": "failure", "actions": actions}
    check = api.repo("POST", "/check-runs", json=given).json()
    hub.rerun_check(REPO, check["id"], by="mona")
    hub.press(REPO, check["id"], "retry", by="mona")
    assert events(hub)[1:] == [f"check_run.{it}" for it in ("created", "completed", "rerequested", "requested_action")]
    assert hub.deliveries[-1].payload["requested_action"] == {"identifier": "retry"}


def test_a_delivery_that_was_never_made_is_not_sent_again(hub: LocalGitHub) -> None:
    with pytest.raises(ValueError, match="there was no delivery"):
        hub.redeliver("nothing")


def test_a_review_is_told_and_each_of_its_comments(hub: LocalGitHub) -> None:
    sha = hub.commit(REPO, "topic", {"till/basket.py": "limit = 9\n"}, by="mona")
    hub.open_pull(REPO, "Better", "topic", "main", None, by="mona")
    sides: tuple[Side, Side] = ("LEFT", "RIGHT")
    remarks = [Remark(Lines(path="till/basket.py", line=1, side=side), "Why?") for side in sides]
    hub.review(REPO, 1, "Nearly", by="sam", event="REQUEST_CHANGES", remarks=remarks)
    assert events(hub)[-3:] == ["pull_request_review.submitted", *["pull_request_review_comment.created"] * 2]
    review, left, right = (one.payload for one in hub.deliveries[-3:])
    assert (review["review"]["state"], review["review"]["body"]) == ("changes_requested", "Nearly")
    assert (review["review"]["commit_id"], review["sender"]["login"]) == (sha, "sam")
    assert [one["comment"]["side"] for one in (left, right)] == ["LEFT", "RIGHT"]
    assert {one["pull_request"]["number"] for one in (review, left, right)} == {1}
    assert "mergeable" not in review["pull_request"]  # nothing that takes a look at the commits


def test_a_comment_by_itself_an_answer_and_a_done_thread_are_told(hub: LocalGitHub) -> None:
    hub.commit(REPO, "topic", {"till/basket.py": "limit = 9\n"}, by="mona")
    hub.open_pull(REPO, "Better", "topic", "main", None, by="mona")
    first = hub.comment_on_line(REPO, 1, "till/basket.py", 1, "Why?", by="sam")
    hub.reply_on_line(REPO, first.id, "Because.", by="mona")
    for _ in range(2):
        hub.resolve_thread(REPO, first.id, by="mona")
    hub.resolve_thread(REPO, first.id, by="mona", resolved=False)
    told = ["pull_request_review.submitted", "pull_request_review_comment.created"]
    threads = [f"pull_request_review_thread.{action}" for action in ("resolved", "unresolved")]
    assert events(hub)[-6:] == [*told, *told, *threads]
    review, comment = (one.payload for one in hub.deliveries[-4:-2])
    assert (review["review"]["body"], review["review"]["state"]) == (None, "commented")
    assert comment["comment"]["in_reply_to_id"] == first.id
    assert [one["body"] for one in hub.deliveries[-1].payload["thread"]["comments"]] == ["Why?", "Because."]
