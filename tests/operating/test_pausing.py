"""`pause` and `resume`: nothing begins meanwhile, and nothing is lost."""

import pytest
from sqlalchemy import select

from bot.operating.ground import operator
from config.accounts import accounts
from runners.audit import audit
from tests.conftest import MakeWorld
from tests.operating.conftest import Operate, operating
from tests.runners.rows import claim, write
from tests.world import FIX, World


def states(world: World) -> list[str]:
    return [task.state for task in world.task_rows()]


def deeds(world: World) -> list[tuple[str, str, str]]:
    with world.database.read() as connection:
        return [(row.actor, row.action, row.subject) for row in connection.execute(select(audit).order_by(audit.c.id))]


@pytest.mark.parametrize("account", [(), ("OCTO",)], ids=["everything", "one account"])
def test_a_paused_command_is_accepted_says_so_and_begins_when_resumed(
    world: World, operate: Operate, account: tuple[str, ...]
) -> None:
    world.work()
    assert operate("pause", *account).exit_code == 0
    number = world.comment(FIX)
    world.work()
    assert (states(world), world.pull_requests) == (["waiting"], [])
    assert world.reactions(number) == ["eyes"]
    assert "The operator of this bot has paused it" in world.reply(number)
    assert operate("resume", *account).output.startswith("Resumed")
    world.work()
    assert states(world) == ["done"]
    assert "paused" not in world.reply(number)


@pytest.mark.parametrize("account", [(), ("octo",)], ids=["everything", "one account"])
def test_what_was_queued_already_does_not_begin_either_and_its_comment_follows(
    world: World, operate: Operate, account: tuple[str, ...]
) -> None:
    number = world.comment(FIX)
    world.decide()
    operate("pause", *account)
    world.work()
    assert states(world) == ["queued"]
    assert "has paused it" in world.reply(number)
    operate("resume", *account)
    world.decide()
    assert "has paused it" not in world.reply(number)
    world.work()
    assert states(world) == ["done"]


def test_a_paused_deployment_still_answers_and_cancels(world: World, operate: Operate) -> None:
    world.work()
    operate("pause")
    number = world.comment(FIX)
    world.work()
    world.comment("/async-code status", on=number, by="tom")
    world.work()
    assert "no run begins until they resume" in world.replies(number)[-1]
    world.comment("/async-code help", on=number)
    world.work()
    assert "| command |" in world.replies(number)[-1]
    world.comment("/async-code cancel", on=number)
    world.work()
    assert states(world) == ["cancelled"]


def test_a_cancel_ends_a_run_whose_worker_died_while_paused(world: World, operate: Operate) -> None:
    number = world.comment(FIX)
    world.decide()
    (run,) = world.run_rows()
    assert claim(world.database, run.id)
    operate("pause")
    world.later(61)
    world.work()
    assert states(world) == ["running"]
    world.comment("/async-code cancel", on=number)
    world.work()
    assert states(world) == ["cancelled"]


def test_another_account_goes_on_while_one_is_paused(new_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world = new_world()
    operate = operating(world, monkeypatch)
    world.hub.add_repository("alice", "mine", {"app.py": "def add(a, b):\n    return a - b\n"})
    world.hub.install("alice")
    world.delivered()
    world.work()
    assert operate("pause", "alice").exit_code == 0
    world.comment(FIX)
    world.comment(FIX, repo="alice/mine")
    world.work()
    assert sorted(states(world)) == ["done", "waiting"]


def test_it_stays_paused_by_login_when_everything_is_resumed(world: World, operate: Operate) -> None:
    world.work()
    operate("pause", "octo")
    operate("pause")
    assert "octo is still paused by itself" in operate("resume").output
    assert "Everything was not paused." in operate("resume").output
    assert operate("resume", "octo").output == "Resumed octo: 0 tasks may begin as slots are free.\n"


def test_a_second_pause_changes_nothing(world: World, operate: Operate) -> None:
    world.work()
    assert "at work" not in operate("pause").output
    assert "paused already" in operate("pause").output
    assert "octo is paused already" not in operate("pause", "octo").output
    assert "octo is paused already" in operate("pause", "octo").output


def test_a_login_that_nobody_has_is_pointed_at(world: World, operate: Operate) -> None:
    world.work()
    result = operate("pause", "otco")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean octo?" in result.stderr
    assert "an account is known once" in operate("resume", "somebody-else").stderr


def test_what_is_at_work_is_said_and_goes_on(world: World, operate: Operate) -> None:
    world.comment(FIX)
    world.decide()
    (run,) = world.run_rows()
    assert claim(world.database, run.id)
    assert "1 run at work will finish" in operate("pause").output


def test_who_paused_and_resumed_can_be_read_back(world: World, operate: Operate) -> None:
    world.work()
    for words in (("pause",), ("pause",), ("pause", "octo"), ("resume", "octo"), ("resume",), ("resume",)):
        operate(*words)
    me = operator()
    assert deeds(world) == [
        (me, "pause", "everything"),
        (me, "pause", "octo"),
        (me, "resume", "octo"),
        (me, "resume", "everything"),
    ]
    assert write(
        world.database, lambda connection: connection.execute(select(accounts.c.paused_at)).scalars().all()
    ) == [None]
