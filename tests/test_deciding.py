"""Who may ask for what, and what they are told."""

import pytest

from handlers.grammar import VERBS
from tests.conftest import MakeWorld
from tests.world import FIX, REPO, World

ROLES = [
    ("none", None, "stranger"),
    ("read", None, "stranger"),
    ("triage", None, "told"),
    ("write", None, "done"),
    ("maintain", None, "done"),
    ("admin", None, "done"),
    ("release-manager", "write", "done"),
    ("bug-shepherd", "triage", "told"),
    ("auditor", "read", "stranger"),
]


def test_each_role_may_what_its_rights_say_whatever_it_is_called(world: World) -> None:
    for index, (role, like, expected) in enumerate(ROLES):
        login = f"person{index}"
        world.hub.add_user(login)
        world.hub.set_role(REPO, login, role, like=like)
        number = world.comment(FIX, by=login)
        world.decide()
        comments, reactions = world.replies(number), world.reactions(number)
        if expected == "stranger":
            assert (comments, reactions) == ([], ["confused"]), role
        elif expected == "told":
            assert "needs write access" in comments[0], role
        else:
            assert (len(comments), reactions) == (1, ["eyes"]), role
            assert "Accepted" in comments[0], role


def test_a_stranger_refused_lately_is_not_asked_about_again(world: World) -> None:
    number = world.comment(FIX, by="bob")
    world.decide()
    before = len(world.hub.calls)
    world.comment(FIX, on=number, by="bob")
    world.decide()
    assert "collaborators" not in " ".join(call.path for call in world.hub.calls[before:])
    assert world.reactions(number) == ["confused"]


def test_a_stranger_is_asked_about_again_when_the_minutes_have_passed_whatever_they_wrote(world: World) -> None:
    number = world.comment(FIX, by="bob")
    world.decide()
    world.hub.set_role(REPO, "bob", "write")
    for _ in range(2):
        world.later(200)
        world.comment(FIX, on=number, by="bob")
        world.decide()
    assert [task.requester for task in world.task_rows()] == ["bob"]


def test_one_text_of_a_stranger_costs_one_reaction(world: World) -> None:
    number = world.comment("/async-code help\n\n" * 30, by="mallory")
    world.decide()
    assert (world.replies(number), world.reactions(number)) == ([], ["confused"])


def test_nobody_is_answered_because_another_person_has_their_name(world: World) -> None:
    world.hub.comment(REPO, world.issue(), FIX, "alice", by_app=4242)
    world.delivered()
    world.work()
    assert len(world.pull_requests) <= 1


def test_bots_are_not_heard_unless_the_operator_lists_them(new_world: MakeWorld) -> None:
    world = new_world(allowed_bots="")
    world.hub.add_user("renovate[bot]", "Bot")
    world.hub.set_role(REPO, "renovate[bot]", "write")
    number = world.comment(FIX, by="renovate[bot]")
    world.work()
    assert (world.pull_requests, world.replies(number), world.reactions(number)) == ([], [], [])


def test_the_bots_own_comments_start_nothing(world: World) -> None:
    number = world.comment("/async-code help")
    world.work()
    assert len(world.replies(number)) == 1
    assert world.task_rows() == []


def test_an_account_that_is_not_allowed_gets_one_clear_refusal(new_world: MakeWorld) -> None:
    world = new_world(allowed_accounts="somebody-else")
    number = world.comment(FIX)
    world.work()
    assert "Not for this account" in world.reply(number)
    assert "`octo`" in world.reply(number)
    assert world.task_rows() == []
    before = len(world.hub.calls)
    world.comment(FIX, on=number)
    world.work()
    assert len(world.replies(number)) == 1
    assert len(world.hub.calls) == before


def test_a_mistake_is_pointed_at_and_starts_nothing(world: World) -> None:
    for text, said in [
        ("/async-code implment the thing", "did you mean `implement`?"),
        ("/async-code implement --agnet mend", "did you mean `--agent`?"),
        ("/async-code implement --budget lots", "US dollars"),
        ("/async-code implement --agent nobody x", "no agent `nobody`"),
        ("/async-code review", "`review` is for pull requests"),
        ("/async-code cancel", "Nothing to cancel"),
        ("/async-code retry", "Nothing to retry"),
    ]:
        number = world.comment(text)
        world.work()
        assert said in world.reply(number), text
        assert world.reactions(number) == ["confused"]
    assert world.task_rows() == []


def test_help_lists_all_that_there_is(world: World) -> None:
    number = world.comment("/async-code", by="tom")
    world.work()
    shown = world.reply(number)
    for verb in VERBS:
        assert f"`/async-code {verb}`" in shown
    assert "`mend` (default)" in shown


