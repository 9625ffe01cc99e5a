"""A repository's `setup`: run before the agent, found by it and by the checks, in no patch, and kept for a commit."""

import json
import shutil
import threading
from pathlib import Path

import httpx
import pytest

from runners import setups
from runners.workspace import Workspace
from tests.conftest import MakeWorld
from tests.serving import living_gateway
from tests.world import FIX, REPO, World

FILE = ".github/async-code.yml"
AGENT = "sh -c 'cat tools/made > seen.txt; ls -A > listed.txt; git status --porcelain > changed.txt'"
# Each time that it runs it leaves another name, as an environment might.
MAKES = "mkdir -p tools && date +%N > tools/made && echo log > built.log"


def wish(world: World, setup: list[str], **more: object) -> None:
    """The repository's file wishes for these commands."""
    lines = [f"{name}: {json.dumps(value)}" for name, value in {"setup": setup, **more}.items()]
    world.hub.commit(REPO, "main", {FILE: "\n".join(lines) + "\n"}, "alice")


@pytest.fixture
def locked(new_world: MakeWorld) -> World:
    """A world whose agents work in bubblewrap, and whose default agent tells what it finds."""
    return new_world(sandbox="bubblewrap", agent_command=AGENT, default_agent="command")


def done(world: World, text: str = "/async-code implement it") -> str:
    """Somebody asks for it on a new issue, and it is done; the branch."""
    before = set(world.branches())
    world.comment(text)
    world.work()
    (branch,) = set(world.branches()) - before
    return branch


def said(world: World, branch: str, name: str) -> str:
    """A file that the agent left on its branch."""
    return world.hub.file_at(REPO, branch, name) or ""


def steps(world: World) -> str:
    """All that the newest run's page tells."""
    return httpx.get(f"{world.url}/runs/{world.run_rows()[-1].id}").text


def test_the_agent_finds_what_it_left_and_the_patch_does_not_have_it(locked: World) -> None:
    wish(locked, [MAKES])
    branch = done(locked)
    assert said(locked, branch, "seen.txt").strip().isdigit()
    assert {"tools", "built.log"} <= set(said(locked, branch, "listed.txt").split())
    assert "tools" not in said(locked, branch, "changed.txt"), "nor is it a change to the agent's own git"
    assert said(locked, branch, "built.log") == said(locked, branch, "tools/made") == ""


def test_it_runs_once_for_a_commit(locked: World) -> None:
    wish(locked, [MAKES])
    first, second = done(locked), done(locked)
    assert said(locked, first, "seen.txt") == said(locked, second, "seen.txt")
    assert "as an earlier run on this commit left it" in steps(locked)
    locked.hub.commit(REPO, "main", {"more.txt": "x\n"}, "alice")
    assert said(locked, done(locked), "seen.txt") != said(locked, first, "seen.txt")


@pytest.mark.needs("docker")
def test_in_containers_it_is_kept_just_so(new_world: MakeWorld) -> None:
    world = new_world(sandbox="docker", agent_command=AGENT, default_agent="command")
    wish(world, [MAKES, "python3 -m venv env && env/bin/python -c 'print(1)'"], checks=["env/bin/python -V"])
    first, second = done(world), done(world)
    assert said(world, first, "seen.txt") == said(world, second, "seen.txt") != ""
    assert "as an earlier run on this commit left it" in steps(world)
    assert "✅ `env/bin/python -V`" in world.reply(3)


def test_other_commands_are_another_setup(locked: World) -> None:
    wish(locked, [MAKES])
    first = done(locked)
    wish(locked, [MAKES, "true"])
    assert said(locked, done(locked), "seen.txt") != said(locked, first, "seen.txt")


def test_checks_find_it_too(world: World) -> None:
    wish(world, [MAKES], checks=["test -f tools/made"])
    done(world, FIX)
    assert "✅ `test -f tools/made`" in world.reply(1)


def test_what_it_changes_of_the_repository_is_put_back(locked: World) -> None:
    wish(locked, ["echo broken > app.py; rm README.md; rm -rf .git; mkdir tools; echo 1 > tools/made"])
    branch = done(locked)
    assert said(locked, branch, "app.py").startswith("def add")
    assert said(locked, branch, "README.md") == "# app\n"
    assert said(locked, branch, "changed.txt").split() == ["??", "changed.txt", "??", "listed.txt", "??", "seen.txt"]


def test_one_that_fails_asks_no_agent_and_says_which(locked: World) -> None:
    wish(locked, ["true", "echo no such package; exit 4", "touch never"])
    locked.comment("/async-code implement it")
    locked.work()
    (run,) = locked.run_rows()
    assert (run.state, run.reason) == ("failed", "setup_failed")
    assert "`setup` failed, so the agent was not asked" in locked.reply(1)
    assert "(exit code 4)" in locked.reply(1)
    assert "no such package" in steps(locked)


