"""What people attach lies where GitHub lays it: an address for texts, and signed ones on pages."""

import re

import httpx
import pytest

from bot.local_github import LocalGitHub
from bot.local_github.attachments import SECONDS
from tests.local_github.callers import TRUSTED, Api
from tests.local_github.conftest import REPO

PNG = b"\x89PNG\r\n\x1a\nrest"
FULL = {"Accept": "application/vnd.github.full+json"}
FULL_OF_REVIEWS = {"Accept": "application/vnd.github-commitcomment.full+json"}
SIGNED = re.compile(r'<img src="([^"]+\?jwt=[^"]+)" alt="([^"]*)">')


def get(url: str, *, follow: bool = False) -> httpx.Response:
    return httpx.get(url, verify=TRUSTED, trust_env=False, follow_redirects=follow)


def signed(api: Api, body: str) -> str:
    """The address at which a page has the only image of an issue."""
    number = api.hub.open_issue(REPO, "Look", body, "mona").number
    (found,) = SIGNED.findall(api.call("GET", f"/repos/{REPO}/issues/{number}", headers=FULL).json()["body_html"])
    return str(found[0])


def test_a_page_has_an_attachment_from_a_signed_address_in_both_ways_to_write_it(hub: LocalGitHub, api: Api) -> None:
    url = hub.attach(REPO, PNG, "mona")
    for body in (f"![alt]({url})", f'<img width="3" height="4" alt="alt" src="{url}" />', f"a <img src='{url}'> b"):
        answer = get(signed(api, body))
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, PNG, "image/png")


def test_html_is_there_for_those_who_ask_for_it(hub: LocalGitHub, api: Api) -> None:
    number = hub.open_issue(REPO, "Look", "**It** <b>is</b>", "mona").number
    plain, full = (api.call("GET", f"/repos/{REPO}/issues/{number}", headers=asked) for asked in ({}, FULL))
    assert "body_html" not in plain.json() and plain.json()["body"] == full.json()["body"]
    assert "<strong>It</strong>" in full.json()["body_html"] and full.json()["body_text"].strip() == "It <b>is</b>"
    assert full.headers["x-github-media-type"] == "github.v3; param=full; format=json"


def test_what_is_said_below_is_there_as_html_too(hub: LocalGitHub, api: Api) -> None:
    body = f"**It** ![alt]({hub.attach(REPO, PNG, 'mona')})"
    hub.open_issue(REPO, "Look", "", "mona")
    hub.commit(REPO, "topic", {"new.txt": "new\n"}, by="mona")
    hub.open_pull(REPO, "Better", "topic", "main", None, "mona")
    comment, remark = hub.comment(REPO, 1, body, "mona"), hub.comment_on_line(REPO, 2, "new.txt", 1, body, "mona")
    review = hub.review(REPO, 2, body, "mona")
    for path, asked in {
        f"issues/comments/{comment.id}": FULL,
        f"pulls/comments/{remark.id}": FULL_OF_REVIEWS,
        f"pulls/2/reviews/{review.id}": FULL_OF_REVIEWS,
    }.items():
        plain, full = (api.call("GET", f"/repos/{REPO}/{path}", headers=accept) for accept in ({}, asked))
        assert "body_html" not in plain.json() and full.json()["body"] == body == plain.json()["body"]
        assert get(SIGNED.findall(full.json()["body_html"])[0][0]).content == PNG
        assert full.json()["body_text"].strip() == "It"
    assert api.call("POST", "/markdown", json={"text": body}).status_code == 404


def test_the_address_in_a_text_leads_to_what_everybody_may_read(hub: LocalGitHub) -> None:
    assert get(hub.attach(REPO, PNG, "mona"), follow=True).content == PNG
    hub.add_repository("octo-org", "vault", {"README.md": "# vault\n"}, private=True)
    hub.set_role("octo-org/vault", "mona", "write")
    assert get(hub.attach("octo-org/vault", PNG, "mona")).status_code == 404
    assert get(f"{hub.url}/user-attachments/assets/00000000-0000-4000-8000-000000000000").status_code == 404


def test_a_signature_is_for_one_address_and_some_minutes(
    hub: LocalGitHub, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (signed(api, f"![]({hub.attach(REPO, PNG, 'mona')})") for _ in range(2))
    assert get(one.partition("?")[0]).status_code == 404
    assert get(f"{one.partition('?')[0]}?{other.partition('?')[2]}").status_code == 404
    monkeypatch.setattr("bot.local_github.attachments.SECONDS", -1)
    assert get(signed(api, f"![]({hub.attach(REPO, PNG, 'mona')})")).status_code == 404
    assert SECONDS == 300


def test_no_other_image_is_shown(hub: LocalGitHub, api: Api) -> None:
    body = "![words](https://example.com/x.png) <img src='https://example.com/user-attachments/x.png' onerror=alert(1)>"
    number = hub.open_issue(REPO, "Look", body, "mona").number
    html = api.call("GET", f"/repos/{REPO}/issues/{number}", headers=FULL).json()["body_html"]
    assert "<img" not in html and "words" in html


def test_what_is_said_to_be_a_page_runs_nowhere(hub: LocalGitHub) -> None:
    answer = get(hub.attach(REPO, b"<script>1</script>", "mona", "text/html"), follow=True)
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_persons_page_shows_it(hub: LocalGitHub) -> None:
    number = hub.open_issue(REPO, "Look", f"![alt]({hub.attach(REPO, PNG, 'mona')})", "mona").number
    page = get(f"{hub.url}/{REPO}/issues/{number}").text
    ((source, alt),) = SIGNED.findall(page)
    assert source.startswith("/private-user-images/") and alt == "alt"
    assert get(hub.url + source).content == PNG
