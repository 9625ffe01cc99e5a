"""Commits show as Verified: GitHub makes them of what the bot brought, and nothing is left behind or done twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import httpx
import pytest

from bot.local_github.faults import Asked
from bot.local_github.git_objects import Commit
from runners import moves
from runners import outbox as duties
from tests.conftest import MakeWorld
from tests.world import BUGGY, FIX, REPO, World

CARRIERS = "refs/async-code"
PUSH, COMMIT = "git-receive-pack$", "/git/commits$"
# GitHub speaks so in the `remote:` lines of a push that it declines.
REFUSING = """#!/bin/sh
case "$1" in {ref}) echo "GH013: Repository rule violations found for $1." >&2; exit 1 ;; esac
"""


def head(world: World) -> Commit:
    return world.hub.commit_at(REPO, world.pull_request.head_sha)


def is_verified(world: World) -> bool:
    return world.hub.is_verified(REPO, world.pull_request.head_sha)


def carriers(world: World) -> list[str]:
    return list(world.hub.refs(REPO, CARRIERS))


def topic(world: World) -> tuple[int, str]:
    """Alice's pull request from `topic`: its number and its head."""
    old = world.hub.commit(REPO, "topic", {"notes.txt": "hello\n"}, "alice")
    return world.hub.open_pull(REPO, "A topic", "topic", "main", "", "alice").number, old


def once_committed(world: World, then: Callable[[], None]) -> None:
    """Lets something happen between GitHub's making of the next commit and the push of it."""
    world.hub.faults.tell("POST", COMMIT, "after", lambda _asked: then(), times=1)


def work_on(world: World) -> None:
    """All is done, also what waits for a while."""
    for _ in range(4):
        world.work()
        world.later(30)


def steps(world: World) -> str:
    return httpx.get(f"{world.url}/runs/{world.run_rows()[0].id}").text


def refuse(world: World, ref: str) -> None:
    """A rule of the repository refuses pushes to such refs."""
    hook = world.hub.site.disk.path(world.hub.repository(REPO).id) / "hooks" / "update"
    hook.write_text(REFUSING.format(ref=ref))


def test_the_commit_is_githubs_own_in_the_apps_name(world: World) -> None:
    world.comment(FIX)
    world.work()
    made, bot = head(world), world.hub.site.app.bot
    assert is_verified(world)
    assert (made.author, made.email) == (bot.login, f"{bot.id}+{bot.login}@users.noreply.github.com")
    assert made.parents == (world.hub.branches(REPO)["main"],)
    assert world.hub.file_at(REPO, made.sha, "app.py") == BUGGY.replace("-", "+")
    assert [run.head_sha for run in world.run_rows()] == [made.sha]
    assert f"Async-Code-Run: {world.run_rows()[0].id}/1" in made.message
    assert carriers(world) == []


def test_on_a_pull_request_too(world: World) -> None:
    number, old = topic(world)
    world.comment(FIX, on=number)
    world.work()
    assert is_verified(world)
    assert head(world).parents == (old,)
    assert carriers(world) == []


