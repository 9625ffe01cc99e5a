"""Real git over HTTP: clone, push, and who may not."""

import gzip
import os
from pathlib import Path

import httpx
import pytest

from bot.local_github import LocalGitHub
from tests.local_github.callers import Api, git, remote
from tests.local_github.conftest import REPO


@pytest.fixture
def work(hub: LocalGitHub, api: Api, tmp_path: Path) -> Path:
    """A clone made with a token of all permissions."""
    git("clone", "--quiet", remote(hub, api.token()), "work", cwd=tmp_path)
    return tmp_path / "work"


def commit(work: Path, path: str, content: bytes, branch: str = "topic") -> str:
    """A commit on a new branch of the clone."""
    git("checkout", "--quiet", "-B", branch, cwd=work)
    (work / path).parent.mkdir(parents=True, exist_ok=True)
    (work / path).write_bytes(content)
    git("add", "--all", cwd=work)
    git("commit", "--quiet", "--message", "Change", cwd=work)
    return git("rev-parse", "HEAD", cwd=work).stdout.strip()


def test_what_is_pushed_is_on_the_branch(work: Path, hub: LocalGitHub) -> None:
    assert (work / "till" / "basket.py").read_text() == "limit = 10\n"
    sha = commit(work, "till/basket.py", b"limit = 9\n")
    git("push", "origin", "topic", cwd=work)
    assert hub.branches(REPO)["topic"] == sha
    assert hub.file_at(REPO, "topic", "till/basket.py") == "limit = 9\n"
    assert hub.file_at(REPO, "topic", "nothing") is None
    assert "-limit = 10\n+limit = 9\n" in hub.diff(REPO, "main", "topic")


def test_a_large_push_comes_through_in_chunks(work: Path, hub: LocalGitHub) -> None:
    commit(work, "big.bin", os.urandom(3_000_000))
    git("push", "origin", "topic", cwd=work)
    assert "topic" in hub.branches(REPO)


def test_a_push_moves_the_pull_request_before_it_ends(work: Path, hub: LocalGitHub) -> None:
    commit(work, "a", b"1")
    git("push", "origin", "topic", cwd=work)
    hub.open_pull(REPO, "Better", "topic", "main", None, by="mona")
    sha = commit(work, "a", b"2")
    git("push", "origin", "topic", cwd=work)
    assert hub.pulls(REPO)[0].head_sha == sha
    git("push", "origin", "--delete", "topic", cwd=work)
    assert hub.pulls(REPO)[0].state == "closed"


def test_a_shallow_and_a_partial_clone_work(hub: LocalGitHub, api: Api, tmp_path: Path) -> None:
    address = remote(hub, api.token())
    git("clone", "--quiet", "--depth=1", "--filter=blob:none", address, "thin", cwd=tmp_path)
    git("init", "--quiet", "--bare", "mirror", cwd=tmp_path)
    git("fetch", "--quiet", address, hub.branches(REPO)["main"], cwd=tmp_path / "mirror")


def test_a_compressed_request_is_understood(hub: LocalGitHub, api: Api) -> None:
    # One wanted commit in git's packet lines, as a client with many wants would compress it.
    want = f"want {hub.branches(REPO)['main']} no-progress\n"
    body = f"{len(want) + 4:04x}{want}00000009done\n".encode()
    answer = httpx.post(
        f"{hub.url}/{REPO}.git/git-upload-pack",
        content=gzip.compress(body),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/x-git-upload-pack-request"},
        auth=("x-access-token", api.token()),
        trust_env=False,
    )
    assert (answer.status_code, b"PACK" in answer.content) == (200, True)


