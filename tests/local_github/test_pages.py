"""Pages in a browser: what they show, and what a page of another site can't do."""

from collections.abc import Iterator

import httpx
import pytest

from bot.local_github import LocalGitHub
from bot.local_github.anchors import Lines
from bot.local_github.deeds.remarks import Remark
from bot.local_github.markdown import rendered
from tests.local_github.callers import Api, Browser
from tests.local_github.conftest import REPO

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def browser(hub: LocalGitHub) -> Iterator[Browser]:
    with Browser(hub) as visitor:
        yield visitor


@pytest.fixture
def scene(hub: LocalGitHub, api: Api) -> int:
    """An issue, a pull request and a check run, each with hostile text; gives the check run's id."""
    hub.open_issue(REPO, f"Wrong {HOSTILE}", f"body {HOSTILE} **strong**", by="sam")
    sha = hub.commit(REPO, "topic", {"till/basket.py": f"limit = 9  # {HOSTILE}\n"}, by="mona", message=HOSTILE)
    hub.open_pull(REPO, f"Better {HOSTILE}", "topic", "main", HOSTILE, by="mona")
    hub.comment(REPO, 1, f"{HOSTILE} [x](javascript:alert(1))", by="sam")
    lines = Lines(path="till/basket.py", line=1)
    hub.review(REPO, 2, HOSTILE, by="sam", event="APPROVE", remarks=[Remark(lines, HOSTILE)])
    output = {"title": HOSTILE, "summary": HOSTILE, "text": HOSTILE}
    action = {"label": "Retry", "description": HOSTILE, "identifier": "retry"}
    given = {
        "name": HOSTILE,
        "head_sha": sha,
        "conclusion": "success",
        "output": output,
        "actions": [action],
        "details_url": "javascript:alert(1)",
    }
    return int(api.repo("POST", "/check-runs", json=given).json()["id"])


def pages(check_id: int, delivery_id: int) -> list[str]:
    own = ["", "/issues", "/issues?state=closed", "/issues/new", "/issues/1", "/pulls", "/pull/2", "/commit/topic"]
    own += ["/tree/topic/till", "/blob/topic/till/basket.py", f"/runs/{check_id}"]
    return ["/", "/-/deliveries", f"/-/deliveries/{delivery_id}", *(f"/{REPO}{path}" for path in own)]


def test_no_page_lets_hostile_text_become_code(scene: int, hub: LocalGitHub, browser: Browser) -> None:
    for path in pages(scene, hub.deliveries[-1].id):
        html = browser.see(path)
        assert HOSTILE not in html, path
        assert 'href="javascript' not in html, path
        assert "style=" not in html, path


def test_every_page_forbids_foreign_scripts_and_frames(scene: int, hub: LocalGitHub, browser: Browser) -> None:
    for path in [*pages(scene, hub.deliveries[-1].id), "/nothing"]:
        headers = browser.http.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_pages_show_what_happened(scene: int, browser: Browser) -> None:
    assert "1 open issue" in browser.see("/")
    assert "<strong>strong</strong>" in browser.see(f"/{REPO}/issues/1")
    pull = browser.see(f"/{REPO}/pull/2")
    assert 'class="removed"' in pull
    assert "limit = 10" in pull
    assert "success" in pull
    assert "approved" in pull
    assert "till/basket.py:1<" in pull
    assert "Retry" in browser.see(f"/{REPO}/runs/{scene}")
    assert "issues" in browser.see("/-/deliveries")
    assert browser.see(f"/{REPO}/issues/2") == pull  # a pull request's number, asked for as an issue


def test_an_empty_place_teaches_what_to_do(hub: LocalGitHub, browser: Browser) -> None:
    for path in ("issues", "pulls"):
        assert "/async-code implement" in browser.see(f"/{REPO}/{path}")
    hub.add_repository("octo-org", "empty", None)
    assert "no commit yet" in browser.see("/octo-org/empty")


def test_files_are_text_that_no_browser_runs(scene: int, browser: Browser) -> None:
    for path in ("raw/topic/till/basket.py", "pull/2.diff"):
        answer = browser.http.get(f"/{REPO}/{path}")
        assert HOSTILE in answer.text
        assert answer.headers["content-type"].startswith("text/plain")
        assert "sandbox" in answer.headers["content-security-policy"]


def test_the_revision_moves_with_what_happens(hub: LocalGitHub, browser: Browser) -> None:
    before = browser.see("/-/revision")
    assert browser.see("/-/revision") == before
    hub.open_issue(REPO, "Wrong", None, by="sam")
    assert browser.see("/-/revision") != before