def test_what_continues_a_pull_request_is_verified_behind_what_was(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'date +%N >> times.txt'", default_agent="command")
    world.comment("/async-code implement it")
    world.work()
    first = world.pull_request.head_sha
    world.comment("/async-code revise once more", on=world.pull_request.number)
    world.work()
    assert head(world).parents == (first,)
    assert is_verified(world) and world.hub.is_verified(REPO, first)


def test_every_branch_of_a_comparison_is_verified(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'cat > asked.txt'")
    world.comment("/async-code compare --agent command,mend make the tests pass")
    world.work()
    assert [world.hub.is_verified(REPO, branch) for branch in world.branches()] == [True, True]
    assert carriers(world) == []


def test_a_push_between_the_commit_and_ours_is_never_overwritten(world: World) -> None:
    number, _ = topic(world)
    theirs: list[str] = []
    once_committed(world, lambda: theirs.append(world.hub.commit(REPO, "topic", {"notes.txt": "mine\n"}, "alice")))
    world.comment(FIX, on=number)
    world.work()
    assert [world.hub.branches(REPO)["topic"]] == theirs
    assert [run.reason for run in world.run_rows()] == ["branch_moved"]
    assert "moved" in world.reply(number)
    assert carriers(world) == []


def test_a_branch_that_somebody_made_meanwhile_is_theirs(world: World) -> None:
    number = world.issue()

    def made() -> None:
        (run,) = world.run_rows()
        world.hub.commit(REPO, run.branch, {"notes.txt": "mine\n"}, "alice")

    once_committed(world, made)
    world.comment(FIX, on=number)
    world.work()
    assert [run.reason for run in world.run_rows()] == ["branch_moved"]
    assert world.hub.commit_at(REPO, *world.branches()).author == "alice"


@pytest.mark.parametrize("status", ["lost_response", 502])
@pytest.mark.parametrize("path", [PUSH, COMMIT])
def test_what_fails_before_the_branch_is_done_again(
    world: World, path: str, status: Literal["lost_response", 502]
) -> None:
    number = world.issue()
    world.hub.faults.add("POST", path, status, times=2)
    world.comment(FIX, on=number)
    work_on(world)
    assert [run.state for run in world.run_rows()] == ["done"]
    assert len(world.branches()) == len(world.pull_requests) == 1
    assert is_verified(world)
    assert carriers(world) == []


@pytest.mark.parametrize("status", ["lost_response", 502])
def test_what_fails_between_the_commit_and_the_branch_is_taken_up_there(
    world: World, status: Literal["lost_response", 502]
) -> None:
    number = world.issue()
    once_committed(world, lambda: world.hub.faults.add("POST", PUSH, status))
    world.comment(FIX, on=number)
    work_on(world)
    assert [run.state for run in world.run_rows()] == ["done"]
    assert len(world.branches()) == len(world.pull_requests) == 1
    assert len([call for call in world.hub.calls if call.path.endswith("/git/commits")]) == 1
    assert is_verified(world)
    assert carriers(world) == []


@pytest.mark.parametrize("times", [1, 3])
def test_what_github_does_not_know_at_once_is_asked_for_again(world: World, times: int) -> None:
    objects = world.hub.site.disk.path(world.hub.repository(REPO).id) / "objects"

    def of_the_tree() -> Path:
        tree = world.hub.commit_at(REPO, *carriers(world)).tree
        return objects / tree[:2] / tree[2:]

    def hide(_asked: Asked) -> None:
        of_the_tree().rename(objects / "hidden")

    def show(_asked: Asked) -> None:
        (objects / "hidden").rename(of_the_tree())

    world.hub.faults.tell("POST", COMMIT, "before", hide, times=times)
    world.hub.faults.tell("POST", COMMIT, "after", show, times=times)
    world.comment(FIX)
    world.work()
    assert is_verified(world) is (times < 3)


@pytest.mark.parametrize("status", [403, 404, 409, 422])
def test_where_github_makes_no_commit_the_bots_own_is_pushed_and_it_is_said(world: World, status: int) -> None:
    number = world.issue()
    world.hub.faults.add("POST", COMMIT, status)
    world.comment(FIX, on=number)
    world.work()
    assert "Done" in world.reply(number)
    assert not is_verified(world)
    assert head(world).author == "async-code"
    assert "GitHub did not sign the commit: " in steps(world)
    assert carriers(world) == []


def test_a_github_that_signs_nothing_makes_the_commit_all_the_same(world: World) -> None:
    world.hub.sign_nothing()
    world.comment(FIX)
    world.work()
    assert head(world).author == world.hub.site.app.bot.login
    assert not is_verified(world)
    assert "GitHub did not sign the commit: unsigned" in steps(world)


def test_a_commit_that_github_gives_out_to_nobody_is_made_up_for(world: World) -> None:
    repository = world.hub.repository(REPO).id

    def lost() -> None:
        (sha,) = world.hub.site.disk.run(repository, "fsck", "--dangling").decode().split()[2::3]
        (world.hub.site.disk.path(repository) / "objects" / sha[:2] / sha[2:]).unlink()

    once_committed(world, lost)
    world.comment(FIX)
    world.work()
    assert head(world).author == "async-code"
    assert "which it made, is not there" in steps(world)
    assert carriers(world) == []


def test_where_only_branches_may_be_pushed_the_bots_own_commit_is(world: World) -> None:
    refuse(world, "refs/async-code/*")
    number = world.comment(FIX)
    world.work()
    assert "Done" in world.reply(number)
    assert not is_verified(world)
    assert "GitHub did not sign the commit: GitHub refused the push" in steps(world)


@pytest.mark.parametrize("ref", ["*", "refs/heads/async-code/*"])
def test_a_push_that_a_rule_refuses_is_told_in_the_same_words(world: World, ref: str) -> None:
    refuse(world, ref)
    number = world.comment(FIX)
    world.work()
    assert [run.reason for run in world.run_rows()] == ["push_refused"]
    assert "GH013: Repository rule violations found for refs/heads/async-code/" in world.reply(number)
    world.later(61)
    world.work()
    assert (world.branches(), carriers(world)) == ([], [])


def test_what_a_run_left_that_was_cancelled_before_its_push_is_removed_a_minute_later(world: World) -> None:
    def cancel() -> None:
        with world.database.write() as connection:
            moves.cancel(connection, world.task_rows()[0].id, "alice")

    once_committed(world, cancel)
    world.comment(FIX)
    world.work()
    assert [run.state for run in world.run_rows()] == ["cancelled"]
    assert (len(carriers(world)), world.branches()) == (1, [])
    world.later(61)
    world.work()
    assert carriers(world) == []


def test_what_a_late_worker_brought_is_removed_and_other_runs_keep_theirs(world: World) -> None:
    world.comment(FIX)
    world.work()
    (run,), disk, repository = world.run_rows(), world.hub.site.disk, world.hub.repository(REPO).id
    for owner in (run.id, f"{run.id}x"):
        disk.set_ref(repository, f"{CARRIERS}/{owner}/patch", run.head_sha)
    world.later(61)
    world.work()
    assert carriers(world) == [f"{CARRIERS}/{run.id}x/patch"]


def test_a_carrier_that_can_t_be_removed_stands_in_nobodys_way(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    (run,) = world.run_rows()
    world.hub.site.disk.set_ref(world.hub.repository(REPO).id, f"{CARRIERS}/{run.id}/patch", run.head_sha)
    world.hub.faults.add("DELETE", "/git/refs/", 422)
    world.later(61)
    world.work()
    assert "Done" in world.reply(number)
    with world.database.read() as connection:
        assert duties.given_up(connection, 10) == []


def test_no_carrier_is_ever_a_branch_or_a_pull_request(world: World) -> None:
    seen: list[list[str]] = []
    world.hub.faults.tell("POST", COMMIT, "before", lambda _asked: seen.append(_all_refs(world)), times=1)
    world.comment(FIX)
    world.work()
    (run,) = world.run_rows()
    assert seen == [[f"{CARRIERS}/{run.id}/patch", "refs/heads/main"]]


def _all_refs(world: World) -> list[str]:
    return sorted(world.hub.refs(REPO, "refs"))


def test_the_commit_that_lets_ci_run_is_verified(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'cat > asked.txt'", default_agent="command")
    number = world.issue(by="bob")
    world.comment("/async-code implement it", on=number)
    world.work()
    held = world.pull_request.head_sha
    world.comment("/async-code release", on=world.pull_request.number)
    world.work()
    assert (head(world).message, head(world).parents) == ("Let CI run", (held,))
    assert is_verified(world)


def test_where_github_does_not_sign_ci_is_let_run_all_the_same(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'cat > asked.txt'", default_agent="command")
    number = world.issue(by="bob")
    world.comment("/async-code implement it", on=number)
    world.work()
    world.hub.faults.add("POST", COMMIT, 403)
    world.comment("/async-code release", on=world.pull_request.number)
    world.work()
    assert head(world).message == "Let CI run"
    assert not is_verified(world)
