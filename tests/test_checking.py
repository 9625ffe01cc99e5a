"""A repository's own checks: run on what the agent left, told in the comment, the pull request and the check run."""

import shutil
from pathlib import Path

import httpx
import pytest

from bot.local_github.records import CheckRun
from runners.sandboxes.bubblewrap import Bubblewrap
from tests.conftest import MakeWorld
from tests.test_doing import until
from tests.world import FIX, REPO, World

WRONG = FIX.replace("a + b", "a * b")
FILE = ".github/async-code.yml"
TESTS = "python3 -m unittest -q"
BROKEN = "sh -c 'echo app.py:2: error: it multiplies; exit 3'"


def wish(world: World, *checks: str) -> None:
    """The repository's file wishes for these checks."""
    world.hub.commit(REPO, "main", {FILE: f"checks: {list(checks)!r}\n"}, "alice")


def done(world: World, text: str = FIX) -> CheckRun:
    """Somebody asks for it, and it is done; the check run on what was pushed."""
    world.comment(text)
    world.work()
    (check,) = [one for one in world.checks if one.head_sha == world.pull_request.head_sha]
    return check


def test_checks_that_pass_are_told(world: World) -> None:
    wish(world, TESTS, "true")
    check = done(world)
    assert (check.conclusion, check.title) == ("success", "Published")
    told = f"Checks: ✅ `{TESTS}` · ✅ `true`."
    assert told in (check.summary or "")
    assert told in world.reply(1)
    assert told in (world.pull_request.body or "")
    assert check.annotations == ()


def test_one_that_fails_fails_the_check_run_at_its_lines_and_not_the_run(world: World) -> None:
    wish(world, "true", BROKEN)
    check = done(world, WRONG)
    assert [run.state for run in world.run_rows()] == ["done"]
    assert (check.conclusion, check.title) == ("failure", "Published; 1 of 2 checks failed")
    assert "(exit code 3)" in world.reply(1)
    (annotation,) = check.annotations
    assert (annotation["path"], annotation["start_line"], annotation["message"]) == ("app.py", 2, "it multiplies")
    assert "app.py:2: error: it multiplies" in (check.summary or "")


def test_without_a_sandbox_they_are_not_run(
    new_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "programs").mkdir()
    for program in ("git", "sh", "find", "chown", "setpriv"):
        (tmp_path / "programs" / program).symlink_to(str(shutil.which(program)))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    monkeypatch.setattr("runners.sandboxes.BUBBLEWRAP", Bubblewrap())  # each tries itself out once
    world = new_world(sandbox="auto")
    wish(world, f"touch {tmp_path}/escaped")
    check = done(world)
    assert [run.sandbox for run in world.run_rows()] == ["none"], "what is given is applied by our own program"
    assert not (tmp_path / "escaped").exists()
    assert check.title == "Published; 1 of 1 checks failed"
    assert "(not run: no sandbox works on this machine)" in world.reply(1)


def test_what_they_write_is_not_published(world: World) -> None:
    wish(world, "echo x > left.txt; rm app.py")
    done(world)
    assert world.hub.file_at(REPO, world.pull_request.head, "left.txt") is None
    assert "a + b" in (world.hub.file_at(REPO, world.pull_request.head, "app.py") or "")


def test_many_remarks_come_in_fifties_and_each_once(world: World) -> None:
    wish(world, "for n in $(seq 1 120); do echo app.py:$n: error: no; done; exit 1")
    check = done(world)
    assert len(check.annotations) == 120
    assert len({one["start_line"] for one in check.annotations}) == 120
    world.later(120)
    world.work()  # the look a minute after the end
    assert len(world.hub.check_runs(REPO, check.head_sha)[-1].annotations) == 120


def test_one_that_takes_too_long_is_ended_and_told(world: World) -> None:
    text = "checks: [sleep 600, 'true']\nlimits: {timeout_minutes: 0.05}\n"
    world.hub.commit(REPO, "main", {FILE: text}, "alice")
    check = done(world)
    assert check.title == "Published; 2 of 2 checks failed"
    assert "❌ `sleep 600` (out of time) · ❌ `true` (out of time)" in world.reply(1)


def test_without_a_patch_nothing_is_checked(world: World) -> None:
    wish(world, BROKEN)
    world.comment("/async-code apply\n```file=app.py\ndef add(a, b):\n    return a - b\n```")
    world.work()
    assert "Checks:" not in world.reply(1)


def test_cancelled_while_it_is_checked_it_publishes_nothing(world: World) -> None:
    wish(world, "sleep 600")
    number = world.comment(FIX)
    world.decide()
    working = world.in_background(world.runs_step)
    (run,) = world.run_rows()
    until(lambda: "checking: sleep 600" in httpx.get(f"{world.url}/runs/{run.id}").text)
    world.comment("/async-code cancel", on=number)
    world.decide()
    until(lambda: not working.is_alive())
    assert [run.state for run in world.run_rows()] == ["cancelled"]
    assert world.pull_requests == []


def test_fix_is_given_what_failed_after_the_run_before(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'cat > asked.txt'", default_agent="command")
    wish(world, "echo no newline; exit 1")
    world.comment("/async-code implement it")
    world.work()
    number = world.pull_request.number
    world.comment("/async-code fix", on=number)
    world.work()
    asked = world.hub.file_at(REPO, world.pull_request.head, "asked.txt") or ""
    assert "# A check that fails: echo no newline; exit 1\nno newline" in asked


@pytest.mark.parametrize("checks", ["pytest", '[""]', '["a\\nb"]', "[1]", f"[{', '.join(['x'] * 11)}]"])
def test_what_is_no_list_of_commands_is_a_mistake_in_the_file(world: World, checks: str) -> None:
    world.hub.commit(REPO, "main", {FILE: f"checks: {checks}\n"}, "alice")
    number = world.comment(FIX)
    world.work()
    assert "**A mistake in the repository's file**" in world.reply(number)
    assert "`checks" in world.reply(number)
