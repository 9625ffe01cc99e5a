"""What is dropped after some days, what stays for ever, and what is never touched."""

from typing import Any

import httpx
import pytest
from sqlalchemy import Table, select

from bot.upkeep import Upkeep
from handlers import commands, forgetting, inbox
from handlers.inbox import NewDelivery
from runners import outbox, retention
from runners.retention import DAY, Cutoffs, cutoffs
from runners.run_events import run_events
from tests.conftest import MakeWorld
from tests.operating.conftest import operating
from tests.operating.test_show import die
from tests.runners.rows import write
from tests.world import FIX, World

KEPT = 30 * DAY


def forget(world: World) -> None:
    forgetting.forget_old(world.context)


def rows(world: World, table: Table) -> list[Any]:
    with world.database.read() as connection:
        return list(connection.execute(select(table)))


def test_the_cutoffs() -> None:
    at = 1_000 * DAY
    assert cutoffs(at, 30) == Cutoffs(970 * DAY, 910 * DAY)
    assert cutoffs(at, 0.5) == Cutoffs(999.5 * DAY, 910 * DAY)
    assert cutoffs(at, 365) == Cutoffs(635 * DAY, 635 * DAY), "a delivery is known as long as its words are kept"


def test_words_of_ended_tasks_are_dropped_and_what_happened_stays(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    said = world.reply(number)
    world.later(KEPT - 100)
    forget(world)
    (task,), (run,) = world.task_rows(), world.run_rows()
    assert (bool(task.text), bool(run.patch), bool(run.summary), bool(rows(world, run_events))) == (True,) * 4
    world.later(200)
    forget(world)
    (task,), (run,) = world.task_rows(), world.run_rows()
    assert (task.title, task.text, task.body, run.patch, run.summary, run.detail) == ("", "", "", None, None, "")
    assert rows(world, run_events) == []
    assert (task.state, task.requester, run.files, run.pull_request) == ("done", "alice", 1, world.pull_request.number)
    page = httpx.get(f"{world.url}/runs/{run.id}").text
    assert "were dropped some days after it ended" in page
    assert "Nothing yet" not in page
    assert world.reply(number) == said, "GitHub keeps what GitHub was told"


def test_a_comment_that_is_owed_after_the_words_were_dropped_stays_as_it_is(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    said = world.reply(number)
    world.later(KEPT + 100)
    forget(world)
    write(
        world.database,
        lambda connection: connection.exec_driver_sql("UPDATE outbox SET wanted = wanted + 1, next_at = 1"),
    )
    world.work()
    assert world.reply(number) == said


def test_a_retry_of_a_task_whose_words_were_dropped_is_refused_with_what_to_do(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    world.later(KEPT + 100)
    forget(world)
    world.comment("/async-code retry", on=number)
    world.work()
    assert "`RETENTION_DAYS`" in world.replies(number)[-1]
    assert "Write the command anew" in world.replies(number)[-1]
    world.comment("/async-code status", on=number)
    world.work()
    assert "Done" in world.replies(number)[-1]
    world.comment(FIX, on=number)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done", "done"]


@pytest.mark.parametrize("admitted", [True, False])
def test_unfinished_tasks_are_never_touched_however_old(new_world: MakeWorld, admitted: bool) -> None:
    world = new_world(concurrent_runs=1)
    if not admitted:
        world.comment(FIX)
    world.comment(FIX)
    world.decide()
    world.later(400 * DAY)
    forget(world)
    task = world.task_rows()[-1]
    assert "```diff" in task.text
    assert task.state == ("queued" if admitted else "waiting")


def test_a_retried_task_counts_from_its_newest_end(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    world.later(KEPT - 100)
    world.comment("/async-code retry", on=number)
    world.work()
    world.later(200)
    forget(world)
    assert all(run.patch or run.summary or run.detail for run in world.run_rows())


def test_a_dead_run_whose_words_were_dropped_can_t_be_requeued(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.comment(FIX)
    world.decide()
    run_id = die(world)
    world.later(KEPT + 100)
    forget(world)
    assert "must ask anew" in operating(world, monkeypatch)("queue", "requeue", run_id).stderr


def test_answers_are_dropped_and_their_commands_stay_known_for_ever(world: World) -> None:
    number = world.comment("/async-code help")
    world.work()
    world.later(KEPT + 100)
    forget(world)
    assert [(row.answer, row.verdict) for row in rows(world, commands.commands)] == [(None, {})]
    world.later(400 * DAY)
    forget(world)
    delivery, *_ = [one for one in world.hub.deliveries if one.event == "issue_comment"]
    world.hub.send("issue_comment", delivery.payload)
    world.delivered()
    world.work()
    assert len(world.replies(number)) == 1


def test_an_answer_that_was_dropped_before_it_was_given_comes_no_more(world: World) -> None:
    number = world.comment("/async-code help")
    world.control_step()
    write(world.database, lambda connection: connection.exec_driver_sql("UPDATE commands SET answer = NULL"))
    world.work()
    assert world.replies(number) == []


def test_failed_deliveries_lose_their_content_and_later_all_lose_their_row(world: World) -> None:
    world.work()
    bad = [NewDelivery(f"guid-{index}", "issues", "{}") for index in range(250)]
    write(world.database, lambda connection: inbox.store(connection, bad))
    broken = "UPDATE deliveries SET state = 'failed', error = 'KeyError' WHERE guid LIKE 'guid-%%'"
    write(world.database, lambda connection: connection.exec_driver_sql(broken))
    waits = NewDelivery("waits", "issues", "{}")
    write(world.database, lambda connection: inbox.store(connection, [waits]))
    world.later(KEPT + 100)
    forget(world)
    failed = [row for row in rows(world, inbox.deliveries) if row.state == "failed"]
    assert ([row.body for row in failed], {row.error for row in failed}) == ([None] * 250, {"KeyError"})
    world.later(60 * DAY)
    forget(world)
    assert [(row.guid, row.body) for row in rows(world, inbox.deliveries)] == [("waits", "{}")]


def test_what_is_done_of_what_was_owed_is_forgotten_and_what_is_not_stays(world: World) -> None:
    world.comment(FIX)
    world.work()
    world.later(61)
    world.work()
    write(world.database, lambda connection: outbox.want(connection, "status", "t1", delay=200 * DAY))
    world.later(91 * DAY)
    forget(world)
    assert [(row.kind, row.subject) for row in rows(world, outbox.outbox)] == [("status", "t1")]


def test_more_than_one_step_s_worth_is_dropped_at_once_and_again_is_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(forgetting, "MOST_AT_ONCE", 1)
    for _ in range(2):
        world.comment(FIX)
    world.comment("/async-code help")
    world.work()
    world.later(KEPT + 100)
    forget(world)
    forget(world)
    assert {task.text for task in world.task_rows()} == {""}


def test_one_process_an_hour_looks(world: World) -> None:
    name = "forget what is old"
    mine, other = Upkeep(world.context, "mine"), Upkeep(world.context, "other")
    work = mine.due()
    assert (name in work, other.due()) == (True, {})
    work[name](name)
    assert name not in mine.due()
    world.later(3601)
    assert name in other.due()
