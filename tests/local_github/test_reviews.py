"""Reviews and comments on lines over REST, and the threads that GraphQL shows of them."""

from typing import Any

import httpx
import pytest

from bot.local_github import LocalGitHub
from bot.local_github.anchors import moved
from bot.local_github.rest.graphql import QUERY
from tests.local_github.callers import Api
from tests.local_github.conftest import REPO, plant, planted

OLD = "".join(f"line {number}\n" for number in range(1, 31))
NEW = OLD.replace("line 5\n", "five\n").replace("line 25\n", "line 25\nnew\n")
SCRIPT = "till/long.py"


@pytest.fixture
def head(hub: LocalGitHub) -> str:
    """Pull request 1 of mona's, with two hunks in one file; its newest commit."""
    hub.commit(REPO, "main", {SCRIPT: OLD}, by="mona")
    sha = hub.commit(REPO, "topic", {SCRIPT: NEW}, by="mona")
    hub.open_pull(REPO, "Better", "topic", "main", None, by="mona")
    return sha


def remark(line: int = 5, **given: Any) -> dict[str, Any]:
    return {"path": SCRIPT, "line": line, "body": "Why?", **given}


def review(api: Api, **given: Any) -> httpx.Response:
    return api.repo("POST", "/pulls/1/reviews", json={"event": "COMMENT", **given})


def comment(api: Api, sha: str, line: int = 5, **given: Any) -> httpx.Response:
    return api.repo("POST", "/pulls/1/comments", json={**remark(line), "commit_id": sha, **given})


def ask(api: Api, query: str = QUERY, token: str | None = None, **variables: Any) -> Any:
    asked = {"owner": "octo-org", "name": "till", "number": 1, **variables}
    address = f"{api.hub.url}/api/graphql"
    answer = api.call("POST", address, token, json={"query": query, "variables": asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def threads(api: Api) -> list[Any]:
    found: list[Any] = ask(api)["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"]
    return found


def test_a_review_comes_with_its_comments(head: str, hub: LocalGitHub, api: Api) -> None:
    made = review(api, event="REQUEST_CHANGES", body="Nearly", comments=[remark(), remark(25, start_line=24)]).json()
    assert (made["state"], made["body"], made["commit_id"]) == ("CHANGES_REQUESTED", "Nearly", head)
    assert (made["user"]["type"], hub.reviews(REPO, 1)[0].via_app) == ("Bot", hub.app_id)
    assert [one["id"] for one in api.repo("GET", "/pulls/1/reviews").json()] == [made["id"]]
    path = f"/pulls/1/reviews/{made['id']}"
    assert api.repo("GET", path).json() == made
    assert [one["original_position"] for one in api.repo("GET", f"{path}/comments").json()] == [5, 12]
    first, second = api.repo("GET", "/pulls/1/comments").json()
    assert (first["line"], first["side"], first["start_line"]) == (5, "RIGHT", None)
    assert (second["start_line"], second["start_side"], second["line"]) == (24, "RIGHT", 25)
    assert api.repo("GET", "/pulls/1").json()["review_comments"] == 2


def test_a_hunk_ends_with_the_line_that_is_commented_on(head: str, hub: LocalGitHub, api: Api) -> None:
    new, old = (comment(api, head, 5, side=side).json() for side in ("RIGHT", "LEFT"))
    assert new["diff_hunk"].split("\n")[1:] == [" line 2", " line 3", " line 4", "-line 5", "+five"]
    assert old["diff_hunk"].split("\n")[-1] == "-line 5"
    added = comment(api, head, 26).json()
    assert added["diff_hunk"].startswith("@@ -23,6 +23,7 @@")
    assert added["diff_hunk"].endswith("\n+new")


def test_a_review_without_a_verdict_of_its_own_needs_something_to_say(head: str, api: Api) -> None:
    assert review(api, event="APPROVE").json()["state"] == "APPROVED"
    assert review(api, comments=[remark()]).json()["body"] == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "You need to leave a comment indicating the requested changes."),
        ({"event": "REQUEST_CHANGES"}, "You need to leave a comment indicating the requested changes."),
        (
            {"body": "x", "event": "APPROVED"},
            "Variable $event of type PullRequestReviewEvent was provided invalid value",
        ),
        (
            {"body": "x", "event": None},
            "This local GitHub keeps no pending reviews: say COMMENT, APPROVE or REQUEST_CHANGES",
        ),
        ({"body": "x" * 65537}, "Body is too long (maximum is 65536 characters)"),
        ({"comments": [remark(body="x" * 65537)]}, "Body is too long (maximum is 65536 characters)"),
        ({"comments": [remark(body=" ")]}, "Body can't be blank"),
        ({"body": "x", "commit_id": "0" * 40}, "The commitOID is not part of the pull request"),
        ({"comments": [remark(15)]}, "Line could not be resolved"),
        ({"comments": [remark(path="README.md")]}, "Path could not be resolved"),
        ({"comments": [remark(5, start_line=12)]}, "Start line could not be resolved"),
        ({"comments": [remark(5, start_line=5)]}, "Pull request review thread start line must precede the end line."),
        (
            {"comments": [remark(25, start_line=5)]},
            "Pull request review thread start line must be part of the same hunk as the line.",
        ),
        (
            {"comments": [remark(15), remark(), remark(path="no"), remark(16)]},
            "Line could not be resolved, Path could not be resolved, and Line could not be resolved",
        ),
        (
            {"comments": [remark(15), remark(path="no")]},
            "Line could not be resolved and Path could not be resolved",
        ),
    ],
)
def test_a_review_is_refused_as_a_whole_in_githubs_words(
    given: dict[str, Any], words: str, head: str, hub: LocalGitHub, api: Api
) -> None:
    refused = review(api, **given)
    assert (refused.status_code, refused.json()["message"]) == (422, "Unprocessable Entity")
    assert refused.json()["errors"] == [words]
    assert (hub.reviews(REPO, 1), hub.review_comments(REPO, 1)) == ([], [])


