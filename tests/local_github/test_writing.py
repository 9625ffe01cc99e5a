"""What a person writes anew in a browser: a comment's other words, a file, another App's failing check."""

from collections.abc import Iterator

import pytest

from bot.local_github import LocalGitHub
from tests.local_github.callers import Browser
from tests.local_github.conftest import REPO

ISSUE, PULL = f"/{REPO}/issues/1", f"/{REPO}/pull/2"


@pytest.fixture
def browser(hub: LocalGitHub) -> Iterator[Browser]:
    """A browser at an issue with a comment of mona's, and at a pull request."""
    hub.open_issue(REPO, "Wrong", "It is.", by="sam")
    hub.commit(REPO, "topic", {"news.md": "soon\n"}, by="mona")
    hub.open_pull(REPO, "Better", "topic", "main", None, by="mona")
    hub.comment(REPO, 1, "First words", by="mona")
    with Browser(hub) as visitor:
        yield visitor


def comment(hub: LocalGitHub) -> int:
    (only,) = hub.comments(REPO, 1)
    return only.id


def sent(hub: LocalGitHub, event: str) -> list[str]:
    """Actions of an event that the App was told of."""
    return [one.payload["action"] for one in hub.deliveries if one.event == event]


def test_an_author_edits_a_comment_and_the_app_hears_what_it_said_before(hub: LocalGitHub, browser: Browser) -> None:
    place = f"{ISSUE}/comments/{comment(hub)}/edit"
    assert browser.send(ISSUE, place, body="Other\r\nwords").status_code == 200
    assert hub.comments(REPO, 1)[0].body == "Other\nwords"
    assert sent(hub, "issue_comment") == ["created", "edited"]
    assert hub.deliveries[-1].payload["changes"] == {"body": {"from": "First words"}}


def test_nobody_else_without_write_access_edits_it(hub: LocalGitHub, browser: Browser) -> None:
    place = f"{ISSUE}/comments/{comment(hub)}/edit"
    assert browser.send(ISSUE, place, body="Mine now", **{"as": "sam"}).status_code == 403
    assert hub.comments(REPO, 1)[0].body == "First words"


def test_a_file_is_written_on_a_branch_and_shown(hub: LocalGitHub, browser: Browser) -> None:
    fields = {"branch": "main", "path": ".github/async-code.yml", "text": "agents: [mend]\r\n"}
    answer = browser.send(f"/{REPO}", f"/{REPO}/files", **fields)
    assert "agents: [mend]" in answer.text and "Edit this file" in answer.text
    assert hub.file_at(REPO, "main", ".github/async-code.yml") == "agents: [mend]\n"
    assert hub.commit_at(REPO, "main").author == "mona"


@pytest.mark.parametrize("path", ["", "../x", ".git/config", "a//b", "/etc/passwd"])
def test_what_is_no_path_is_refused(hub: LocalGitHub, browser: Browser, path: str) -> None:
    before = hub.branches(REPO)
    assert browser.send(f"/{REPO}", f"/{REPO}/files", branch="main", path=path, text="x").status_code == 422
    assert hub.branches(REPO) == before


def test_a_file_needs_a_branch_and_the_right_to_push(hub: LocalGitHub, browser: Browser) -> None:
    there = {"path": "x", "text": "x"}
    assert browser.send(f"/{REPO}", f"/{REPO}/files", branch="nowhere", **there).status_code == 422
    assert browser.send(f"/{REPO}", f"/{REPO}/files", branch="main", **there, **{"as": "sam"}).status_code == 403


def test_another_apps_check_fails_at_the_head_and_the_app_hears_of_its_suite(
    hub: LocalGitHub, browser: Browser
) -> None:
    page = browser.send(PULL, f"{PULL}/checks", name="unit tests", text="E   assert 1 == 2").text
    assert "unit tests" in page
    (check,) = hub.check_runs(REPO)
    assert (check.conclusion, check.head_sha, check.text) == (
        "failure",
        hub.pulls(REPO)[0].head_sha,
        "E   assert 1 == 2",
    )
    assert sent(hub, "check_suite") == ["completed"]
    suite = hub.deliveries[-1].payload["check_suite"]
    assert suite["app"]["id"] != hub.app_id and [one["number"] for one in suite["pull_requests"]] == [2]
