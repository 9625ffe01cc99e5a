"""What GitHub could not deliver is asked for again; what stands twice is removed; nobody waits behind a crowd."""

import pytest
from sqlalchemy import delete, insert, select, update

from handlers import inbox
from handlers.commands import commands
from handlers.inbox import deliveries
from handlers.redelivery import Attempt, lost
from handlers.sweeping import ASKS_A_MINUTE, ASKS_AT_ONCE, MOST_TRIES, ask, redeliveries
from runners import outbox as duties
from runners.outbox import outbox
from runners.run_events import run_events
from runners.runs import runs
from runners.steps import publishing_steps
from runners.tasks import tasks, where_of
from runners.wording.markers import marked, status_marker
from tests.world import FIX, REPO, World


def away(world: World) -> None:
    """The web process does not answer any more."""
    world.hub.deliver_to("http://127.0.0.1:9/github/webhooks")


def back(world: World) -> None:
    world.hub.deliver_to(f"{world.url}/github/webhooks")


def bot_login(world: World) -> str:
    return world.hub.site.app.bot.login


def redelivered(world: World) -> int:
    return len([one for one in world.hub.deliveries if one.redelivery])


def test_what_came_while_the_web_process_was_down_is_done_once(world: World) -> None:
    number = world.issue()
    away(world)
    world.comment(FIX, on=number)
    back(world)
    world.sweep()
    world.sweep()
    world.work()
    assert redelivered(world) == 1
    assert len(world.pull_requests) == 1


def test_what_was_understood_or_stored_is_not_asked_for(world: World) -> None:
    number = world.comment("Nothing to do for a bot.")
    world.comment(FIX, on=number)
    world.hub.send("push", {"ref": "refs/heads/main"})
    world.delivered()
    world.sweep()
    assert redelivered(world) == 0


def test_what_nobody_here_wants_is_not_asked_for_even_if_it_failed(world: World) -> None:
    away(world)
    world.hub.send("push", {"ref": "refs/heads/main"})
    world.delivered()
    back(world)
    world.sweep()
    assert redelivered(world) == 0


def test_what_a_restored_database_forgot_is_asked_for(world: World) -> None:
    world.comment(FIX)
    with world.database.write() as connection:
        connection.execute(delete(deliveries).where(deliveries.c.event == "issue_comment"))
    world.sweep()
    world.work()
    assert len(world.pull_requests) == 1


