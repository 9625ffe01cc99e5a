"""CI fails on a pull request of ours: where the repository wishes it, that is fixed unasked, and not for ever."""

import pytest
from sqlalchemy import update

from handlers.policy import MOST_UNASKED
from runners.runs import runs
from tests.conftest import MakeWorld
from tests.world import REPO, World

FILE = ".github/async-code.yml"
WISH = {FILE: "triggers: {on_ci_failure: fix}\n"}
AGENT = "sh -c 'date +%N > now.txt; cat > asked.txt; echo Done.'"


@pytest.fixture
def working(new_world: MakeWorld) -> World:
    """A world whose default agent changes something each time, and whose repository wishes fixes."""
    world = new_world(agent_command=AGENT, default_agent="command", runs_per_issue=50)
    world.hub.commit(REPO, "main", WISH, "alice")
    return world


def opened(world: World) -> int:
    """The bot opens a pull request for alice; its number."""
    world.comment("/async-code implement it")
    world.work()
    return world.pull_request.number


def ci_fails(world: World, name: str = "unit tests") -> None:
    """Another App's check fails at the head of the pull request, and all that follows is done."""
    world.hub.fail_check(REPO, world.pull_request.head_sha, name, "E   assert 5 == -1")
    world.delivered()
    world.work()


def fixes(world: World) -> list[str]:
    """Who asked for each `fix`."""
    return [task.requester for task in world.task_rows() if task.verb == "fix"]


def test_it_is_fixed_on_the_same_branch_for_whoever_asked(working: World) -> None:
    opened(working)
    before = working.pull_request.head_sha
    ci_fails(working)
    assert fixes(working) == ["alice"]
    assert working.pull_request.head_sha != before
    assert f"`fix`: `Repair what CI found in {before[:12]}` — asked by `alice`" in working.reply(2)
    told = working.hub.file_at(REPO, working.pull_request.head, "asked.txt") or ""
    assert "# A check that fails: unit tests" in told


def test_a_commit_is_fixed_once_however_many_apps_check_it(working: World) -> None:
    opened(working)
    head = working.pull_request.head_sha
    for name in ("unit tests", "lint", "build"):
        working.hub.fail_check(REPO, head, name, "E")
    working.delivered()
    working.work()
    assert fixes(working) == ["alice"]


def test_after_three_tries_it_is_left_to_people_and_said_so_once(working: World) -> None:
    number = opened(working)
    for _ in range(MOST_UNASKED + 2):
        ci_fails(working)
    assert len(fixes(working)) == MOST_UNASKED
    (enough,) = [said for said in working.replies(number) if "Enough" in said]
    assert enough.startswith("CI failed on this pull request, whose work `alice` asked for.")
    assert "tried 3 times" in enough
    assert "`fix`: `what about zero?` — asked by `alice`" in working.say(number, "/async-code fix what about zero?"), (
        "people may go on"
    )


def test_without_the_wish_nothing_is_done(working: World) -> None:
    working.hub.commit(REPO, "main", {FILE: "triggers: {on_ci_failure: off}\n"}, "alice")
    number = opened(working)
    ci_fails(working)
    assert fixes(working) == [] and working.replies(number) == []


def test_a_pull_request_of_a_person_is_theirs(working: World) -> None:
    working.pull()
    ci_fails(working)
    assert working.task_rows() == []


def test_a_persons_branch_on_which_we_worked_is_theirs(working: World) -> None:
    number = working.pull()
    working.say(number, "/async-code implement it")
    ci_fails(working)
    assert fixes(working) == []


def test_a_commit_that_is_not_the_head_any_more_is_left_alone(working: World) -> None:
    opened(working)
    old, branch = working.pull_request.head_sha, working.pull_request.head
    working.hub.commit(REPO, branch, {"more.txt": "by hand\n"}, "alice")
    working.hub.fail_check(REPO, old, "unit tests", "E")
    ci_fails(working)  # of the commit that a person pushed
    assert fixes(working) == []


@pytest.mark.parametrize(
    ("command", "done"),
    [
        (
            "/async-code revise Say more.",
            ["implement", "revise"],
        ),  # what it pushes CI checks anew
        ("/async-code review", ["implement", "review", "fix"]),  # it leaves the commit as it is
    ],
)
def test_it_is_not_begun_while_something_writes_there(working: World, command: str, done: list[str]) -> None:
    working.comment(command, on=opened(working))
    working.hub.fail_check(REPO, working.pull_request.head_sha, "unit tests", "E")
    working.delivered()
    working.work()
    assert [task.verb for task in working.task_rows()] == done


def test_whoever_asked_may_not_write_any_more(working: World) -> None:
    number = opened(working)
    working.hub.set_role(REPO, "alice", "read")
    ci_fails(working)
    assert fixes(working) == [] and working.replies(number) == []


def test_our_own_failing_check_begins_nothing(new_world: MakeWorld) -> None:
    world = new_world(default_agent="command", agent_command=AGENT)
    world.hub.commit(REPO, "main", {FILE: 'triggers: {on_ci_failure: fix}\nchecks: ["false"]\n'}, "alice")
    opened(world)
    world.work()
    assert world.checks[-1].conclusion == "failure"
    assert fixes(world) == []


@pytest.mark.parametrize("meanwhile", ["publishing", "queued"])  # its worker died, and nobody has taken it yet
def test_ci_that_fails_before_the_run_has_ended_is_fixed_once_it_has(working: World, meanwhile: str) -> None:
    opened(working)
    (run,) = working.run_rows()
    state(working, run.id, meanwhile)
    working.hub.fail_check(REPO, working.pull_request.head_sha, "unit tests", "E")
    working.delivered()
    working.decide()
    assert fixes(working) == []
    state(working, run.id, "done")
    working.later(600)
    working.work()
    assert fixes(working) == ["alice"]


def test_a_delivery_that_comes_late_begins_nothing_on_somebody_elses_commit(working: World) -> None:
    number = opened(working)
    pull = working.pull_request
    working.hub.fail_check(REPO, pull.head_sha, "unit tests", "E")
    working.delivered()
    working.hub.commit(REPO, pull.head, {"more.txt": "by hand\n"}, "alice")
    working.work()
    assert fixes(working) == [] and working.replies(number) == []


def test_a_pull_request_that_was_closed_meanwhile_is_left_alone(working: World) -> None:
    number = opened(working)
    working.hub.fail_check(REPO, working.pull_request.head_sha, "unit tests", "E")
    working.delivered()
    working.hub.close_issue(REPO, number, "alice")
    working.work()
    assert fixes(working) == [] and working.replies(number) == []


def test_the_agent_and_the_bounds_are_those_of_the_work(new_world: MakeWorld) -> None:
    world = new_world(agent_command=AGENT, default_agent="mend", runs_per_issue=50)
    world.hub.commit(REPO, "main", WISH, "alice")
    world.comment("/async-code implement it --agent command --timeout 7")
    world.work()
    ci_fails(world)
    first, second = world.task_rows()
    assert [run.agent for run in world.run_rows()] == ["command", "command"]
    assert (first.flags["timeout_minutes"], second.flags["timeout_minutes"]) == (7, 7)


def state(world: World, run_id: str, name: str) -> None:
    """The run is in that state."""
    with world.database.write() as connection:
        connection.execute(update(runs).where(runs.c.id == run_id).values(state=name))
