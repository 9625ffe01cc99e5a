"""What the REST API does and what it refuses."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.local_github import LocalGitHub
from tests.local_github.callers import Api
from tests.local_github.conftest import REPO


@pytest.fixture
def topic(hub: LocalGitHub) -> str:
    """A branch with a commit that main lacks."""
    return hub.commit(REPO, "topic", {"till/basket.py": "limit = 9\n"}, by="mona")


def pull(**given: Any) -> dict[str, Any]:
    return {"title": "Better", "head": "topic", "base": "main", **given}


def said(answer: Any) -> tuple[int, str]:
    """Status and the most exact words of a refusal."""
    body = answer.json()
    first = (body.get("errors") or [{}])[0]
    return answer.status_code, first.get("message") or (
        f"{first['field']} {first['code']}" if first else body["message"]
    )


@pytest.mark.parametrize(
    ("role", "like", "permission", "rights"),
    [
        ("read", None, "read", {"pull"}),
        ("triage", None, "read", {"pull", "triage"}),
        ("write", None, "write", {"pull", "triage", "push"}),
        ("maintain", None, "write", {"pull", "triage", "push", "maintain"}),
        ("admin", None, "admin", {"pull", "triage", "push", "maintain", "admin"}),
        ("none", None, "none", set()),
        ("release crew", "write", "write", {"pull", "triage", "push"}),
    ],
)
def test_a_role_is_told_by_name_and_by_rights(
    role: str, like: str | None, permission: str, rights: set[str], hub: LocalGitHub, api: Api
) -> None:
    hub.set_role(REPO, "sam", role, like=like)
    told = api.repo("GET", "/collaborators/sam/permission").json()
    assert (told["permission"], told["role_name"]) == (permission, role)
    assert {right for right, has in told["user"]["permissions"].items() if has} == rights


def test_a_stranger_reads_what_is_public_and_nothing_else(hub: LocalGitHub, api: Api) -> None:
    hub.add_repository("octo-org", "vault", None, private=True)
    assert api.repo("GET", "/collaborators/sam/permission").json()["permission"] == "read"
    assert api.call("GET", "/repos/octo-org/vault/collaborators/sam/permission").json()["permission"] == "none"
    assert api.repo("GET", "/collaborators/nobody/permission").status_code == 404


def test_comments_come_in_pages(hub: LocalGitHub, api: Api) -> None:
    hub.open_issue(REPO, "Long", None, by="sam")
    for number in range(5):
        hub.comment(REPO, 1, f"number {number}", by="sam")
    path: str | None = "/issues/1/comments?per_page=2"
    bodies = []
    while path:
        answer = api.repo("GET", path)
        bodies.append([one["body"] for one in answer.json()])
        following = answer.links.get("next", {}).get("url")
        path = following.partition("/octo-org/till")[2] if following else None
    assert bodies == [["number 0", "number 1"], ["number 2", "number 3"], ["number 4"]]


def test_comments_can_be_asked_for_since_a_moment(hub: LocalGitHub, api: Api) -> None:
    hub.open_issue(REPO, "Old", None, by="sam")
    hub.comment(REPO, 1, "hello", by="sam")
    counts = [len(api.repo("GET", f"/issues/1/comments?since={year}-01-01T00:00:00Z").json()) for year in (2020, 2200)]
    assert counts == [1, 0]
    assert api.repo("GET", "/issues/1/comments?since=yesterday").status_code == 422


def test_a_comment_of_the_app_is_edited_and_deleted(hub: LocalGitHub, api: Api) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    made = api.repo("POST", "/issues/1/comments", json={"body": "one"}).json()
    assert (made["user"]["type"], made["performed_via_github_app"]["id"]) == ("Bot", hub.app_id)
    assert api.repo("PATCH", f"/issues/comments/{made['id']}", json={"body": "two"}).json()["body"] == "two"
    assert [one.body for one in hub.comments(REPO, 1)] == ["two"]
    assert api.repo("DELETE", f"/issues/comments/{made['id']}").status_code == 204
    assert api.repo("PATCH", f"/issues/comments/{made['id']}", json={"body": "three"}).status_code == 404


def test_the_same_reaction_twice_is_one(hub: LocalGitHub, api: Api) -> None:
    issue = hub.open_issue(REPO, "Wrong", None, by="sam")
    statuses = [api.repo("POST", "/issues/1/reactions", json={"content": "eyes"}).status_code for _ in range(2)]
    assert (statuses, [one.content for one in hub.reactions(issue)]) == ([201, 200], ["eyes"])
    assert api.repo("POST", "/issues/1/reactions", json={"content": "shrug"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("x" * 65537, "Body is too long (maximum is 65536 characters)"),
        ("  ", "Body cannot be blank"),
        (None, 'Invalid request.\n\n"body" wasn\'t supplied.'),
    ],
)
def test_a_comment_without_a_fit_body_is_refused(body: str | None, words: str, hub: LocalGitHub, api: Api) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    assert said(api.repo("POST", "/issues/1/comments", json={"body": body})) == (422, words)
    assert hub.comments(REPO, 1) == []


@pytest.mark.parametrize(("content", "status"), [(b"{", 400), (b"[]", 400), (b"[" * 100_000, 400)])
def test_a_body_that_is_no_object_is_refused(content: bytes, status: int, api: Api) -> None:
    assert api.repo("POST", "/issues/1/comments", content=content).status_code == status


def test_a_locked_issue_takes_no_comment_of_the_app(hub: LocalGitHub, api: Api) -> None:
    hub.open_issue(REPO, "Heated", None, by="sam")
    hub.lock_issue(REPO, 1, by="mona")
    assert said(api.repo("POST", "/issues/1/comments", json={"body": "hello"})) == (
        403,
        "Unable to create comment because issue is locked.",
    )
    assert hub.comment(REPO, 1, "calm down", by="mona").body == "calm down"


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("POST", "/issues/1/comments", {"body": "hello"}),
        ("POST", "/issues/1/reactions", {"content": "eyes"}),
        ("POST", "/pulls", pull()),
        ("POST", "/git/refs", {"ref": "refs/heads/x", "sha": "0" * 40}),
        ("POST", "/git/commits", {"message": "x", "tree": "0" * 40}),
        ("POST", "/check-runs", {"name": "x", "head_sha": "0" * 40}),
    ],
)
def test_an_archived_repository_takes_no_writing(
    method: str, path: str, given: dict[str, str], hub: LocalGitHub, api: Api
) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    hub.archive(REPO)
    assert said(api.repo(method, path, json=given)) == (403, "Repository was archived so is read-only.")
    assert api.repo("GET", "").json()["archived"] is True


def test_a_deleted_repository_is_gone(hub: LocalGitHub, api: Api) -> None:
    token = api.token()
    hub.delete_repository(REPO)
    assert api.repo("GET", "", token).status_code == 404
    assert api.repo("POST", "/issues/1/comments", token, json={"body": "hello"}).status_code == 404


def test_a_renamed_repository_redirects(hub: LocalGitHub, api: Api) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    hub.rename_repository(REPO, "register")
    moved = api.repo("GET", "/issues/1")
    assert (moved.status_code, moved.headers["Location"]) == (301, moved.json()["url"])
    assert api.repo("GET", "/issues/1", follow_redirects=True).json()["title"] == "Wrong"


def test_a_pull_request_is_opened_and_found_by_its_head(topic: str, hub: LocalGitHub, api: Api) -> None:
    made = api.repo("POST", "/pulls", json=pull(body="Closes #1")).json()
    assert (made["head"]["sha"], made["additions"], made["deletions"], made["commits"]) == (topic, 1, 1, 1)
    found = api.repo("GET", "/pulls?head=octo-org:topic&base=main&state=open").json()
    assert [one["number"] for one in found] == [made["number"]]
    assert api.repo("GET", "/pulls?head=octo-org:other").json() == []
    assert "limit = 9" in api.repo("GET", "/pulls/1", headers={"Accept": "application/vnd.github.diff"}).text
    assert api.repo("GET", "/pulls/1/files").json()[0]["patch"].startswith("@@ -1 +1 @@")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (pull(base="nowhere"), "base invalid"),
        (pull(head="nowhere"), "head invalid"),
        (pull(head="stranger:topic"), "head invalid"),
        (pull(head="main"), "No commits between main and main"),
        (pull(title=" "), "title missing_field"),
        (pull(body="x" * 65537), "body is too long (maximum is 65536 characters)"),
    ],
)
def test_a_pull_request_is_refused_in_githubs_words(
    given: dict[str, Any], words: str, topic: str, hub: LocalGitHub, api: Api
) -> None:
    assert said(api.repo("POST", "/pulls", json=given)) == (422, words)
    assert hub.pulls(REPO) == []


def test_a_second_pull_request_for_a_branch_is_refused_while_the_first_is_open(
    topic: str, hub: LocalGitHub, api: Api
) -> None:
    assert api.repo("POST", "/pulls", json=pull()).status_code == 201
    assert said(api.repo("POST", "/pulls", json=pull())) == (422, "A pull request already exists for octo-org:topic.")
    assert api.repo("PATCH", "/pulls/1", json={"state": "closed"}).json()["state"] == "closed"
    assert api.repo("POST", "/pulls", json=pull()).status_code == 201


def test_a_plan_without_drafts_refuses_one(hub: LocalGitHub, api: Api) -> None:
    hub.add_repository("octo-org", "small", {"a": "a"}, drafts=False)
    hub.commit("octo-org/small", "topic", {"a": "b"}, by="mona")
    refused = api.call("POST", "/repos/octo-org/small/pulls", json=pull(draft=True))
    assert said(refused) == (422, "Draft pull requests are not supported in this repository.")


def test_a_pull_request_from_a_fork_shows_its_changes(hub: LocalGitHub, api: Api) -> None:
    hub.fork(REPO, "sam")
    sha = hub.commit("sam/till", "mine", {"till/basket.py": "limit = 8\n"}, by="sam")
    hub.open_pull(REPO, "Mine", "sam:mine", "main", None, by="sam")
    told = api.repo("GET", "/pulls/1").json()
    assert (told["head"]["label"], told["head"]["sha"], told["head"]["repo"]["fork"]) == ("sam:mine", sha, True)
    assert told["changed_files"] == 1
    hub.delete_repository("sam/till")
    assert api.repo("GET", "/pulls/1").json()["head"]["repo"] is None


def test_a_review_is_asked_of_collaborators_only(topic: str, hub: LocalGitHub, api: Api) -> None:
    api.repo("POST", "/pulls", json=pull())
    asked = {
        login: api.repo("POST", "/pulls/1/requested_reviewers", json={"reviewers": [login]})
        for login in ("mona", "sam")
    }
    assert {login: answer.status_code for login, answer in asked.items()} == {"mona": 201, "sam": 422}
    assert [one.login for one in hub.pulls(REPO)[0].reviewers] == ["mona"]


def test_a_ref_is_made_once_and_deleted_once(hub: LocalGitHub, api: Api) -> None:
    given = {"ref": "refs/heads/new/branch", "sha": hub.branches(REPO)["main"]}
    assert api.repo("POST", "/git/refs", json=given).status_code == 201
    assert said(api.repo("POST", "/git/refs", json=given)) == (422, "Reference already exists")
    assert [api.repo("DELETE", "/git/refs/heads/new/branch").status_code for _ in range(2)] == [204, 422]
    assert api.repo("GET", "/git/ref/heads/new/branch").status_code == 404


@pytest.mark.parametrize(
    ("ref", "sha", "words"),
    [
        ("main", None, "must start with 'refs/'"),
        ("refs/heads/a..b", None, "not a valid ref name"),
        ("refs/heads/x", "0" * 40, "Object does not exist"),
    ],
)
def test_a_bad_ref_is_refused(ref: str, sha: str | None, words: str, hub: LocalGitHub, api: Api) -> None:
    status, message = said(api.repo("POST", "/git/refs", json={"ref": ref, "sha": sha or hub.branches(REPO)["main"]}))
    assert (status, words in message) == (422, True)


def test_deleting_a_branch_closes_its_pull_request(topic: str, hub: LocalGitHub, api: Api) -> None:
    api.repo("POST", "/pulls", json=pull())
    assert api.repo("DELETE", "/git/refs/heads/topic").status_code == 204
    assert hub.pulls(REPO)[0].state == "closed"


def test_contents_are_files_directories_or_nothing(hub: LocalGitHub, api: Api) -> None:
    assert [one["path"] for one in api.repo("GET", "/contents").json()] == ["README.md", "till"]
    raw = api.repo("GET", "/contents/README.md", headers={"Accept": "application/vnd.github.raw+json"})
    assert raw.text == "# till\n"
    assert api.repo("GET", "/contents/nothing").status_code == 404
    assert api.repo("GET", "/contents/README.md?ref=nowhere").status_code == 404
    hub.add_repository("octo-org", "empty", None)
    assert said(api.call("GET", "/repos/octo-org/empty/contents/a")) == (404, "This repository is empty.")
    assert api.call("GET", "/repos/octo-org/empty/branches/main").status_code == 404


def test_a_check_run_goes_from_queued_to_done(hub: LocalGitHub, api: Api) -> None:
    sha = hub.branches(REPO)["main"]
    made = api.repo("POST", "/check-runs", json={"name": "mend", "head_sha": sha, "external_id": "7"}).json()
    assert (made["status"], made["conclusion"], made["external_id"]) == ("queued", None, "7")
    path = f"/check-runs/{made['id']}"
    assert api.repo("PATCH", path, json={"status": "in_progress"}).json()["status"] == "in_progress"
    done = api.repo("PATCH", path, json={"conclusion": "success"}).json()
    assert (done["status"], done["completed_at"] is not None) == ("completed", True)


def note(line: int) -> dict[str, Any]:
    return {"path": "a", "start_line": line, "end_line": line, "annotation_level": "warning", "message": "odd"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"output": {"title": "t", "summary": "s", "annotations": [note(1)] * 51}},
            "No more than 50 items are allowed",
        ),
        ({"output": {"title": "t", "summary": "x" * 65536}}, "Only 65535 characters are allowed"),
        ({"output": {"title": "t"}}, '"summary" wasn\'t supplied'),
        ({"status": "completed"}, '"conclusion" wasn\'t supplied'),
        ({"conclusion": "fine"}, "conclusion invalid"),
        ({"status": "sleeping"}, "status invalid"),
        ({"started_at": "today"}, "started_at invalid"),
        ({"head_sha": "0" * 40}, "No commit found for SHA"),
        ({"name": ""}, '"name" wasn\'t supplied'),
        ({"actions": [{"label": "x", "description": "x", "identifier": "x"}] * 4}, "No more than 3 items are allowed"),
        ({"actions": [{"label": "x" * 21, "description": "x", "identifier": "x"}]}, "actions invalid"),
    ],
)
def test_a_check_run_is_refused_in_githubs_words(given: dict[str, Any], words: str, hub: LocalGitHub, api: Api) -> None:
    whole = {"name": "mend", "head_sha": hub.branches(REPO)["main"], **given}
    status, message = said(api.repo("POST", "/check-runs", json=whole))
    assert (status, words in message) == (422, True), message
    assert hub.check_runs(REPO) == []


def test_annotations_are_added_fifty_at_a_time(hub: LocalGitHub, api: Api) -> None:
    made = api.repo("POST", "/check-runs", json={"name": "mend", "head_sha": hub.branches(REPO)["main"]}).json()
    for _ in range(2):
        output = {"title": "t", "summary": "s", "annotations": [note(1)] * 50}
        api.repo("PATCH", f"/check-runs/{made['id']}", json={"output": output})
    assert len(hub.check_runs(REPO)[0].annotations) == 100


def test_check_runs_are_found_by_name_and_app(hub: LocalGitHub, api: Api) -> None:
    sha = hub.branches(REPO)["main"]
    for name in ("a", "b", "b"):
        api.repo("POST", "/check-runs", json={"name": name, "head_sha": sha})
    counts = {
        query: api.repo("GET", f"/commits/main/check-runs?{query}").json()["total_count"]
        for query in ("", "check_name=b", "check_name=b&filter=all", "app_id=1", f"app_id={hub.app_id}")
    }
    assert list(counts.values()) == [2, 1, 2, 0, 2]


def test_an_unknown_address_is_not_found(api: Api) -> None:
    assert api.call("GET", "/nothing/here").json()["message"] == "Not Found"
    assert api.call("PUT", "/repos/octo-org/till").status_code == 404


def test_a_caller_who_is_gone_before_the_end_of_its_words_changes_nothing(
    hub: LocalGitHub, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    number = hub.open_issue(REPO, "Torn", None, by="sam").number
    address = urlsplit(hub.url)
    head = f"POST /api/v3/repos/{REPO}/issues/{number}/comments HTTP/1.1\r\nHost: {address.netloc}\r\n"
    with socket.create_connection((address.hostname, address.port)) as line:
        line.sendall(f'{head}Content-Length: 99\r\n\r\n{{"body": "half'.encode())
    assert api.call("GET", "/rate_limit").status_code == 200
    hub.stop()
    assert hub.comments(REPO, number) == []
    assert caplog.text == ""