@pytest.mark.parametrize(
    "given",
    [
        {"comments": "all"},
        {"comments": ["all"]},
        {"comments": [{"path": SCRIPT, "body": "Why?"}]},
        {"comments": [{**remark(), "line": "5"}]},
        {"comments": [remark(line=True)]},
        {"comments": [remark(side="UP")]},
        {"body": 7},
    ],
)
def test_a_review_of_another_form_is_no_request(given: dict[str, Any], head: str, api: Api) -> None:
    refused = review(api, **given)
    assert (refused.status_code, refused.json()["message"].partition("\n")[0]) == (422, "Invalid request.")


@pytest.mark.parametrize(("event", "what"), [("APPROVE", "approve"), ("REQUEST_CHANGES", "request changes on")])
def test_nobody_gives_a_verdict_on_their_own_pull_request(event: str, what: str, hub: LocalGitHub, api: Api) -> None:
    hub.commit(REPO, "topic", {"a": "1"}, by="mona")
    api.repo("POST", "/pulls", json={"title": "Mine", "head": "topic", "base": "main"})
    refused = review(api, event=event, body="Fine")
    assert (refused.status_code, refused.json()["errors"]) == (422, [f"Review Can not {what} your own pull request"])
    assert review(api, body="To be done").json()["state"] == "COMMENTED"


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"line": 15}, "pull_request_review_thread.line", "could not be resolved"),
        ({"path": "README.md"}, "pull_request_review_thread.path", "could not be resolved"),
        ({"commit_id": "0" * 40}, "commit_id", "commit_id is not part of the pull request"),
        ({"body": "x" * 65537}, "body", "body is too long (maximum is 65536 characters)"),
        ({"body": " "}, "body", None),
    ],
)
def test_a_comment_by_itself_is_refused_in_other_words(
    given: dict[str, Any], field: str, words: str | None, head: str, hub: LocalGitHub, api: Api
) -> None:
    refused = comment(api, head, **given)
    (item,) = refused.json()["errors"]
    assert (refused.status_code, refused.json()["message"]) == (422, "Validation Failed")
    assert (item["resource"], item["field"], item.get("message")) == ("PullRequestReviewComment", field, words)
    assert hub.review_comments(REPO, 1) == []


