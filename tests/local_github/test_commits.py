"""Commits made over the API: on no branch, in the App's name, and Verified unless somebody else is named."""

from pathlib import Path
from typing import Any

import pytest

from bot.local_github import LocalGitHub
from tests.local_github.callers import Api, Browser, git, remote
from tests.local_github.conftest import REPO

NOWHERE = "0" * 40
SOMEBODY = {"name": "Mona", "email": "mona@example.com"}


@pytest.fixture
def given(hub: LocalGitHub) -> dict[str, Any]:
    """What a commit on main is made of."""
    main = hub.commit_at(REPO, "main")
    return {"message": "Better\n\nMuch better.\n", "tree": main.tree, "parents": [main.sha]}


def test_it_stands_on_no_branch_until_somebody_puts_it_there(
    given: dict[str, Any], hub: LocalGitHub, api: Api, tmp_path: Path
) -> None:
    before = hub.refs(REPO, "refs")
    made = api.repo("POST", "/git/commits", json=given).json()
    assert hub.refs(REPO, "refs") == before
    assert [made["tree"]["sha"], [one["sha"] for one in made["parents"]]] == [given["tree"], given["parents"]]
    git("init", "--quiet", "--bare", "mirror", cwd=tmp_path)
    git("fetch", "--quiet", remote(hub, api.token()), made["sha"], cwd=tmp_path / "mirror")
    git("fsck", "--strict", cwd=tmp_path / "mirror")
    said = git("log", "-1", "--format=%an %cn %B", "FETCH_HEAD", cwd=tmp_path / "mirror").stdout
    assert said.strip() == f"{hub.site.app.bot.login} GitHub Better\n\nMuch better."


def test_it_is_the_apps_and_verified(given: dict[str, Any], hub: LocalGitHub, api: Api) -> None:
    made = api.repo("POST", "/git/commits", json=given).json()
    assert (made["verification"]["verified"], made["verification"]["reason"]) == (True, "valid")
    assert made["verification"]["payload"].startswith(f"tree {given['tree']}\n")
    assert made["verification"]["payload"].endswith("\n\nBetter\n\nMuch better.\n")
    shown = api.repo("GET", f"/commits/{made['sha']}").json()
    assert shown["commit"]["verification"] == made["verification"]
    assert (shown["author"]["login"], shown["committer"]["login"]) == (hub.site.app.bot.login, "web-flow")


@pytest.mark.parametrize("role", ["author", "committer"])
def test_one_that_names_somebody_is_not_signed(role: str, given: dict[str, Any], api: Api) -> None:
    made = api.repo("POST", "/git/commits", json={**given, role: SOMEBODY}).json()
    assert made[role]["name"] == "Mona"
    assert (made["verification"]["verified"], made["verification"]["reason"]) == (False, "unsigned")


def test_a_github_that_was_not_set_up_to_signs_none(given: dict[str, Any], hub: LocalGitHub, api: Api) -> None:
    hub.sign_nothing()
    made = api.repo("POST", "/git/commits", json=given).json()
    assert (made["verification"]["verified"], made["committer"]["name"]) == (False, "GitHub")