def test_status_shows_the_tasks_and_what_is_left(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    world.comment("/async-code status", on=number, by="tom")
    world.work()
    shown = world.replies(number)[-1]
    assert "Done" in shown
    assert "1 of 20 runs this hour" in shown


def test_over_the_hours_quota_the_refusal_says_whose_limit_and_until_when(new_world: MakeWorld) -> None:
    world = new_world(runs_per_hour=1)
    world.comment(FIX)
    world.work()
    number = world.comment(FIX)
    world.work()
    assert "1 of 1 runs in the last hour" in world.reply(number)
    assert "`RUNS_PER_HOUR`" in world.reply(number)
    assert "UTC" in world.reply(number)
    world.later(3601)
    world.comment(FIX, on=number)
    world.work()
    assert len(world.pull_requests) == 2


def test_a_loop_on_one_issue_is_broken_and_no_other_issue_is_hit(new_world: MakeWorld) -> None:
    world = new_world(runs_per_issue=2)
    number = world.comment(FIX)
    world.work()
    world.later(600)
    world.comment("/async-code retry", on=number)
    world.work()
    world.comment("/async-code retry", on=number)
    world.work()
    refusal = world.replies(number)[-1]
    assert "2 of 2 runs in an hour" in refusal
    assert "`RUNS_PER_ISSUE`" in refusal
    assert "free in 50 min" in refusal or "free in 49 min" in refusal, "when the first of the two leaves the hour"
    world.comment(FIX)
    world.work()
    assert len(world.run_rows()) == 3
    world.later(3001)
    world.comment("/async-code retry", on=number)
    world.work()
    assert len(world.run_rows()) == 4


@pytest.mark.slow
def test_many_commands_at_once_never_pass_the_quota(new_world: MakeWorld) -> None:
    world = new_world(runs_per_hour=3, runs_per_day=3, control_slots=8)
    numbers = [world.issue(f"issue {index}") for index in range(10)]
    for number in numbers:
        world.hub.comment(REPO, number, FIX, "alice")
    world.delivered()
    threads = [world.in_background(world.decide) for _ in range(4)]
    for thread in threads:
        thread.join()
    world.work()
    assert len(world.run_rows()) == 3


def test_beyond_the_concurrency_a_task_waits_and_then_starts(new_world: MakeWorld) -> None:
    world = new_world(concurrent_runs=1)
    first, second = world.issue("one"), world.issue("two")
    world.comment(FIX, on=first)
    world.decide()
    world.comment(FIX, on=second)
    world.decide()
    assert [task.state for task in world.task_rows()] == ["queued", "waiting"]
    assert "waiting" in world.reply(second)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done", "done"]
    assert len(world.pull_requests) == 2


def test_a_second_command_on_the_same_issue_waits_for_the_first(world: World) -> None:
    number = world.comment(FIX)
    world.comment(FIX, on=number)
    world.decide()
    assert sorted(task.state for task in world.task_rows()) == ["queued", "waiting"]
    world.work()
    assert [task.state for task in world.task_rows()] == ["done", "done"]


def test_several_commands_in_one_comment_get_one_answer(world: World) -> None:
    number = world.comment("/async-code status\n/async-code help\n")
    world.work()
    assert "Quota of" in world.reply(number)
    assert "| command |" in world.reply(number)


def test_several_tasks_in_one_comment_are_done_one_after_the_other(world: World) -> None:
    world.comment(FIX + FIX)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done", "done"]


def test_a_command_in_a_new_issues_body_counts(world: World) -> None:
    number = world.issue("Fix it", f"Please.\n\n{FIX}")
    world.work()
    assert len(world.pull_requests) == 1
    assert "Done" in world.reply(number)


def test_a_command_in_a_quote_or_in_code_is_not_one(world: World) -> None:
    number = world.comment("> /async-code implement x\n\n```\n/async-code implement y\n```\n    /async-code help\n")
    world.work()
    assert (world.replies(number), world.reactions(number)) == ([], [])


def test_the_same_comment_redelivered_ten_times_is_one_task(world: World) -> None:
    number = world.comment(FIX)
    (delivery,) = [one for one in world.hub.deliveries if one.event == "issue_comment"]
    for _ in range(10):
        world.hub.redeliver(delivery.guid)
    world.delivered()
    world.work()
    for _ in range(3):
        world.hub.redeliver(delivery.guid)
    world.delivered()
    world.work()
    assert len(world.pull_requests) == 1
    assert len(world.replies(number)) == 1


def test_the_same_comment_under_another_guid_is_still_one_task(world: World) -> None:
    world.comment(FIX)
    (delivery,) = [one for one in world.hub.deliveries if one.event == "issue_comment"]
    world.hub.send("issue_comment", delivery.payload)
    world.delivered()
    world.work()
    assert len(world.task_rows()) == 1


def test_what_is_done_is_what_stood_in_the_webhook(world: World) -> None:
    number = world.issue()
    comment = world.hub.comment(REPO, number, FIX, "alice")
    world.delivered()
    world.hub.edit_comment(REPO, comment.id, "/async-code apply\nsomething else", "alice")
    world.delivered()
    world.work()
    assert "return a + b" in str(world.hub.file_at(REPO, world.pull_request.head, "app.py"))


def test_a_suspended_installation_stops_what_is_under_way(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    world.hub.suspend("octo")
    world.delivered()
    world.work()
    assert [task.state for task in world.task_rows()] == ["cancelled"]
    world.hub.unsuspend("octo")
    world.delivered()
    world.comment("/async-code retry", on=number)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]


@pytest.mark.parametrize("verb", ["cancel", "status"])
def test_the_requester_may_cancel_and_triage_may_look_with_less_than_write(world: World, verb: str) -> None:
    number = world.comment(FIX)
    world.decide()
    world.hub.set_role(REPO, "alice", "triage")
    world.comment(f"/async-code {verb}", on=number)
    world.decide()
    states = [task.state for task in world.task_rows()]
    assert states == (["cancelled"] if verb == "cancel" else ["queued"])


def test_below_write_a_requester_cancels_only_their_own(world: World) -> None:
    world.hub.add_user("dora")
    world.hub.set_role(REPO, "dora", "write")
    number = world.comment(FIX)
    world.comment(FIX, on=number, by="dora")
    world.decide()
    world.hub.set_role(REPO, "dora", "triage")
    world.comment("/async-code cancel", on=number, by="dora")
    world.decide()
    assert {task.requester: task.state for task in world.task_rows()} == {"alice": "queued", "dora": "cancelled"}


@pytest.mark.slow
def test_cancel_reaches_the_oldest_of_many_tasks(new_world: MakeWorld) -> None:
    world = new_world(runs_per_hour=100, runs_per_issue=100)
    number = world.issue()
    for _ in range(3):
        world.comment(FIX * 9, on=number)
    world.decide()
    assert len(world.task_rows()) > 20
    world.comment("/async-code cancel", on=number)
    world.decide()
    assert {task.state for task in world.task_rows()} == {"cancelled"}


def test_a_flag_that_nothing_would_obey_is_refused(world: World) -> None:
    for flag in ("--budget 2", "--cheap", "--model opus"):
        number = world.comment(f"/async-code implement {flag} x")
        world.work()
        assert f"leave `{flag.split()[0]}` out" in world.reply(number)
    assert world.task_rows() == []


@pytest.mark.slow
def test_a_github_that_is_away_for_long_loses_no_command(world: World) -> None:
    number = world.issue()
    world.hub.faults.add("GET", ".*/permission$", status=502, times=60)
    world.comment(FIX, on=number)
    for _ in range(12):
        world.decide()
        world.later(301)
    world.hub.faults.clear()
    world.later(301)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]


def test_a_failed_delivery_that_somebody_redelivers_is_tried_again(world: World) -> None:
    world.comment(FIX)
    (delivery,) = [one for one in world.hub.deliveries if one.event == "issue_comment"]
    with world.database.write() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'failed' WHERE event = 'issue_comment'")
    world.work()
    assert world.task_rows() == []
    world.hub.redeliver(delivery.guid)
    world.delivered()
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]


def test_a_comment_heard_after_the_app_was_removed_brings_nothing_back(world: World) -> None:
    world.comment(FIX)
    world.hub.uninstall("octo")
    world.delivered()
    world.work()
    assert {task.state for task in world.task_rows()} <= {"cancelled"}
    with world.database.read() as connection:
        gone = connection.exec_driver_sql("SELECT deleted_at FROM installations").scalars().all()
        left = connection.exec_driver_sql("SELECT count(*) FROM deliveries WHERE state != 'done'").scalar()
    assert (None not in gone, left) == (True, 0)


def test_after_a_suspension_the_comment_tells_how_it_ended(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    world.hub.suspend("octo")
    world.delivered()
    world.work()
    world.hub.unsuspend("octo")
    world.delivered()
    world.work()
    assert "Cancelled" in world.reply(number)