def test_a_comment_by_itself_makes_a_review_of_its_own(head: str, hub: LocalGitHub, api: Api) -> None:
    made = comment(api, head).json()
    (own,) = api.repo("GET", "/pulls/1/reviews").json()
    assert (own["id"], own["state"], own["body"]) == (made["pull_request_review_id"], "COMMENTED", "")
    assert api.repo("GET", f"/pulls/comments/{made['id']}").json() == made


def test_an_answer_joins_the_thread(head: str, hub: LocalGitHub, api: Api) -> None:
    first = hub.comment_on_line(REPO, 1, SCRIPT, 5, "Why?", by="sam")
    answer = api.repo("POST", f"/pulls/1/comments/{first.id}/replies", json={"body": "Because."}).json()
    assert (answer["in_reply_to_id"], answer["path"], answer["line"]) == (first.id, SCRIPT, 5)
    assert answer["pull_request_review_id"] != first.review_id
    other = api.repo("POST", "/pulls/1/comments", json={"body": "And so.", "in_reply_to": first.id}).json()
    assert other["in_reply_to_id"] == first.id
    (thread,) = threads(api)
    assert [one["body"] for one in thread["comments"]["nodes"]] == ["Why?", "Because.", "And so."]


def test_an_answer_goes_to_the_first_comment_of_its_own_pull_request(head: str, hub: LocalGitHub, api: Api) -> None:
    first = hub.comment_on_line(REPO, 1, SCRIPT, 5, "Why?", by="sam")
    answer = hub.reply_on_line(REPO, first.id, "Because.", by="mona")
    hub.commit(REPO, "other", {"a": "1"}, by="mona")
    hub.open_pull(REPO, "Other", "other", "main", None, by="mona")
    statuses = [
        api.repo("POST", f"/pulls/{path}/replies", json={"body": "So"}).status_code
        for path in (f"1/comments/{answer.id}", f"2/comments/{first.id}", "1/comments/7")
    ]
    assert statuses == [422, 404, 404]


def test_comments_on_lines_are_sorted_paged_and_asked_for_since_a_moment(head: str, hub: LocalGitHub, api: Api) -> None:
    for line in (5, 6, 7):
        hub.comment_on_line(REPO, 1, SCRIPT, line, "Why?", by="sam")
    lists = {
        query: [one["line"] for one in api.repo("GET", f"/pulls/1/comments?{query}").json()]
        for query in (
            "per_page=2",
            "per_page=2&page=2",
            "sort=created&direction=desc",
            "since=2020-01-01T00:00:00Z",
            "since=2200-01-01T00:00:00Z",
        )
    }
    assert list(lists.values()) == [[5, 6], [7], [7, 6, 5], [5, 6, 7], []]


def test_a_comment_on_a_line_gets_reactions_of_its_own(head: str, hub: LocalGitHub, api: Api) -> None:
    first = hub.comment_on_line(REPO, 1, SCRIPT, 5, "Why?", by="sam")
    path = f"/pulls/comments/{first.id}/reactions"
    made = [api.repo("POST", path, json={"content": "eyes"}) for _ in range(2)]
    assert [one.status_code for one in made] == [201, 200]
    assert [one.content for one in hub.reactions(first)] == ["eyes"]
    assert api.repo("GET", f"/pulls/comments/{first.id}").json()["reactions"]["eyes"] == 1
    assert api.repo("DELETE", f"{path}/{made[0].json()['id']}").status_code == 204
    assert api.repo("GET", path).json() == []


