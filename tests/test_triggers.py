"""What means a command without one being written: a label, Re-run, a check run's buttons; and what takes one back."""

import pytest

from tests.world import FIX, REPO, World

BROKEN = "/async-code apply\n```diff\n--- a/nowhere.py\n+++ b/nowhere.py\n@@ -1 +1 @@\n-x\n+y\n```\n"


def press(world: World, button: str, by: str = "alice") -> None:
    """Somebody presses a button of the newest check run."""
    world.hub.press(REPO, world.checks[-1].id, button, by)
    world.delivered()


def rerun(world: World, by: str = "alice") -> None:
    """Somebody presses Re-run on it."""
    world.hub.rerun_check(REPO, world.checks[-1].id, by)
    world.delivered()


def label(world: World, number: int, name: str = "async-code", by: str = "alice") -> None:
    """Somebody puts a label on an issue."""
    world.hub.label_issue(REPO, number, name, by)
    world.delivered()


def delete(world: World, number: int) -> None:
    """Alice deletes the first comment that she wrote there."""
    first = next(one for one in world.hub.comments(REPO, number) if one.via_app is None)
    world.hub.delete_comment(REPO, first.id, "alice")
    world.delivered()


def states(world: World) -> list[str]:
    return [run.state for run in world.run_rows()]


# --- the label ---


def test_our_label_on_an_issue_asks_for_what_it_describes(world: World) -> None:
    number = world.issue()
    label(world, number)
    world.work()
    (task,) = world.task_rows()
    assert (task.verb, task.number, task.requester, task.title) == ("implement", number, "alice", "add() is wrong")
    assert world.pull_request.title == "add() is wrong"
    assert world.reactions(number) == []


def test_another_label_asks_for_nothing(world: World) -> None:
    number = world.issue(body="async-code could do that")
    label(world, number, "bug")
    label(world, world.pull())
    world.work()
    assert world.task_rows() == []
    assert world.replies(number) == []


def test_whoever_may_label_but_not_write_is_told_so(world: World) -> None:
    number = world.issue()
    label(world, number, by="tom")
    world.work()
    assert states(world) == []
    said = world.reply(number)
    assert said.startswith("`tom` put the label on.")
    assert "needs write access" in said


def test_the_label_that_is_put_on_again_asks_again(world: World) -> None:
    number = world.issue()
    for _ in range(2):
        label(world, number)
        world.work()
    assert states(world) == ["done", "done"]


def test_a_delivery_of_the_label_that_comes_twice_asks_once(world: World) -> None:
    label(world, world.issue())
    world.work()
    (sent,) = [one for one in world.hub.deliveries if one.action == "labeled"]
    world.hub.redeliver(sent.guid)
    world.delivered()
    world.work()
    assert len(world.task_rows()) == 1


# --- the check run ---


def test_a_run_has_cancel_as_its_button_and_then_retry(world: World) -> None:
    world.comment(FIX, on=world.pull())
    world.decide()
    assert [action["identifier"] for action in world.checks[-1].actions] == ["cancel"]
    world.work()
    assert [action["identifier"] for action in world.checks[-1].actions] == ["retry"]


def test_cancel_stops_the_run(world: World) -> None:
    number = world.pull()
    world.comment(FIX, on=number)
    world.decide()
    press(world, "cancel")
    world.work()
    assert states(world) == ["cancelled"]
    assert world.checks[-1].conclusion == "cancelled"
    assert "Stopped by `alice`" in world.reply(number)


@pytest.mark.parametrize("by_button", [True, False])
def test_retry_and_re_run_do_the_task_once_more(world: World, by_button: bool) -> None:
    number = world.pull()
    world.comment(BROKEN, on=number)
    world.work()
    assert states(world) == ["failed"]
    if by_button:
        press(world, "retry")
    else:
        rerun(world)
    world.work()
    assert states(world) == ["failed", "failed"]
    (task,) = world.task_rows()
    assert task.round == 2
    assert len(world.replies(number)) == 1  # the status comment; nothing else had to be said


def test_re_run_means_the_task_of_that_check_not_the_newest_one(world: World) -> None:
    number = world.pull()
    world.comment(BROKEN, on=number)
    world.work()
    first = world.checks[-1]
    world.comment(FIX, on=number)
    world.work()
    world.hub.rerun_check(REPO, first.id, "alice")
    world.delivered()
    world.work()
    assert [(task.round, task.state) for task in world.task_rows()] == [(2, "failed"), (1, "done")]