def test_links_in_the_place_of_the_repositorys_folders_lead_nowhere_outside(locked: World, tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    locked.hub.commit(REPO, "main", {"deep/code.py": "old\n"}, "alice")
    swaps = f"rm -r deep; ln -s {tmp_path}/victim deep; mkdir tools; ln -s {tmp_path}/victim tools/made; mkfifo wait"
    wish(locked, [swaps])
    branches = [done(locked), done(locked)]
    assert list((tmp_path / "victim").iterdir()) == []
    assert [said(locked, branch, "deep/code.py") for branch in branches] == ["old\n", "old\n"]
    assert "as an earlier run" in steps(locked)


def test_names_that_mean_something_to_git_are_left_out_as_they_are(locked: World) -> None:
    wish(locked, ["mkdir tools; echo 1 > tools/made; touch '!x' '#y' 'a*b' '[z]' 'end ' 'two words'"])
    branch = done(locked)
    assert said(locked, branch, "changed.txt").split() == ["??", "changed.txt", "??", "listed.txt", "??", "seen.txt"]
    assert "two words" in said(locked, branch, "listed.txt")


def test_a_plan_needs_none(locked: World) -> None:
    wish(locked, ["exit 1"])
    locked.comment("/async-code plan it")
    locked.work()
    assert locked.run_rows()[0].reason != "setup_failed"


ASKS = "python3 -c 'import urllib.request as r; r.urlopen(\"https://evil.example/\")'"


def test_it_reaches_hosts_as_far_as_an_agent_would_even_where_its_agent_asks_no_model(new_world: MakeWorld) -> None:
    world = new_world(
        sandbox="bubblewrap", agent_command=AGENT, default_agent="command", sandbox_hosts="packages.example"
    )
    wish(world, [f"{ASKS} || mkdir tools && echo 1 > tools/made"])
    with living_gateway(world.settings, world.database):
        done(world)
    assert "evil.example:443" in steps(world), "the gateway was asked, and refused"
    (run,) = world.run_rows()
    assert run.credential is None


def test_without_the_gateway_nothing_is_started(new_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.way_out.SECONDS_FOR_THE_GATEWAY", 0.1)
    world = new_world(
        sandbox="bubblewrap", agent_command=AGENT, default_agent="command", sandbox_hosts="packages.example"
    )
    wish(world, ["touch made"])
    world.comment("/async-code implement it")
    world.decide()
    world.runs_step()
    (run,) = world.run_rows()
    assert run.state == "queued"


def test_one_that_is_asked_for_once_more_is_made_anew(locked: World) -> None:
    wish(locked, [MAKES])
    branch = done(locked)
    locked.comment("/async-code retry", on=1)
    locked.work()
    (second,) = set(locked.branches()) - {branch}
    assert said(locked, second, "seen.txt") != said(locked, branch, "seen.txt")


def test_what_can_t_be_copied_is_not_kept_and_costs_nothing(tmp_path: Path) -> None:
    place = tmp_path / "mirror.git" / "setups" / f"{1:032x}"
    place.parent.mkdir(parents=True)
    workspace = Workspace(tmp_path / "r1-1", "0" * 40, tmp_path / "mirror.git" / "objects", "")
    (workspace.tree / "env").mkdir(parents=True)
    setups.keep(place, workspace, ["env", "gone"])
    assert list(place.parent.iterdir()) == []
    assert setups.bring(place, workspace) is None


def test_what_can_t_be_brought_leaves_nothing_half(tmp_path: Path) -> None:
    place = tmp_path / "mirror.git" / "setups" / f"{1:032x}"
    place.parent.mkdir(parents=True)
    workspace = Workspace(tmp_path / "r1-1", "0" * 40, tmp_path / "mirror.git" / "objects", "")
    for path in ("env", "other"):
        (workspace.tree / path).mkdir(parents=True)
    setups.keep(place, workspace, ["env", "other"])
    shutil.rmtree(place / "tree" / "other")
    shutil.rmtree(workspace.tree)
    workspace.tree.mkdir()
    assert setups.bring(place, workspace) is None
    assert list(workspace.tree.iterdir()) == []


@pytest.mark.parametrize("name", ["a\\tb", "b.py\\r"])
def test_a_name_that_git_s_patterns_can_t_tell_is_refused(locked: World, name: str) -> None:
    wish(locked, [f"touch \"$(printf '{name}x')\"; touch \"$(printf '{name}')\""])
    locked.comment("/async-code implement it")
    locked.work()
    (run,) = locked.run_rows()
    assert (run.state, run.reason) == ("failed", "setup_failed")
    assert "control characters" in locked.reply(1)


def test_what_would_hide_an_agents_own_files_is_refused(locked: World) -> None:
    wish(locked, ["echo '*' > .gitignore"])
    locked.comment("/async-code implement it")
    locked.work()
    assert "would hide an agent's own files" in locked.reply(1)


def test_nothing_in_its_commands_is_replaced(locked: World) -> None:
    wish(locked, ["mkdir tools; echo '{python} {home} {programs}' > tools/made"])
    assert said(locked, done(locked), "seen.txt").strip() == "{python} {home} {programs}"


def test_many_at_once_keep_whole_ones_only(tmp_path: Path) -> None:
    """More commits than are kept, each with many files, kept by several runs at once."""
    places = [tmp_path / "mirror.git" / "setups" / f"{number:032x}" for number in range(4)]

    def keeps(kept: Path) -> None:
        tree = tmp_path / kept.name / "tree"
        (tree / "env").mkdir(parents=True)
        for number in range(2000):
            (tree / "env" / str(number)).touch()
        places[0].parent.mkdir(parents=True, exist_ok=True)
        setups.keep(kept, Workspace(tmp_path / kept.name, "0" * 40, tmp_path / "mirror.git" / "objects", ""), ["env"])

    threads = [threading.Thread(target=keeps, args=(kept,)) for kept in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = [kept for kept in places if kept.exists()]
    assert len(left) == setups.MOST_KEPT
    assert [len(list((kept / "tree" / "env").iterdir())) for kept in left] == [2000, 2000]
    assert setups.kilobytes(tmp_path / "mirror.git") > 0
