"""`revise` continues a pull request of ours: on its branch, knowing what was done there before."""

from tests.conftest import MakeWorld
from tests.world import FIX, REPO, World

AGENT = "sh -c 'cat > asked-$(ls | wc -l).txt; echo I wrote down what I was asked.'"


def newest_file(world: World) -> str:
    """What the agent was asked last, as it stands on the pull request's branch."""
    tree = world.hub.diff(REPO, "main", world.pull_request.head)
    return tree.rpartition("diff --git")[2]


def test_it_continues_on_the_same_branch_with_what_was_said_before(new_world: MakeWorld) -> None:
    world = new_world(agent_command=AGENT, default_agent="command")
    world.comment("/async-code implement write it down")
    world.work()
    number, head = world.pull_request.number, world.pull_request.head
    world.comment("/async-code revise and once more", on=number)
    world.work()
    assert [run.state for run in world.run_rows()] == ["done", "done"]
    assert (world.pull_request.number, world.pull_request.head) == (number, head)
    assert world.branches() == [head]
    asked = newest_file(world)
    assert "and once more" in asked
    assert "I wrote down what I was asked." in asked


def test_it_is_for_pull_requests_of_ours(world: World) -> None:
    number = world.pull()
    world.comment("/async-code revise it", on=number)
    world.work()
    assert "**Not one of mine**" in world.reply(number)
    world.comment(FIX, on=number)
    world.work()
    world.comment("/async-code revise it", on=number)
    world.work()
    assert len(world.run_rows()) == 2, "a person's, on which a run of ours has worked"


def test_it_is_not_for_issues(world: World) -> None:
    number = world.comment("/async-code revise it")
    world.work()
    assert "`revise` is for pull requests" in world.reply(number)
