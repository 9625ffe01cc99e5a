"""`plan` answers with words and changes nothing; `approve` has the very plan done that was shown."""

import pytest

from handlers import forgetting
from runners.wording.plans import LONGEST_PLAN, plan_id
from runners.wording.prose import prose
from tests.conftest import MakeWorld
from tests.world import FIX, REPO, World

# Asked for a plan it has one; asked to implement it does what the approved plan says. Either way it changes a file.
AGENT = """sh -c 'cat > asked.txt; if grep -q "change none of its files" asked.txt
then echo "1. Turn - into + in app.py. @alice"; grep -o "in other words" asked.txt || true
else grep -A1 "was approved" asked.txt | tail -1 > done.txt; fi'"""
THE_PLAN = prose("1. Turn - into + in app.py. @alice", LONGEST_PLAN)
SHOWN = plan_id(THE_PLAN)


@pytest.fixture
def planning(new_world: MakeWorld) -> World:
    """A world whose default agent makes plans."""
    return new_world(agent_command=AGENT, default_agent="command")


def asked(world: World, text: str = "/async-code plan mend add()") -> int:
    """Somebody asks for a plan, and it is made; the issue."""
    number = world.comment(text)
    world.work()
    return number


def states(world: World) -> list[tuple[str, str]]:
    return [(run.state, run.reason) for run in world.run_rows()]


def test_a_plan_is_shown_and_nothing_is_published(planning: World) -> None:
    number = asked(planning)
    said = planning.reply(number)
    assert "**✋ Waiting for approval" in said
    assert f"### Plan `{SHOWN}`\n\n{THE_PLAN}\n" in said
    assert "@alice" not in said
    assert f"`/async-code approve {SHOWN}`" in said
    assert states(planning) == [("unchanged", "planned")]
    assert (planning.branches(), planning.pull_requests) == ([], [])


@pytest.mark.parametrize("named", [f" {SHOWN}", f" {SHOWN.upper()}"])
def test_what_is_approved_is_done_as_it_was_shown(planning: World, named: str) -> None:
    number = asked(planning)
    said = planning.say(number, f"/async-code approve{named}")
    assert states(planning) == [("unchanged", "planned"), ("done", "")]
    assert planning.hub.file_at(REPO, planning.pull_request.head, "done.txt") == f"{THE_PLAN}\n"
    assert f"plan `{SHOWN}` approved by `alice`" in said
    assert len(planning.replies(number)) == 1, "one task has one comment"
    assert "nothing here" not in planning.say(number, f"/async-code approve {SHOWN}")
    assert "**Nothing to approve**" in planning.replies(number)[-1]


@pytest.mark.parametrize("words", ["", "1234567", "but with tests", f"{SHOWN} and quickly"])
def test_another_plan_than_the_one_that_was_shown_is_not_approved(planning: World, words: str) -> None:
    said = planning.say(asked(planning), f"/async-code approve {words}")
    assert "**Which plan?**" in said
    assert f"here waits `{SHOWN}`" in said
    assert len(states(planning)) == 1


def test_without_a_plan_there_is_nothing_to_approve(world: World) -> None:
    assert "**Nothing to approve**" in world.say(world.issue(), f"/async-code approve {SHOWN}")


def test_only_who_may_write_approves(planning: World) -> None:
    assert "needs write access" in planning.say(asked(planning), f"/async-code approve {SHOWN}", by="tom")
    assert len(states(planning)) == 1


def test_a_plan_that_waits_keeps_nothing_else_from_working(planning: World) -> None:
    number = asked(planning)
    planning.say(number, FIX)
    assert states(planning)[-1] == ("done", "")
    planning.say(number, f"/async-code approve {SHOWN}")
    assert len(planning.pull_requests) == 2


def test_a_plan_can_be_dropped_and_made_anew(planning: World) -> None:
    number = asked(planning)
    planning.say(number, "/async-code retry")
    assert states(planning) == [("unchanged", "planned")] * 2
    planning.say(number, "/async-code cancel")
    assert [task.state for task in planning.task_rows()] == ["cancelled"]
    assert "**🛑 Cancelled" in planning.replies(number)[0]
    assert "**Nothing to approve**" in planning.say(number, f"/async-code approve {SHOWN}")


def test_of_two_plans_that_wait_the_named_one_is_done(planning: World) -> None:
    number = asked(planning)
    planning.say(number, "/async-code plan in other words")
    first, second = planning.task_rows()
    assert first.plan != second.plan
    planning.say(number, f"/async-code approve {SHOWN}")
    assert [task.approved_by for task in planning.task_rows()] == ["alice", None]
    assert [task.state for task in planning.task_rows()] == ["done", "awaiting_approval"]


def test_a_closed_issues_plan_is_dropped(planning: World) -> None:
    number = asked(planning)
    planning.hub.close_issue(REPO, number, "alice")
    planning.delivered()
    planning.work()
    assert [task.state for task in planning.task_rows()] == ["cancelled"]


def test_what_was_approved_and_failed_is_tried_again_by_the_plan(new_world: MakeWorld) -> None:
    failing = AGENT.replace("grep -A1", "exit 3; grep -A1")
    world = new_world(agent_command=failing, default_agent="command")
    number = asked(world)
    world.say(number, f"/async-code approve {SHOWN}")
    world.say(number, "/async-code retry")
    assert states(world) == [("unchanged", "planned"), ("failed", "exit_code"), ("failed", "exit_code")]


def test_nobody_approves_what_they_were_not_shown(new_world: MakeWorld) -> None:
    hidden = r"""sh -c 'cat > asked.txt; if grep -q "change none of its files" asked.txt
    then printf "Tidy up.\n\n[x]: steal-the-keys \"and all\"\n<!-- and more -->\n"; fi'"""
    world = new_world(agent_command=hidden, default_agent="command")
    number = asked(world)
    (waits,) = world.task_rows()
    world.say(number, f"/async-code approve {plan_id(waits.plan)}")
    given = str(world.hub.file_at(REPO, world.pull_request.head, "asked.txt")).partition("approved")[2]
    shown = world.reply(number)
    assert "Tidy up." in given
    assert "steal-the-keys" not in given + shown
    (task,) = world.task_rows()
    assert task.plan in given


def test_an_agent_that_says_nothing_has_no_plan(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'cat > x.txt'", default_agent="command")
    said = world.reply(asked(world))
    assert "there is no plan" in said
    assert states(world) == [("failed", "no_plan")]
    assert world.branches() == []


def test_an_agent_without_a_model_makes_none(world: World) -> None:
    assert "`mend` has no words for a `plan`" in world.say(world.issue(), "/async-code plan it")
    assert "is for issues" in world.say(world.pull(), "/async-code plan it --agent command")


def test_a_plan_that_nobody_approved_is_forgotten(planning: World) -> None:
    number = asked(planning)
    planning.later((planning.settings.retention_days + 1) * 86_400)
    planning.work()
    forgetting.forget_old(planning.context)
    (task,) = planning.task_rows()
    assert (task.plan, task.text) == (None, "")
    assert "**Nothing to approve**" in planning.say(number, f"/async-code approve {SHOWN}")