@pytest.mark.parametrize("lie", ["", "gpgsig -----BEGIN LOCAL GITHUB SIGNATURE-----\n AAAA\n -----END-----\n"])
def test_whoever_calls_himself_github_is_not_verified(lie: str, hub: LocalGitHub, api: Api, tmp_path: Path) -> None:
    git("clone", "--quiet", remote(hub, api.token()), "work", cwd=tmp_path)
    github = "GitHub <noreply@github.com> 1700000000 +0000"
    text = f"tree {hub.commit_at(REPO, 'main').tree}\nauthor {github}\ncommitter {github}\n{lie}\nForged\n"
    (tmp_path / "work" / "forged").write_text(text)
    made = git("hash-object", "-t", "commit", "-w", "forged", cwd=tmp_path / "work").stdout.strip()
    git("push", "origin", f"{made}:refs/heads/forged", cwd=tmp_path / "work")
    assert hub.commit_at(REPO, "forged").committer_email == "noreply@github.com"
    assert not hub.is_verified(REPO, "forged")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"tree": NOWHERE}, "Tree SHA does not exist"),
        ({"tree": "main"}, "The tree parameter must be exactly 40 characters and contain only [0-9a-f]."),
        ({"parents": [NOWHERE]}, "Parent SHA does not exist or is not a commit object"),
        ({"parents": ["main"]}, "The parents parameter must be exactly 40 characters and contain only [0-9a-f]."),
        ({"parents": "main"}, "Invalid request.\n\nFor 'properties/parents', 'main' is not an array."),
        ({"message": None}, 'Invalid request.\n\n"message" wasn\'t supplied.'),
        ({"author": "Mona"}, "Invalid request.\n\n'Mona' is not an object."),
        ({"author": {"name": "Mona <", "email": "x"}}, "Invalid commit"),
        ({"committer": {"name": " ", "email": "x"}}, "Invalid commit"),
        ({"message": "Better\0"}, "Invalid commit"),
    ],
)
def test_what_is_no_commit_is_refused(wrong: dict[str, Any], words: str, given: dict[str, Any], api: Api) -> None:
    refused = api.repo("POST", "/git/commits", json={**given, **wrong})
    assert (refused.status_code, refused.json()["message"]) == (422, words)


def test_a_commit_is_no_tree(given: dict[str, Any], api: Api) -> None:
    swapped = {"tree": given["parents"][0], "parents": [given["tree"]]}
    assert api.repo("POST", "/git/commits", json={**given, **swapped}).status_code == 422


def test_whoever_may_not_write_makes_none(given: dict[str, Any], api: Api) -> None:
    reader = api.token({"permissions": {"contents": "read"}})
    assert api.repo("POST", "/git/commits", reader, json=given).status_code == 403


def test_refs_that_are_no_branches_are_pushed_found_and_removed(
    given: dict[str, Any], hub: LocalGitHub, api: Api, tmp_path: Path
) -> None:
    git("clone", "--quiet", remote(hub, api.token()), "work", cwd=tmp_path)
    for run in ("r1", "r12"):
        git("push", "origin", f"HEAD:refs/async-code/{run}/patch", cwd=tmp_path / "work")
    assert list(hub.branches(REPO)) == ["main"]
    (found,) = api.repo("GET", "/git/matching-refs/async-code/r1/").json()
    assert (found["ref"], found["object"]["sha"]) == ("refs/async-code/r1/patch", given["parents"][0])
    assert api.repo("DELETE", "/git/refs/async-code/r1/patch").status_code == 204
    assert list(hub.refs(REPO, "refs/async-code")) == ["refs/async-code/r12/patch"]


def test_pages_mark_what_is_verified(given: dict[str, Any], hub: LocalGitHub, api: Api) -> None:
    mark = '<span class="tag verified">Verified</span>'
    hub.commit(REPO, "topic", {"a": "a"}, by="mona")
    topic = hub.commit_at(REPO, "topic")
    made = api.repo("POST", "/git/commits", json={**given, "tree": topic.tree, "parents": [topic.sha]}).json()["sha"]
    api.repo("POST", "/git/refs", json={"ref": "refs/heads/ours", "sha": made})
    number = hub.open_pull(REPO, "Better", "ours", "main", None, by="mona").number
    with Browser(hub) as browser:
        for path in (f"/commit/{made}", f"/pull/{number}", "/tree/ours"):
            assert browser.see(f"/{REPO}{path}").count(mark) == 1, path
        assert mark not in browser.see(f"/{REPO}/commit/{topic.sha}")


def test_a_message_may_hold_what_git_is_asked_to_part_fields_with(hub: LocalGitHub, api: Api) -> None:
    hub.commit(REPO, "odd", {"a": "a"}, by="mona", message="One\x1ftwo")
    assert api.repo("GET", "/commits/odd").json()["commit"]["message"] == "One\x1ftwo"