@pytest.mark.parametrize(
    ("narrowed", "words"),
    [
        ({"permissions": {"contents": "read"}}, "Write access to repository not granted"),
        ({"repositories": ["other"]}, "Write access to repository not granted"),
    ],
)
def test_a_token_that_may_not_write_pushes_nothing(
    narrowed: dict[str, object], words: str, work: Path, hub: LocalGitHub, api: Api
) -> None:
    hub.add_repository("octo-org", "other", None)
    commit(work, "a", b"1")
    refused = git("push", remote(hub, api.token(narrowed)), "topic", cwd=work, check=False)
    assert words in refused.stderr
    assert "topic" not in hub.branches(REPO)


def test_a_token_of_nothing_sees_nothing(hub: LocalGitHub, api: Api, tmp_path: Path) -> None:
    hub.add_repository("octo-org", "vault", {"a": "a"}, private=True)
    other = api.token({"repositories": ["till"]})
    assert "not found" in git("clone", remote(hub, other, "octo-org/vault"), "v", cwd=tmp_path, check=False).stderr
    for address in (remote(hub, "ghs_unknown"), f"{hub.url}/{REPO}.git"):
        assert git("clone", address, "x", cwd=tmp_path, check=False).returncode != 0


def test_an_expired_token_is_refused(hub: LocalGitHub, api: Api, tmp_path: Path) -> None:
    token = api.token()
    hub.advance(3600)
    assert "Invalid username or token" in git("clone", remote(hub, token), "x", cwd=tmp_path, check=False).stderr


def test_an_archived_a_suspended_and_a_deleted_repository_take_no_push(work: Path, hub: LocalGitHub) -> None:
    commit(work, "a", b"1")
    hub.suspend("octo-org")
    assert "suspended" in git("push", "origin", "topic", cwd=work, check=False).stderr
    hub.unsuspend("octo-org")
    hub.archive(REPO)
    assert "archived" in git("push", "origin", "topic", cwd=work, check=False).stderr
    hub.delete_repository(REPO)
    assert "not found" in git("push", "origin", "topic", cwd=work, check=False).stderr


def test_a_renamed_repository_is_found_by_its_former_name(work: Path, hub: LocalGitHub) -> None:
    hub.rename_repository(REPO, "register")
    git("fetch", "--quiet", "origin", cwd=work)


def test_a_workflow_file_needs_its_own_permission(work: Path, hub: LocalGitHub) -> None:
    commit(work, ".github/workflows/ci.yml", b"on: push\n")
    commit(work, "a", b"1")
    refused = git("push", "origin", "topic", cwd=work, check=False)
    assert "workflow `.github/workflows/ci.yml` without `workflows` permission" in refused.stderr
    assert "topic" not in hub.branches(REPO)


def test_a_workflow_file_that_was_there_bars_nobody(hub: LocalGitHub, work: Path) -> None:
    hub.commit(REPO, "main", {".github/workflows/ci.yml": "on: push\n"}, by="mona")
    git("pull", "--quiet", "origin", "main", cwd=work)
    commit(work, "a", b"1")
    git("push", "origin", "topic", cwd=work)
    assert "topic" in hub.branches(REPO)


def test_the_dumb_protocol_is_not_spoken(hub: LocalGitHub, api: Api) -> None:
    answer = httpx.get(f"{hub.url}/{REPO}.git/info/refs", auth=("x", api.token()), trust_env=False)
    assert answer.status_code == 403
    assert httpx.get(f"{hub.url}/{REPO}.git/config", auth=("x", api.token()), trust_env=False).status_code == 404


def test_a_person_removes_a_file_and_begins_an_empty_repository(hub: LocalGitHub) -> None:
    hub.commit(REPO, "main", {"README.md": None, 'od"d\\name': "x"}, by="mona")
    assert hub.file_at(REPO, "main", "README.md") is None
    assert hub.file_at(REPO, "main", 'od"d\\name') == "x"
    hub.add_repository("octo-org", "empty", None)
    assert hub.branches("octo-org/empty") == {}
    sha = hub.commit("octo-org/empty", "main", {"a": "a"}, by="mona")
    assert hub.branches("octo-org/empty") == {"main": sha}
