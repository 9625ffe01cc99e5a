"""`compare` lets several agents do the same task side by side; `pick` opens the pull request of one of them."""

import pytest

from tests.conftest import MakeWorld
from tests.world import REPO, World

AGENT = "sh -c 'cat > asked.txt; echo Done.'"
COMPARE = "/async-code compare --agent command,mend make the tests pass"


@pytest.fixture
def comparing(new_world: MakeWorld) -> World:
    """A world with two agents that come to something."""
    return new_world(agent_command=AGENT)


def compared(world: World, text: str = COMPARE) -> int:
    """Somebody has agents compared, and they end; the issue."""
    number = world.comment(text)
    world.work()
    return number


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ") and line[2].isdigit()]


def test_each_comes_to_a_branch_and_one_comment_shows_them(comparing: World) -> None:
    number = compared(comparing)
    assert [(run.state, run.pull_request) for run in comparing.run_rows()] == [("done", None)] * 2
    assert len(comparing.branches()) == 2
    assert comparing.pull_requests == []
    (said,) = comparing.replies(number)
    assert "**⚖️ Compared" in said
    assert sorted(row.split(" | ")[1] for row in rows(said)) == ["`command`", "`mend`"]
    assert all("[diff](" in row and "| Done |" in row for row in rows(said))
    assert "`/async-code pick 1` or `/async-code pick 2`" in said
    checks = [
        check for branch in comparing.branches() for check in comparing.hub.check_runs(REPO, sha(comparing, branch))
    ]
    assert sorted(check.name for check in checks) == ["async-code / command", "async-code / mend"]
    assert {check.conclusion for check in checks} == {"success"}


def sha(world: World, branch: str) -> str:
    return world.hub.branches(REPO)[branch]


def test_the_one_that_is_picked_gets_its_pull_request_and_the_others_branches_go(comparing: World) -> None:
    number = compared(comparing)
    (first, _) = rows(comparing.reply(number))
    agent = first.split("`")[1]
    said = comparing.say(number, "/async-code pick 1")
    (branch,) = comparing.branches()
    assert comparing.pull_request.head == branch
    assert f"Picked 1 by `alice`: [Pull request #{comparing.pull_request.number}]" in said
    assert f"`{agent}`" in (comparing.pull_request.body or "")
    assert f"Closes #{number}" in (comparing.pull_request.body or "")
    assert len(comparing.replies(number)) == 1
    assert "**Nothing to pick**" in comparing.say(number, "/async-code pick 2")


def test_implement_with_several_agents_is_a_comparison(comparing: World) -> None:
    number = compared(comparing, "/async-code implement --agent command,mend make the tests pass")
    assert len(rows(comparing.reply(number))) == 2
    assert comparing.pull_requests == []


def test_one_that_comes_to_nothing_is_said_and_can_t_be_picked(comparing: World) -> None:
    number = compared(comparing, "/async-code compare --agent command,patch write it")
    (said,) = comparing.replies(number)
    assert "Not like this" in said, "patch needs something to apply"
    assert comparing.run_rows() == []