@pytest.mark.parametrize(("name", "kind"), [("page.css", "text/css"), ("page.js", "text/javascript")])
def test_style_and_script_are_our_own(name: str, kind: str, browser: Browser) -> None:
    assert browser.http.get(f"/-/static/{name}").headers["content-type"].startswith(kind)
    assert browser.http.get("/-/static/..%2fviews.py").status_code == 404


def test_a_person_writes_closes_and_reopens(hub: LocalGitHub, browser: Browser) -> None:
    made = browser.send(f"/{REPO}/issues/new", f"/{REPO}/issues", title="Wrong", body="two\r\nlines")
    assert made.url.path == f"/{REPO}/issues/1"
    page = f"/{REPO}/issues/1"
    browser.send(page, f"{page}/comments", body="/async-code implement it")
    browser.send(page, f"{page}/state", state="closed", body="enough")
    assert hub.issue(REPO, 1).body == "two\nlines"
    assert [(one.user.login, one.body) for one in hub.comments(REPO, 1)] == [
        ("mona", "/async-code implement it"),
        ("mona", "enough"),
    ]
    assert hub.issue(REPO, 1).state == "closed"
    browser.send(page, f"{page}/state", state="open")
    assert hub.issue(REPO, 1).state == "open"


def test_a_person_labels_an_issue_and_deletes_what_they_wrote(hub: LocalGitHub, browser: Browser) -> None:
    browser.send(f"/{REPO}/issues/new", f"/{REPO}/issues", title="Wrong", body="It is.")
    page = f"/{REPO}/issues/1"
    browser.send(page, f"{page}/labels", label="async-code")
    assert hub.issue(REPO, 1).labels == ("async-code",)
    for person in ("mona", "sam"):
        hub.comment(REPO, 1, f"/async-code help, says {person}", person)
    mine, theirs = hub.comments(REPO, 1)
    assert browser.send(page, f"{page}/labels", label="mine", **{"as": "sam"}).status_code == 403
    assert browser.send(page, f"{page}/comments/{mine.id}/delete", **{"as": "sam"}).status_code == 403
    browser.send(page, f"{page}/comments/{theirs.id}/delete", **{"as": "sam"})
    browser.send(page, f"{page}/comments/{mine.id}/delete")
    assert hub.comments(REPO, 1) == []
    assert [one.action for one in hub.deliveries if one.action in ("labeled", "deleted")] == [
        "labeled",
        "deleted",
        "deleted",
    ]


def test_a_person_reviews_comments_on_a_line_and_answers(scene: int, hub: LocalGitHub, browser: Browser) -> None:
    page = f"/{REPO}/pull/2"
    sam = {"as": "sam"}
    made = browser.send(page, f"{page}/reviews", event="REQUEST_CHANGES", body="Not\r\nyet", **sam)
    assert made.url.path == page
    assert [(one.state, one.body) for one in hub.reviews(REPO, 2)][-1] == ("CHANGES_REQUESTED", "Not\nyet")
    browser.send(page, f"{page}/comments", path="till/basket.py", line="1", side="LEFT", body="Why?", **sam)
    first = hub.review_comments(REPO, 2)[-1]
    assert (first.user.login, first.anchor.side, first.anchor.diff_hunk.split("\n")[-1]) == (
        "sam",
        "LEFT",
        "-limit = 10",
    )
    browser.send(page, f"{page}/comments/{first.id}/replies", body="Because.")
    assert hub.review_comments(REPO, 2)[-1].in_reply_to_id == first.id
    assert "Because." in browser.see(page)


def test_a_person_resolves_a_thread(scene: int, hub: LocalGitHub, browser: Browser) -> None:
    page, first = f"/{REPO}/pull/2", hub.review_comments(REPO, 2)[0]
    done = f"{page}/comments/{first.id}/resolve"
    assert browser.send(page, done, resolved="yes", **{"as": "sam"}).status_code == 403
    assert "resolved by mona" in browser.send(page, done, resolved="yes").text
    assert "resolved by" not in browser.send(page, done, resolved="no").text
    assert browser.send(page, f"{page}/comments/7/resolve", resolved="yes").status_code == 404


def test_a_refused_review_is_a_page(scene: int, hub: LocalGitHub, browser: Browser) -> None:
    page = f"/{REPO}/pull/2"
    for action, fields, words in (
        ("reviews", {"event": "APPROVE"}, "your own pull request"),
        ("comments", {"path": "till/basket.py", "line": "99", "body": "Why?"}, "could not be resolved"),
        ("comments", {"path": "till/basket.py", "line": "one", "body": "Why?"}, "must be a number"),
    ):
        refused = browser.send(page, f"{page}/{action}", **fields)
        assert (refused.status_code, words in refused.text) == (422, True)
    hub.commit(REPO, "topic", {"till/basket.py": "limit = 8\n"}, by="mona")
    assert "outdated" in browser.see(page)
    hub.archive(REPO)
    assert "Submit the review" not in browser.see(page)