@pytest.mark.parametrize(
    ("method", "path", "level"),
    [
        ("GET", "/pulls/1/reviews", "read"),
        ("POST", "/pulls/1/reviews", "write"),
        ("GET", "/pulls/1/comments", "read"),
        ("POST", "/pulls/1/comments", "write"),
        ("POST", "/pulls/1/comments/7/replies", "write"),
        ("POST", "/pulls/comments/7/reactions", "write"),
    ],
)
def test_reviews_take_the_permission_for_pull_requests(method: str, path: str, level: str, head: str, api: Api) -> None:
    given = {"permissions": {"issues": "write"} if level == "read" else {"issues": "write", "pull_requests": "read"}}
    refused = api.repo(method, path, api.token(given), json={})
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert refused.headers["X-Accepted-GitHub-Permissions"] == f"pull_requests={level}"


def test_a_lock_keeps_out_who_may_not_write(head: str, hub: LocalGitHub, api: Api) -> None:
    hub.lock_issue(REPO, 1, by="mona")
    for refused in (review(api, body="Fine"), comment(api, head)):
        assert (refused.status_code, refused.json()["errors"]) == (422, ["lock prevents review"])
    assert hub.review(REPO, 1, "Calm down", by="mona").body == "Calm down"


def test_a_closed_pull_request_is_still_reviewed_and_an_archived_one_is_not(
    head: str, hub: LocalGitHub, api: Api
) -> None:
    hub.close_issue(REPO, 1, by="mona")
    assert review(api, body="A pity").status_code == 200
    hub.archive(REPO)
    assert review(api, body="A pity").json()["errors"] == ["lock prevents review"]
    assert comment(api, head).json()["message"] == "Repository was archived so is read-only."


def test_an_issue_has_no_reviews(hub: LocalGitHub, api: Api) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    assert api.repo("GET", "/pulls/1/reviews").status_code == 404
    assert review(api, body="Fine").status_code == 404


def test_a_review_is_found_on_its_own_pull_request_only(head: str, hub: LocalGitHub, api: Api) -> None:
    made = hub.review(REPO, 1, "Fine", by="sam")
    hub.commit(REPO, "other", {"a": "1"}, by="mona")
    hub.open_pull(REPO, "Other", "other", "main", None, by="mona")
    statuses = [api.repo("GET", f"/pulls/{number}/reviews/{made.id}").status_code for number in (1, 2)]
    assert statuses == [200, 404]


def test_a_reviewer_is_no_longer_asked_once_they_reviewed(head: str, hub: LocalGitHub, api: Api) -> None:
    hub.set_role(REPO, "sam", "read")
    api.repo("POST", "/pulls/1/requested_reviewers", json={"reviewers": ["sam"]})
    hub.review(REPO, 1, "", by="sam", event="APPROVE")
    assert hub.pulls(REPO)[0].reviewers == ()


def test_a_comment_follows_its_line_until_the_line_changes(head: str, hub: LocalGitHub, api: Api) -> None:
    for line in (5, 26):
        comment(api, head, line)
    moved_down = hub.commit(REPO, "topic", {SCRIPT: "first\n" + NEW.replace("five", "FIVE")}, by="mona")
    five, new = api.repo("GET", "/pulls/1/comments").json()
    assert (five["line"], five["position"], five["commit_id"]) == (None, None, head)
    assert (five["original_line"], five["original_position"]) == (5, 5)
    assert (new["line"], new["original_line"], new["commit_id"]) == (27, 26, moved_down)
    assert [one["line"] for one in threads(api)] == [None, 27]


def test_a_comment_on_an_older_commit_is_found_in_that_commits_diff(head: str, hub: LocalGitHub, api: Api) -> None:
    hub.commit(REPO, "topic", {SCRIPT: OLD, "new.txt": "new\n"}, by="mona")
    made = comment(api, head).json()
    assert (made["original_commit_id"], made["line"]) == (head, None)


@pytest.mark.parametrize(("line", "now"), [(1, 2), (2, None), (3, 3)])
def test_a_line_is_found_again_where_it_stands_unchanged(line: int, now: int | None) -> None:
    assert moved(line, "a\nb\nc\n", "new\na\nc\n") == now


