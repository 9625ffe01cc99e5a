"""Mirrors and workspaces on disk: a repository runs nothing, no token stays, a killed worker is in nobody's way."""

import base64
import os
from pathlib import Path

import pytest

from runners import mirrors
from runners.git import git, remote
from runners.github_types import NotFound, Unavailable, Where
from runners.problems import Problem
from runners.workspace import open_workspace, remove, workspaces
from tests.runners.ground import make_ground, plain_git
from tests.world import REPO, World


def fetch(world: World, where: Where, ref: str = "main") -> tuple[Path, str]:
    with world.context.github.git_token(where, {"contents": "read"}) as token:
        return mirrors.fetch(world.settings, where, f"refs/heads/{ref}", token)


def test_a_workspace_is_a_clean_checkout_that_the_agent_s_git_understands(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, {"app.py": b"x\n", "sub/a.txt": b"y\n"})
    with ground.workspace() as workspace:
        assert plain_git(workspace.tree, "status", "--porcelain") == ""
        assert plain_git(workspace.tree, "rev-parse", "HEAD") == ground.base_sha
        assert plain_git(workspace.tree, "remote") == ""
        assert plain_git(workspace.tree, "log", "--format=%s") == "first"
        assert not list((workspace.tree / ".git/objects").glob("??")), "it borrows what it has"
        (workspace.tree / "app.py").write_text("z\n")
        assert "+z" in plain_git(workspace.tree, "diff")


def test_nothing_of_an_earlier_attempt_is_left(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, {"app.py": b"x\n"})
    left = workspaces(ground.settings) / "r1-1" / "tree"
    (left / "locked").mkdir(parents=True)
    (left / "locked").chmod(0)
    (left / "app.py").mkdir()
    with ground.workspace() as workspace:
        assert {path.name for path in workspace.tree.iterdir()} == {"app.py", ".git"}
    with pytest.raises(RuntimeError), ground.workspace():
        raise RuntimeError
    assert list(workspaces(ground.settings).iterdir()) == []


