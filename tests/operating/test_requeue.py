"""`queue requeue`: dead letters are tried again, as though they were new."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from bot.operating import OperatorError
from bot.operating.ground import operator
from bot.operating.requeueing import Letter, letters
from runners.audit import audit
from runners.outbox import outbox
from tests.conftest import MakeWorld
from tests.operating.conftest import Operate, operating
from tests.operating.test_show import die, give_up
from tests.runners.rows import write
from tests.world import FIX, REPO, World

GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


def states(world: World) -> list[str]:
    return [task.state for task in world.task_rows()]


def said(result: Any) -> str:
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_a_dead_run_is_done_after_all_and_its_comment_says_so(world: World, operate: Operate) -> None:
    number = world.comment(FIX)
    world.decide()
    run_id = die(world)
    world.decide()
    assert states(world) == ["dead"]
    assert "Given up" in world.reply(number)
    assert said(operate("queue", "requeue", run_id)) == f"{run_id}: queued again, on octo/app#{number}.\n"
    (run,) = world.run_rows()
    assert (run.state, run.failures, run.vanished, run.detail, run.finished_at) == ("queued", 0, 0, "", None)
    world.decide()
    assert "queue" in world.reply(number)
    world.work()
    assert states(world) == ["done"]
    assert "Done" in world.reply(number)


def test_the_check_run_on_a_pull_request_begins_anew(world: World, operate: Operate) -> None:
    world.hub.commit(REPO, "topic", {"notes.txt": "hello\n"}, "alice")
    pull = world.hub.open_pull(REPO, "A topic", "topic", "main", "", "alice")
    world.comment(FIX, on=pull.number)
    world.decide()
    run_id = die(world)
    world.decide()
    assert [(check.status, check.conclusion) for check in world.checks] == [("completed", "failure")]
    said(operate("queue", "requeue", run_id))
    world.decide()
    assert [(check.status, check.conclusion) for check in world.checks] == [("queued", None)]
    world.work()
    assert {check.conclusion for check in world.checks} == {"success"}


def test_it_waits_for_the_task_that_is_at_work_there_meanwhile(world: World, operate: Operate) -> None:
    number = world.comment(FIX)
    world.decide()
    run_id = die(world)
    world.comment(FIX, on=number)
    world.decide()
    assert states(world) == ["dead", "queued"]
    second = world.task_rows()[1].id
    assert f"waits: task {second} is at work on octo/app#{number}" in said(operate("queue", "requeue", run_id))
    assert states(world) == ["waiting", "queued"]
    world.work()
    assert states(world) == ["done", "done"]


def test_while_paused_it_waits_and_without_a_slot_too(new_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world = new_world(concurrent_runs=1)
    operate = operating(world, monkeypatch)
    world.comment(FIX)
    world.decide()
    run_id = die(world)
    operate("pause")
    assert "after `./async-code resume`" in said(operate("queue", "requeue", run_id))
    assert states(world) == ["waiting"]
    operate("resume")
    assert states(world) == ["queued"]
    die(world)
    world.comment(FIX)
    world.decide()
    assert "for a slot of its account" in said(operate("queue", "requeue", run_id))
    world.work()
    assert states(world) == ["done", "done"]


def test_what_is_not_dead_or_was_retried_is_left_alone(world: World, operate: Operate) -> None:
    number = world.comment(FIX)
    world.decide()
    (run,) = world.run_rows()
    result = operate("queue", "requeue", run.id)
    assert (result.exit_code, "it is queued, not dead" in result.stderr) == (1, True)
    die(world)
    world.comment("/async-code retry", on=number)
    world.work()
    assert "retried its task since" in operate("queue", "requeue", run.id).stderr
    assert "no such run" in operate("queue", "requeue", "r0123456789ab").stderr
    assert states(world) == ["done"]


def test_a_failed_delivery_is_decided_after_all(world: World, operate: Operate) -> None:
    world.comment(FIX)
    (delivery,) = [one for one in world.hub.deliveries if one.event == "issue_comment"]
    failed = "UPDATE deliveries SET state = 'failed', tries = 8, next_at = NULL WHERE event = 'issue_comment'"
    write(world.database, lambda connection: connection.exec_driver_sql(failed))
    assert said(operate("queue", "requeue", delivery.guid)) == f"{delivery.guid}: waits to be decided.\n"
    world.work()
    assert states(world) == ["done"]
    assert "not failed" in operate("queue", "requeue", delivery.guid).stderr


def test_a_delivery_that_did_not_parse_is_read_anew(world: World, operate: Operate) -> None:
    world.comment(FIX)
    (delivery,) = [one for one in world.hub.deliveries if one.event == "issue_comment"]

    def keep(body: str) -> None:
        failed = "UPDATE deliveries SET state = 'failed', next_at = NULL, body = {} WHERE event = 'issue_comment'"
        quoted = "'" + body.replace("'", "''") + "'"
        write(world.database, lambda connection: connection.exec_driver_sql(failed.format(quoted)))

    keep('{"action": "created"}')
    assert "can't read it either" in operate("queue", "requeue", delivery.guid).stderr
    keep(json.dumps(delivery.payload).replace("%", "%%"))
    said(operate("queue", "requeue", delivery.guid))
    world.work()
    assert states(world) == ["done"]


def test_a_delivery_whose_content_was_dropped_can_t_be(world: World, operate: Operate) -> None:
    world.comment(FIX)
    dropped = "UPDATE deliveries SET state = 'failed', body = NULL WHERE event = 'issue_comment'"
    write(world.database, lambda connection: connection.exec_driver_sql(dropped))
    (delivery,) = [one for one in world.hub.deliveries if one.event == "issue_comment"]
    result = operate("queue", "requeue", delivery.guid)
    assert (result.exit_code, "GitHub itself redelivers for three days" in result.stderr) == (1, True)
    assert "no such delivery" in operate("queue", "requeue", GUID).stderr


def test_a_duty_that_was_given_up_is_done_after_all(world: World, operate: Operate) -> None:
    number = world.comment("/async-code help")
    world.control_step()
    give_up(world, "reply")
    world.work()
    assert world.replies(number) == []
    with world.database.read() as connection:
        (row,) = connection.execute(select(outbox).where(outbox.c.kind == "reply")).all()
    assert said(operate("queue", "requeue", "reply", row.subject)) == f"reply {row.subject}: due now.\n"
    world.work()
    assert "| command |" in world.reply(number)
    assert "no such duty was given up" in operate("queue", "requeue", f"reply {row.subject}").stderr


def test_dead_means_all_of_them_and_none_is_no_error(world: World, operate: Operate) -> None:
    assert said(operate("queue", "requeue", "--dead")) == "There are no dead letters.\n"
    number = world.comment(FIX)
    world.control_step()
    give_up(world, "reaction")
    die(world)
    assert len(said(operate("queue", "requeue", "--dead")).splitlines()) == 2
    world.work()
    assert states(world) == ["done"]
    assert world.reactions(number) == ["eyes"]


def test_who_requeued_what_can_be_read_back(world: World, operate: Operate) -> None:
    world.comment(FIX)
    world.decide()
    run_id = die(world)
    operate("queue", "requeue", run_id)
    with world.database.read() as connection:
        rows = connection.execute(select(audit)).all()
    (task,) = world.task_rows()
    assert [(row.actor, row.action, row.subject, row.detail) for row in rows] == [
        (operator(), "requeue", run_id, {"task": task.id})
    ]


@pytest.mark.parametrize("words", [(), ("--dead", "r0123456789ab")])
def test_it_wants_to_know_what(operate: Operate, words: tuple[str, ...]) -> None:
    result = operate("queue", "requeue", *words)
    assert (result.exit_code, "or say --dead" in result.stderr) == (2, True)


def test_what_words_name() -> None:
    run = "r0123456789ab"
    assert letters([run, GUID, run]) == [Letter("run", run), Letter("delivery", GUID)]
    assert letters(["status", "t0123456789ab"]) == letters(["status t0123456789ab"])
    assert letters(["check", run]) == [Letter("duty", f"check {run}")]
    with pytest.raises(OperatorError, match="xyz is no id"):
        letters([run, "xyz"])
