"""A whole conversation with the real processes and real git: every verb, and everything else that means a command."""

import re
import shlex
import signal
from collections.abc import Iterator

import pytest

from bot.local_github.records import CheckRun, Pull
from config.repository_file import PATH
from handlers.grammar import VERBS
from runners import run_events
from runners.states import ENDS
from tests.integration.stage import Stage, set_stage
from tests.world import FIX, REPO

# Plans and reviews where it is asked to, waits where it is told to, and else mends app.py and writes a line of its own.
AGENT = """cat > "$HOME/asked"
if grep -q "with a plan for it" "$HOME/asked"; then echo "Turn - into + in app.py."
elif grep -q "Review the change" "$HOME/asked"; then printf 'app.py:2: it adds now\\n\\nGood.\\n'
elif grep -q "wait for me" "$HOME/asked"; then sleep 600
else sed -i "s/a - b/a + b/" app.py; date +%N >> log.txt; echo "Mended."
fi"""
GIVEN = {
    "AGENT_COMMAND": shlex.join(["sh", "-c", AGENT]),
    "DEFAULT_AGENT": "command",
    "RUNS_PER_HOUR": "100",
    "RUNS_PER_ISSUE": "100",
    "DRAIN_SECONDS": "1",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with set_stage(tmp_path_factory.mktemp("conversation"), GIVEN) as running:
        running.hub.add_user("bob")
        yield running


def issue(stage: Stage, text: str = "It subtracts.", by: str = "alice") -> int:
    return stage.hub.open_issue(REPO, "add() is wrong", text, by).number


def answer(stage: Stage, number: int, words: str) -> str:
    """Waits for a comment of the bot's with these words; the comment."""

    def there() -> str | None:
        return next((said for said in reversed(stage.status_comments(number)) if words in said), None)

    return stage.until(there, f"{words!r} on #{number}")


def ended(stage: Stage, number: int, count: int) -> None:
    """Waits until so many runs of the place have ended and everybody was told."""
    stage.until(
        lambda: [run.state in ENDS for run in stage.runs(number)] == [True] * count, f"{count} ended runs of #{number}"
    )
    stage.await_silence()


def head(stage: Stage, pull: Pull) -> str:
    return stage.hub.branches(REPO)[pull.head]


def check(stage: Stage, number: int) -> CheckRun:
    """The check run of the place's newest run."""
    run = stage.run(number)

    def there() -> CheckRun | None:
        return next((one for one in stage.hub.check_runs(REPO) if one.external_id == run.id), None)

    return stage.until(there, "its check run")


def test_what_costs_nothing_is_answered(stage: Stage) -> None:
    number = stage.comment("/async-code help\n/async-code agents\n/async-code config\n/async-code status")
    said = answer(stage, number, "what it does")
    for verb in VERBS:
        assert f"`/async-code {verb}`" in said
    assert "| model |" in said and "Default agent" in said and "Quota of `octo`" in said
    assert stage.runs(number) == []


def test_from_a_plan_in_an_issue_to_a_pull_request_that_is_talked_about(stage: Stage) -> None:
    number = issue(stage, "/async-code plan mend add()")
    plan = re.search(r"### Plan `(\w+)`", answer(stage, number, "Waiting for approval"))
    assert plan
    stage.comment(f"/async-code approve {plan[1]}", number)
    ended(stage, number, 2)
    (pull,) = stage.pull_requests(number)
    assert "a + b" in (stage.hub.file_at(REPO, pull.head, "app.py") or "")

    stage.comment("/async-code review", pull.number)
    ended(stage, pull.number, 1)
    (remark,) = stage.hub.review_comments(REPO, pull.number)
    assert (remark.anchor.path, remark.anchor.line, remark.body) == ("app.py", 2, "it adds now")

    before = head(stage, pull)
    stage.comment("/async-code revise and once more", pull.number)
    ended(stage, pull.number, 2)
    assert head(stage, pull) != before

    stage.hub.fail_check(REPO, head(stage, pull), "unit tests", "E   assert -1 == 5")
    stage.comment("/async-code fix", pull.number)
    ended(stage, pull.number, 3)

    stage.hub.comment_on_line(REPO, pull.number, "app.py", 2, "/async-code implement name this sum", "alice")
    ended(stage, pull.number, 4)
    stage.hub.review(REPO, pull.number, "Good.\n\n/async-code implement and document it", "alice")
    ended(stage, pull.number, 5)
    stage.comment("/async-code retry", pull.number)
    ended(stage, pull.number, 6)
    assert {run.state for run in stage.runs(pull.number)} == {"done", "unchanged"}
    assert len(stage.pull_requests(number)) == 1


def test_the_check_run_is_a_remote_control(stage: Stage) -> None:
    stage.hub.commit(REPO, "topic", {"notes.txt": "x\n"}, "alice")
    pull = stage.hub.open_pull(REPO, "A topic", "topic", "main", None, "alice")
    stage.comment("/async-code implement it", pull.number)
    ended(stage, pull.number, 1)
    stage.hub.press(REPO, check(stage, pull.number).id, "retry", "alice")
    ended(stage, pull.number, 2)
    stage.hub.rerun_check(REPO, check(stage, pull.number).id, "alice")
    ended(stage, pull.number, 3)
    stage.hub.rerun_checks(REPO, head(stage, pull), "alice")
    ended(stage, pull.number, 4)
    stage.comment("/async-code implement it, and wait for me", pull.number)
    stage.await_run(pull.number, "running")
    stage.until(lambda: check(stage, pull.number).status == "in_progress", "a check run at work")
    stage.hub.press(REPO, check(stage, pull.number).id, "cancel", "alice")
    ended(stage, pull.number, 5)
    assert check(stage, pull.number).conclusion == "cancelled"


def test_agents_are_compared_and_one_is_picked(stage: Stage) -> None:
    number = stage.comment("/async-code compare --agent command,mend make the tests pass")
    answer(stage, number, "⚖️ Compared")
    assert (len(stage.branches(number)), stage.pull_requests(number)) == (2, [])
    stage.comment("/async-code pick 2", number)
    answer(stage, number, "Picked 2 by `alice`: [Pull request #")
    stage.await_silence()
    assert (len(stage.branches(number)), len(stage.pull_requests(number))) == (1, 1)


def test_a_label_asks_and_what_a_stranger_wrote_lets_ci_wait(stage: Stage) -> None:
    number = issue(stage, by="bob")
    stage.hub.label_issue(REPO, number, "async-code", "alice")
    answer(stage, number, "CI waits")
    (pull,) = stage.pull_requests(number)
    before = head(stage, pull)
    stage.comment("/async-code release", pull.number)
    answer(stage, pull.number, "CI may run")
    stage.until(lambda: head(stage, pull) != before, "an empty commit")


def test_what_is_given_is_applied(stage: Stage) -> None:
    number = stage.comment(FIX)
    assert stage.await_pull_request(number).head in stage.hub.branches(REPO)


def test_work_is_stopped_by_word_by_closing_and_by_taking_the_word_back(stage: Stage) -> None:
    number = stage.comment("/async-code implement it, and wait for me")
    stage.await_run(number, "running")
    waiting = stage.hub.comment(REPO, number, "/async-code implement that too", "alice")
    stage.until(lambda: len(stage.runs(number)) == 2, "a run that waits")
    stage.hub.delete_comment(REPO, waiting.id, "alice")
    stage.until(lambda: stage.states(number) == {"running", "cancelled"}, "the word taken back")
    stage.comment("/async-code cancel", number)
    ended(stage, number, 2)
    assert stage.states(number) == {"cancelled"}
    other = stage.comment("/async-code implement it, and wait for me")
    stage.await_run(other, "running")
    stage.hub.close_issue(REPO, other, "alice")
    ended(stage, other, 1)
    assert stage.states(other) == {"cancelled"}
    assert stage.branches(number, other) == []


def test_a_worker_that_stops_while_it_checks_loses_no_patch_and_says_what_was_not_checked(stage: Stage) -> None:
    stage.hub.commit(REPO, "main", {PATH: "checks: [sleep 600]\n"}, "alice")
    try:
        number = stage.comment("/async-code implement it")
        stage.until(lambda: "checking: sleep 600" in steps(stage, number), "a check at work")
        stage.kill("runs", signal.SIGTERM)
        pull = stage.await_pull_request(number)
    finally:
        stage.hub.commit(REPO, "main", {PATH: ""}, "alice")
    assert "(not run: its worker ended meanwhile)" in (pull.body or "")
    assert steps(stage, number).count("command is at work") == 1, "its agent was not asked again"
    assert stage.run(number).failures == 0


def steps(stage: Stage, number: int) -> list[str]:
    run = stage.run(number)
    if run is None:
        return []
    with stage.database.read() as connection:
        return [event.data["text"] for event in run_events.since(connection, run.id) if event.kind == "step"]