def test_a_person_presses_buttons(scene: int, hub: LocalGitHub, browser: Browser) -> None:
    page = f"/{REPO}/runs/{scene}"
    browser.send(page, f"{page}/rerun")
    browser.send(page, f"{page}/press", identifier="retry")
    first = hub.deliveries[0]
    browser.send("/-/deliveries", f"/-/deliveries/{first.id}/again")
    told = [one.action for one in hub.deliveries[-3:]]
    assert told == ["rerequested", "requested_action", "created"]
    assert hub.deliveries[-1].guid == first.guid


def test_a_refusal_is_a_page(hub: LocalGitHub, browser: Browser) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    page = f"/{REPO}/issues/1"
    for fields, words in (
        ({"body": "x" * 65537}, "too long"),
        ({"body": " "}, "blank"),
        ({"as": "nobody"}, "Not Found"),
    ):
        answer = browser.send(page, f"{page}/comments", **{"body": "hello", **fields})
        assert answer.status_code >= 400
        assert words in answer.text
    assert browser.send(page, f"{page}/comments", body="x" * 2_000_000).status_code == 413
    hub.add_organisation("other")
    assert browser.send(page, f"{page}/comments", **{"body": "hello", "as": "other"}).status_code == 403
    assert hub.comments(REPO, 1) == []


def test_a_form_of_another_site_is_refused(hub: LocalGitHub, browser: Browser) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    page = f"/{REPO}/issues/1"
    for origin in ("https://evil.example", "null", hub.url.replace("http:", "https:"), f"{hub.url}0"):
        assert browser.send(page, f"{page}/comments", origin=origin, body="hello").status_code == 403
    given = {"token": browser.form_token(page), "as": "mona", "body": "hello"}
    assert browser.http.post(f"{page}/comments", data=given).status_code == 403
    assert hub.comments(REPO, 1) == []


def test_a_form_token_belongs_to_one_browser(hub: LocalGitHub, browser: Browser) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    page = f"/{REPO}/issues/1"
    with Browser(hub) as other:
        assert browser.send(page, f"{page}/comments", token=other.form_token(page), body="hello").status_code == 403
    assert browser.send(page, f"{page}/comments", token="é", body="hello").status_code == 403
    token = browser.form_token(page)
    bare = httpx.post(f"{hub.url}{page}/comments", data={"token": token}, headers={"Origin": hub.url}, trust_env=False)
    assert bare.status_code == 403
    assert hub.comments(REPO, 1) == []


def test_the_cookie_is_for_our_pages_only(browser: Browser) -> None:
    cookie = browser.http.get("/").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize("path", ["/", "/-/revision", "/api/v3/meta", f"/{REPO}.git/info/refs"])
def test_another_host_name_is_refused_everywhere(path: str, hub: LocalGitHub, browser: Browser) -> None:
    for host in ("evil.example", f"evil.example:{hub.url.rpartition(':')[2]}", "127.0.0.1", "localhost:1"):
        assert browser.http.get(path, headers={"Host": host}).status_code == 421
    name = f"localhost:{hub.url.rpartition(':')[2]}"
    assert browser.http.get(path, headers={"Host": name}).status_code != 421


def test_a_renamed_repositorys_pages_redirect(hub: LocalGitHub, browser: Browser) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")
    hub.rename_repository(REPO, "register")
    assert browser.http.get(f"/{REPO}/issues/1").url.path == "/octo-org/register/issues/1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!-- hidden -->\nseen", "<p>seen</p>"),
        ("<!--\nhidden\nlines\n-->\n\nseen", "<p>seen</p>"),
        ("<details>\n<summary>More</summary>\n\nin it\n</details>", "<details>"),
        ("<b onclick=x>bold</b>", "&lt;b onclick=x&gt;"),
        ("<details open onclick=x>", "&lt;details open onclick=x&gt;"),
        ("`<!-- code -->`", "<code>&lt;!-- code --&gt;</code>"),
        ("![alt](https://example.com/beacon.png)", "<p>alt</p>"),
        ("[x](https://example.com)", 'rel="nofollow noopener noreferrer"'),
        ("| a |\n|---|\n| b |", "<table>"),
        ("~~gone~~", "<s>gone</s>"),
    ],
)
def test_markdown_is_shown_and_can_do_nothing(text: str, shown: str) -> None:
    html = rendered(text)
    assert shown in html
    assert "hidden" not in html
    assert "beacon" not in html