def test_failing_runs_stand_beside_the_others(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'echo no; exit 3'")
    number = compared(world)
    (said,) = world.replies(number)
    failed = next(row.split(" | ")[0].strip("| ") for row in rows(said) if "`command`" in row)
    assert f"- {failed}: The command ended with exit code 3." in said
    assert "**Which run?** Behind `pick` stands a number of the newest comparison" in world.say(
        number, f"/async-code pick {failed}"
    )


@pytest.mark.parametrize("words", ["", "3", "one", "1 please", "0"])
def test_another_number_picks_nothing(comparing: World, words: str) -> None:
    number = compared(comparing)
    assert "**Which run?**" in comparing.say(number, f"/async-code pick {words}")
    assert comparing.pull_requests == []


def test_only_who_may_write_picks(comparing: World) -> None:
    number = compared(comparing)
    assert "needs write access" in comparing.say(number, "/async-code pick 1", by="tom")


def test_before_the_end_there_is_nothing_to_pick(comparing: World) -> None:
    number = comparing.comment(COMPARE)
    comparing.comment("/async-code pick 1", on=number)
    comparing.decide()
    comparing.work()
    assert any("**Nothing to pick**" in said for said in comparing.replies(number))
    assert comparing.pull_requests == []


def test_a_branch_that_somebody_pushed_to_stays(comparing: World) -> None:
    number = compared(comparing)
    for branch in comparing.branches():
        comparing.hub.commit(REPO, branch, {"notes.txt": "mine\n"}, "alice")
    comparing.say(number, "/async-code pick 1")
    assert len(comparing.branches()) == 2


def test_one_that_github_refuses_is_told_and_another_can_be_picked(comparing: World) -> None:
    number = compared(comparing)
    (first, second) = (run.branch for run in comparing.run_rows())
    comparing.hub.site.disk.delete_ref(comparing.hub.repository(REPO).id, f"refs/heads/{first}")
    said = comparing.say(number, "/async-code pick 1")
    assert "- 1: `GitHub refused its pull request: " in said
    assert "`/async-code pick 2`" in said
    comparing.say(number, "/async-code pick 2")
    assert comparing.pull_request.head == second


def test_a_branch_with_somebodys_pull_request_stays(comparing: World) -> None:
    number = compared(comparing)
    branches = [run.branch for run in comparing.run_rows()]
    comparing.hub.open_pull(REPO, "I like this one", branches[1], "main", None, "alice")
    comparing.say(number, "/async-code pick 1")
    assert sorted(comparing.branches()) == sorted(branches)
    assert {pull.state for pull in comparing.pull_requests} == {"open"}


def test_picking_obeys_the_repositorys_file(comparing: World) -> None:
    number = compared(comparing)
    comparing.hub.commit(REPO, "main", {".github/async-code.yml": "allow: {roles: [admin]}\n"}, "alice")
    assert "lets only these have it work" in comparing.say(number, "/async-code pick 1")
    assert comparing.pull_requests == []


def test_branches_of_an_earlier_round_go_too(comparing: World) -> None:
    number = compared(comparing)
    comparing.say(number, "/async-code retry")
    assert len(comparing.branches()) == 4
    comparing.say(number, "/async-code pick 2")
    assert comparing.branches() == [comparing.pull_request.head]


def test_cancelled_it_ends_all_of_them(comparing: World) -> None:
    number = comparing.comment(COMPARE)
    comparing.comment("/async-code cancel", on=number)
    comparing.decide()
    comparing.work()
    assert [run.state for run in comparing.run_rows()] == ["cancelled"] * 2


def test_a_retry_compares_the_same_agents_anew(comparing: World) -> None:
    number = compared(comparing)
    comparing.say(number, "/async-code retry")
    assert [(run.round, run.state) for run in comparing.run_rows()] == [(1, "done")] * 2 + [(2, "done")] * 2


def test_one_agent_is_no_comparison_and_several_are_for_issues(comparing: World) -> None:
    assert "name at least two" in comparing.say(comparing.issue(), "/async-code compare --agent mend x")
    assert "`compare` is for issues" in comparing.say(comparing.pull(), "/async-code implement --agent mend,command x")
    assert "is done by one agent" in comparing.say(comparing.issue(), "/async-code plan --agent mend,command x")
    assert "leave `--model` out" in comparing.say(comparing.issue(), COMPARE.replace("make", "--model m make", 1))


def test_each_counts_and_a_comparison_needs_room_for_all(new_world: MakeWorld) -> None:
    world = new_world(agent_command=AGENT, runs_per_hour=3)
    compared(world)
    number = world.comment(COMPARE)
    world.work()
    assert "**Over the limit**: this account has started 2 of 3 runs" in world.reply(number)


def test_where_there_is_one_slot_they_work_one_after_the_other(new_world: MakeWorld) -> None:
    world = new_world(agent_command=AGENT, concurrent_runs=1)
    number = world.comment(COMPARE)
    world.decide()
    assert sorted(run.next_at is None for run in world.run_rows()) == [False, True]
    world.work()
    assert [run.state for run in world.run_rows()] == ["done", "done"]
    assert "Compared" in world.reply(number)