def test_re_run_of_all_of_a_commits_checks_does_the_newest_once_more(world: World) -> None:
    number = world.pull()
    world.comment(BROKEN, on=number)
    world.work()
    (pull,) = [one for one in world.pull_requests if one.number == number]
    world.hub.rerun_checks(REPO, pull.head_sha, "alice")
    world.delivered()
    world.work()
    assert states(world) == ["failed", "failed"]


def test_what_works_is_not_done_twice_at_a_time(world: World) -> None:
    number = world.pull()
    world.comment(FIX, on=number)
    world.decide()
    rerun(world)
    world.decide()
    assert states(world) == ["queued"]
    assert world.replies(number)[-1].startswith("`alice` pressed Re-run.\n\n---\n\n**Still at work**")


def test_a_button_is_nothing_for_somebody_who_may_not(world: World) -> None:
    number = world.pull()
    world.comment(FIX, on=number)
    world.decide()
    press(world, "cancel", by="tom")
    press(world, "cancel", by="mallory")
    world.work()
    assert states(world) == ["done"]
    assert [said for said in world.replies(number) if "needs write access" in said]
    assert len(world.replies(number)) == 2  # the status, and what tom was told: strangers are told nothing


def test_a_check_run_that_we_do_not_know_is_left_alone(world: World) -> None:
    number = world.pull()
    world.comment(BROKEN, on=number)
    world.work()
    sent = world.hub.check_runs(REPO)[-1]
    rerun(world)
    (delivery,) = [one for one in world.hub.deliveries if one.action == "rerequested"]
    world.work()
    for change in ({"external_id": "r000000000000"}, {"external_id": ""}, {"app": {"id": 1}}):
        payload = delivery.payload
        payload["check_run"] |= change
        world.hub.send("check_run", payload)
        world.delivered()
    world.work()
    assert len(states(world)) == 2
    assert sent.external_id


# --- taking it back ---


def test_closing_an_issue_ends_what_was_to_work_on_it(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    world.hub.close_issue(REPO, number, "alice")
    world.delivered()
    world.work()
    assert states(world) == ["cancelled"]
    assert world.branches() == []


def test_closing_a_pull_request_ends_what_was_to_work_on_it(world: World) -> None:
    number = world.pull()
    world.comment(FIX, on=number)
    world.decide()
    world.hub.close_issue(REPO, number, "mallory")
    world.delivered()
    world.work()
    assert states(world) == ["cancelled"]
    assert world.checks[-1].conclusion == "cancelled"


def test_a_closed_issue_ends_nothing_elsewhere(world: World) -> None:
    world.comment(FIX)
    other = world.issue("another")
    world.decide()
    world.hub.close_issue(REPO, other, "alice")
    world.delivered()
    world.work()
    assert states(world) == ["done"]


def test_news_of_a_close_that_come_after_it_was_opened_again_end_nothing(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    world.hub.close_issue(REPO, number, "alice")
    world.hub.reopen_issue(REPO, number, "alice")
    world.delivered()
    world.work()
    assert states(world) == ["done"]


def test_a_deleted_command_that_has_not_begun_is_not_done(world: World) -> None:
    number = world.comment(FIX)
    world.decide()
    delete(world, number)
    world.work()
    assert states(world) == ["cancelled"]


def test_a_command_that_is_decided_after_its_comment_was_deleted_comes_to_nothing(world: World) -> None:
    number = world.issue()
    world.work()
    world.hub.faults.add("GET", ".*/permission$", status=502, times=3)
    world.comment(FIX, on=number)
    world.control_step()  # GitHub does not say who it is: later
    delete(world, number)
    world.work()
    world.later(60)
    world.work()
    assert states(world) == []
    assert world.replies(number) == []


def test_a_deleted_command_that_was_done_changes_nothing(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    delete(world, number)
    world.work()
    assert states(world) == ["done"]


def test_a_deleted_command_does_not_end_what_was_asked_for_again(world: World) -> None:
    number = world.comment(BROKEN)
    world.work()
    world.comment("/async-code retry", on=number)
    world.decide()
    delete(world, number)
    world.work()
    assert states(world) == ["failed", "failed"]