def test_graphql_tells_which_threads_are_done(head: str, hub: LocalGitHub, api: Api) -> None:
    comment(api, head)
    second = hub.comment_on_line(REPO, 1, SCRIPT, 6, "Why?", by="mona")
    hub.resolve_thread(REPO, second.id, by="mona")
    assert [(one["isResolved"], one["path"], one["line"]) for one in threads(api)] == [
        (False, SCRIPT, 5),
        (True, SCRIPT, 6),
    ]
    said = [one["comments"]["nodes"][0] for one in threads(api)]
    assert [(one["author"]["login"], one["authorAssociation"]) for one in said] == [
        ("async-code", "NONE"),
        ("mona", "MEMBER"),
    ]
    assert said[1]["body"] == "Why?"
    assert said[1]["diffHunk"] == second.anchor.diff_hunk
    hub.resolve_thread(REPO, second.id, by="mona", resolved=False)
    assert [one["isResolved"] for one in threads(api)] == [False, False]


def test_graphql_takes_its_query_however_it_is_laid_out(head: str, api: Api) -> None:
    assert "errors" not in ask(api, query=" ".join(QUERY.split()).replace(", ", " "))


def test_graphql_answers_no_other_query(head: str, api: Api) -> None:
    for query in ("query { viewer { login } }", QUERY.replace("body", "bodyText"), ""):
        (problem,) = ask(api, query=query)["errors"]
        assert "one query only" in problem["message"]
    (problem,) = ask(api, number="1")["errors"]
    assert problem["message"] == "Variable $number of type Int! was provided invalid value"


def test_graphql_says_what_is_not_there_or_not_ones_own(head: str, hub: LocalGitHub, api: Api) -> None:
    hub.add_user("rival")
    hub.add_repository("rival", "vault", None, private=True)
    for variables, kind, words in (
        ({"number": 9}, "NOT_FOUND", "Could not resolve to a PullRequest with the number of 9."),
        ({"name": "no"}, "NOT_FOUND", "Could not resolve to a Repository with the name 'octo-org/no'."),
        (
            {"owner": "rival", "name": "vault"},
            "NOT_FOUND",
            "Could not resolve to a Repository with the name 'rival/vault'.",
        ),
    ):
        told = ask(api, **variables)
        assert [(one["type"], one["message"]) for one in told["errors"]] == [(kind, words)]
    assert ask(api, number=9)["data"] == {"repository": {"pullRequest": None}}
    refused = ask(api, token=api.token({"permissions": {"issues": "write"}}))
    assert [one["type"] for one in refused["errors"]] == ["FORBIDDEN"]


def test_graphql_follows_a_rename(head: str, hub: LocalGitHub, api: Api) -> None:
    hub.rename_repository(REPO, "register")
    assert threads(api) == []


def test_reviews_outlive_a_restart_and_end_with_their_repository(head: str, hub: LocalGitHub, api: Api) -> None:
    review(api, body="Nearly", comments=[remark()])
    hub.stop()
    hub.start()
    with Api(hub) as again:
        assert [one["body"] for one in again.repo("GET", "/pulls/1/reviews").json()] == ["Nearly"]
        assert [one["line"] for one in again.repo("GET", "/pulls/1/comments").json()] == [5]
    hub.delete_repository(REPO)
    assert (dict(hub.site.ledger.reviews), dict(hub.site.ledger.review_comments)) == ({}, {})


def test_a_review_counts_as_something_created(tmp_path: Any) -> None:
    with planted(tmp_path, creations=(2, 500)) as hub, Api(hub) as api:
        plant(hub)
        sha = hub.commit(REPO, "topic", {"till/basket.py": "limit = 9\n"}, by="mona")
        hub.open_pull(REPO, "Better", "topic", "main", None, by="mona")
        made = [review(api, body="Fine"), comment(api, sha, 1, path="till/basket.py"), review(api, body="Fine")]
        assert [one.status_code for one in made] == [200, 201, 403]
        assert ask(api)["data"]["repository"]["pullRequest"]  # a question creates nothing