def test_a_database_restored_from_before_opens_no_second_pull_request(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    assert "Done" in world.reply(number)
    forgotten = (publishing_steps, run_events, outbox, runs, commands, tasks, deliveries)
    with world.database.write() as connection:
        for table in forgotten:
            connection.execute(delete(table))
    world.sweep()
    world.work()
    assert [run.state for run in world.run_rows()] == ["done"]
    assert len(world.pull_requests) == len(world.branches()) == 1
    world.later(61)
    world.work()
    assert "Done" in world.reply(number)


def test_a_delivery_over_which_ten_workers_died_is_given_up(world: World) -> None:
    world.comment(FIX)
    with world.database.read() as connection:
        guid = inbox.first(connection, "issue_comment")
    assert guid
    taken = 0
    for _ in range(15):
        with world.database.write() as connection:
            taken += inbox.take(connection, guid, 60) is not None
        world.later(61)
    assert taken == inbox.MOST_VANISHED
    world.work()
    assert world.task_rows() == []


def test_what_came_at_the_start_of_a_long_outage_is_asked_for_after_it(world: World) -> None:
    number = world.issue()
    away(world)
    world.comment(FIX, on=number)
    for _ in range(30):
        world.sweep()
        world.later(61)
    assert redelivered(world) < 10
    back(world)
    world.later(3600)
    world.sweep()
    world.work()
    assert len(world.pull_requests) == 1
    asked = redelivered(world)
    world.later(7200)
    world.sweep()
    assert redelivered(world) == asked


def test_what_was_asked_for_often_enough_does_not_stand_before_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(world.context.github, "redeliver", asked.append)
    lose(world, *[MOST_TRIES] * ASKS_AT_ONCE, 0)
    ask(world.context)
    assert asked == [ASKS_AT_ONCE]


def test_lost_deliveries_are_asked_for_at_a_pace_that_github_allows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(world.context.github, "redeliver", asked.append)
    lose(world, *[0] * 400)
    for _ in range(60):
        ask(world.context)
        world.later(1)
    assert ASKS_A_MINUTE <= len(asked) <= 180
    assert len(set(asked)) == len(asked)


def lose(world: World, *tries: int) -> None:
    """As many lost deliveries, each asked for so often; their ids count up from 0."""
    with world.database.write() as connection:
        for number, often in enumerate(tries):
            values = {"guid": f"g{number}", "delivery_id": number, "tries": often, "next_at": number, "first_at": 0.0}
            connection.execute(insert(redeliveries).values(**values))


def test_what_can_t_be_delivered_is_given_up_after_three_days_and_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("config.errors.tell", lambda message, **ids: told.append(message))
    number = world.issue()
    away(world)
    world.comment(FIX, on=number)
    for _ in range(74):
        world.sweep()
        world.later(3601)
    assert redelivered(world) > 60
    assert told == ["delivery.never_came"]
    with world.database.read() as connection:
        assert not connection.execute(select(redeliveries.c.guid).where(redeliveries.c.next_at.is_not(None))).all()


def test_a_redelivery_that_github_refused_is_asked_for_again(world: World) -> None:
    number = world.issue()
    away(world)
    world.comment(FIX, on=number)
    back(world)
    world.hub.faults.add("POST", "/attempts$", 502)
    world.sweep()
    assert redelivered(world) == 0
    world.later(61)
    world.sweep()
    world.work()
    assert len(world.pull_requests) == 1


def test_a_log_of_many_pages_is_read_to_its_end(world: World) -> None:
    number = world.issue()
    away(world)
    world.comment(FIX, on=number)
    back(world)
    for _ in range(220):
        world.hub.send("ping", {})
    world.delivered()
    world.sweep()
    assert redelivered(world) == 1


@pytest.mark.parametrize(
    ("statuses", "known", "asked"),
    [
        ([502], False, True),
        ([504, 500], False, True),
        ([502, 202], True, False),
        ([202], True, False),
        ([202], False, True),
        ([200], False, False),
        ([502, 200], False, False),
        ([401], False, True),
        ([503], True, False),  # the answer was lost, the row was not
    ],
)
def test_lost_is_what_nobody_understood_and_we_do_not_have(statuses: list[int], known: bool, asked: bool) -> None:
    attempts = [Attempt(n, "guid", "issue_comment", "created", status, float(n)) for n, status in enumerate(statuses)]
    found = lost(attempts, {"guid"} if known else set())
    assert [(one.delivery_id, one.first_at) for one in found] == ([(len(statuses) - 1, 0.0)] if asked else [])


def test_a_second_comment_of_a_late_worker_is_removed(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    (task,) = world.task_rows()
    world.hub.comment(REPO, number, marked(status_marker(task.id), "late"), bot_login(world), world.hub.app_id)
    world.hub.comment(REPO, number, marked(status_marker(task.id), "pasted"), "alice")
    assert len(world.replies(number)) == 2
    world.later(61)
    world.work()
    assert "Done" in world.reply(number)
    assert "pasted" in world.hub.comments(REPO, number)[-1].body


def test_what_a_late_worker_wrote_over_the_end_is_put_right(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    (task,), (comment,), (check,) = world.task_rows(), world.bot_comments(number), world.checks
    end = (comment.body, check.status, check.conclusion)
    where = where_of(task)
    world.context.github.edit_comment(where, comment.id, marked(status_marker(task.id), "At work."))
    world.context.github.update_check(where, check.id, status="in_progress")
    world.later(61)
    world.work()
    (comment,), (check,) = world.bot_comments(number), world.checks
    assert (comment.body, check.status, check.conclusion) == end


def test_a_retry_that_ends_before_the_look_is_looked_at_a_minute_after_its_own_end(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    world.later(50)
    world.comment("/async-code retry", on=number)
    world.work()
    world.later(15)
    world.work()
    (comment,), (task,) = world.bot_comments(number), world.task_rows()
    where = where_of(task)
    world.context.github.edit_comment(where, comment.id, marked(status_marker(task.id), "At work."))
    world.later(61)
    world.work()
    assert "Done" in world.reply(number)


def test_a_comment_that_a_person_deletes_during_the_look_keeps_no_check_run_open(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    (task,), (check,), (comment,) = world.task_rows(), world.checks, world.bot_comments(number)
    where = where_of(task)
    world.context.github.edit_comment(where, comment.id, marked(status_marker(task.id), "At work."))
    world.context.github.update_check(where, check.id, status="in_progress")
    world.hub.faults.add("PATCH", "/issues/comments/", status=404, times=1)
    world.later(61)
    world.work()
    (check,) = world.checks
    assert check.status == "completed"
    with world.database.read() as connection:
        assert duties.given_up(connection, 10) == []


def test_nothing_is_written_where_all_is_as_it_should_be(world: World) -> None:
    world.comment(FIX)
    world.work()
    world.later(61)
    before = len(world.hub.calls)
    world.work()
    looks = [call for call in world.hub.calls[before:] if not call.path.endswith("/access_tokens")]
    assert {call.method for call in looks} == {"GET"}


def test_the_look_waits_for_a_comment_that_waits_for_its_turn(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    (task,), (comment,) = world.task_rows(), world.bot_comments(number)
    where = where_of(task)
    world.context.github.edit_comment(where, comment.id, marked(status_marker(task.id), "At work."))
    with world.database.write() as connection:
        duties.want(connection, "status", task.id)
        duty = duties.claim(connection, "status", task.id, 60)
        assert duty is not None
        duties.wait_turn(connection, duty, 600)
    before = len(world.hub.calls)
    for seconds in (61, 300, 300, 61):
        world.later(seconds)
        world.work()
    edits = [call for call in world.hub.calls[before:] if call.method == "PATCH"]
    assert "Done" in world.reply(number)
    assert len(edits) == 1


def test_a_second_answer_is_removed(world: World) -> None:
    number = world.comment("/async-code help")
    world.work()
    (answer,) = world.bot_comments(number)
    world.hub.comment(REPO, number, answer.body, bot_login(world), world.hub.app_id)
    world.later(61)
    world.work()
    (left,) = world.bot_comments(number)
    assert left.id == answer.id


def test_a_lease_that_lapses_is_taken_by_another(world: World) -> None:
    world.comment(FIX)
    world.decide()
    with world.database.write() as connection:
        connection.execute(update(runs).values(state="running", fence=1, next_at=None, lease_until=1.0))
    world.work()
    assert len(world.pull_requests) == 1
    (run,) = world.run_rows()
    assert (run.vanished, run.fence) == (0, 2)


def test_after_a_long_absence_of_github_one_fault_of_ours_is_not_the_end(world: World) -> None:
    world.comment(FIX)
    with world.database.read() as connection:
        guid = inbox.first(connection, "issue_comment")
    assert guid
    for number in range(20):
        with world.database.write() as connection:
            taken = inbox.take(connection, guid, 60)
            assert taken is not None
            inbox.retry_later(connection, taken, "away", ours=number > 14)
        world.later(600)
    world.work()
    assert len(world.pull_requests) == 1