def test_removing_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir(mode=0o500)
    for name in ("a-link", "folder/a-link"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(tmp_path / "precious")
        remove((tmp_path / name).parent if "/" in name else tmp_path / name)
    assert os.listdir(tmp_path) == ["precious"]  # noqa: PTH208  # the plain names
    assert (tmp_path / "precious").stat().st_mode & 0o777 == 0o500


def test_a_hostile_repository_runs_nothing_when_it_is_checked_out(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n"
    files = {
        "app.py": b"x\n",
        "movie.mp4": pointer,
        ".gitattributes": b"* filter=lfs diff=evil merge=evil\n",
        ".gitmodules": b'[submodule "x"]\n\tpath = vendor/lib\n\turl = ./lib\n',
        "bare/HEAD": b"ref: refs/heads/main\n",
        "bare/config": b"[core]\n\tfsmonitor = touch PWNED\n\tbare = true\n",
        "bare/objects/x": b"",
        "bare/refs/x": b"",
        "hooks/post-checkout": b"#!/bin/sh\ntouch PWNED\n",
    }
    ground = make_ground(tmp_path, files, submodule="1" * 40)
    with ground.workspace() as workspace:
        assert (workspace.tree / "movie.mp4").read_bytes() == pointer
        assert list((workspace.tree / "vendor/lib").iterdir()) == []
        assert not list(tmp_path.rglob("PWNED"))


def test_a_link_out_of_the_repository_is_a_link_and_nothing_is_written_through_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "outside").mkdir()
    (source / "way").symlink_to(tmp_path / "outside")
    ground = make_ground(tmp_path, {"app.py": b"x\n"})
    with ground.workspace() as workspace:
        assert (workspace.tree / "way").is_symlink()
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_second_fetch_brings_only_what_is_new(world: World, where: Where) -> None:
    mirror, first = fetch(world, where)
    new = world.hub.commit(REPO, "main", {"notes.txt": "hello\n"}, "alice")
    assert fetch(world, where) == (mirror, new)
    assert plain_git(mirror, "cat-file", "-t", first) == "commit"
    world.hub.commit(REPO, "topic", {"notes.txt": "topic\n"}, "alice")
    assert fetch(world, where, "topic")[1] == world.hub.branches(REPO)["topic"]
    assert plain_git(mirror, "for-each-ref", "refs/heads", "refs/tags", "refs/remotes") == ""


def test_packs_are_gathered_before_they_are_many(world: World, where: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors, "MOST_PACKS", 3)
    commits = []
    for number in range(8):
        world.hub.commit(REPO, "main", {"notes.txt": f"{number}\n"}, "alice")
        mirror, commit = fetch(world, where)
        commits.append(commit)
    assert len(list((mirror / "objects" / "pack").glob("*.pack"))) <= 4
    assert {plain_git(mirror, "cat-file", "-t", commit) for commit in commits} == {"commit"}


def test_a_branch_may_take_the_place_of_a_folder_of_branches(world: World, where: Where) -> None:
    for ref, other in (("topic", "topic/one"), ("topic/one", "topic")):
        bare = Path(world.hub.site.disk.path(where.repository_id))
        plain_git(bare, "update-ref", "-d", f"refs/heads/{other}")
        plain_git(bare, "update-ref", f"refs/heads/{ref}", "refs/heads/main")
        assert fetch(world, where, ref)[1] == world.hub.branches(REPO)["main"]


def test_what_a_killed_fetch_left_is_no_obstacle(world: World, where: Where) -> None:
    mirror = mirrors.mirror_of(world.settings, where)
    for head in ("HEAD.lock", "HEAD"):  # `git init` was killed half-way, once sooner and once later
        (mirror / "objects").mkdir(parents=True)
        (mirror / head).write_text("ref: refs/heads/main\n")
        _, commit = fetch(world, where)
        if head == "HEAD.lock":
            remove(mirror)
    kept = next(path for path in (mirror / "refs/fetched").iterdir())
    for left in (kept.with_name(f"{kept.name}.lock"), mirror / "config.lock", mirror / "packed-refs.lock"):
        left.touch()
    new = world.hub.commit(REPO, "main", {"notes.txt": "hello\n"}, "alice")
    assert fetch(world, where)[1] == new != commit


def test_a_fetch_that_can_t_be_ends_in_a_clear_answer(world: World, where: Where) -> None:
    with pytest.raises(Problem, match="`nowhere` does not exist") as missing:
        fetch(world, where, "nowhere")
    assert missing.value.reason == "no_such_branch"
    world.hub.add_repository("octo", "empty", None)
    empty = Where(where.installation_id, "octo/empty", world.hub.repository("octo/empty").id)
    with pytest.raises(Problem, match="first commit"):
        fetch(world, empty)
    with pytest.raises(Unavailable):
        mirrors.fetch(world.settings, where, "refs/heads/main", "ghs_" + "x" * 36)
    world.hub.faults.add("GET", "/info/refs$", 503)
    with pytest.raises(Unavailable):
        fetch(world, where)
    with world.context.github.git_token(where, {"contents": "read"}) as token:
        world.hub.delete_repository(REPO)
        with pytest.raises(NotFound):
            mirrors.fetch(world.settings, where, "refs/heads/main", token)
        world.hub.stop()
        with pytest.raises(Unavailable):
            mirrors.fetch(world.settings, where, "refs/heads/main", token)


def test_objects_that_git_thinks_harmful_are_not_taken(world: World, where: Where) -> None:
    world.hub.commit(REPO, "main", {".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = -u./PWNED\n'}, "alice")
    with pytest.raises(Problem, match=r"harmful.*gitmodulesUrl") as refused:
        fetch(world, where)
    assert refused.value.reason == "refused_objects"


def test_no_token_stays_on_disk(world: World, where: Where) -> None:
    tokens = []
    for permissions in ({"contents": "read"}, {"contents": "write"}):
        with world.context.github.git_token(where, permissions) as token:
            tokens.append(token)
            mirror, commit = mirrors.fetch(world.settings, where, "refs/heads/main", token)
            with open_workspace(world.settings, "kept", mirror, commit) as workspace:
                settings = remote(world.settings.github_base_url, token)
                address = f"{world.settings.github_base_url}/{REPO}.git"
                if "write" in permissions.values():
                    git("push", "--", address, f"{commit}:refs/heads/new", git_dir=workspace.git, settings=settings)
                everything = [path for path in world.settings.data_dir.rglob("*") if path.is_file()]
                texts = {path: path.read_bytes() for path in everything}
        for path, content in texts.items():
            assert token.encode() not in content, path
            assert base64.b64encode(f"x-access-token:{token}".encode())[:40] not in content, path
    assert world.hub.branches(REPO)["new"] == commit
    assert len(texts) > 10
    assert len(set(tokens)) == 2
