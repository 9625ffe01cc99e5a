"""Whether CI runs on what the bot pushes: held where an agent read a stranger's words, and let go by `release`."""

import pytest

from runners.wording.publishing import AUTHOR, BUTTONS
from tests.conftest import MakeWorld
from tests.world import FIX, REPO, World

FILE = ".github/async-code.yml"
AGENT = "sh -c 'cat > asked.txt; echo Done.'"


@pytest.fixture
def reading(new_world: MakeWorld) -> World:
    """A world whose default agent reads what it is given."""
    return new_world(agent_command=AGENT, default_agent="command")


def head(world: World) -> str:
    """The message of the commit at the head of the pull request."""
    (repository, pull) = (world.hub.repository(REPO), world.pull_request)
    return world.hub.site.disk.commits(repository.id, pull.head_sha, 1)[0].message


def asked(world: World, text: str = "/async-code implement it", by: str = "alice") -> int:
    """Alice asks for it on an issue that somebody opened, and it is done; the issue."""
    number = world.issue(by=by)
    world.comment(text, on=number)
    world.work()
    return number


def wish(world: World, said: str) -> None:
    world.hub.commit(REPO, "main", {FILE: said}, "alice")


def test_what_was_read_of_people_who_may_write_lets_ci_run(reading: World) -> None:
    number = asked(reading)
    assert "[skip ci]" not in head(reading)
    assert not reading.pull_request.draft
    assert "CI waits" not in reading.reply(number)


def test_a_strangers_issue_holds_it_until_somebody_releases_it(reading: World) -> None:
    number = asked(reading, by="bob")
    pull = reading.pull_request
    assert "[skip ci]" in head(reading)
    assert pull.draft
    assert "CI waits" in reading.reply(number) and "CI waits" in (pull.body or "")
    (check,) = reading.hub.check_runs(REPO, pull.head_sha)
    assert [action["identifier"] for action in check.actions] == ["retry", "release"]
    tree = reading.hub.diff(REPO, "main", pull.head)
    reading.comment("/async-code release", on=pull.number)
    reading.work()
    assert reading.pull_request.head_sha != pull.head_sha
    assert head(reading) == "Let CI run"
    assert reading.hub.diff(REPO, "main", pull.head) == tree
    assert "CI may run" in reading.reply(pull.number)
    assert "CI waits" not in reading.reply(number)
    (check,) = reading.hub.check_runs(REPO, reading.pull_request.head_sha)
    assert check.conclusion == "success", "the head shows it still"
    for sha in (pull.head_sha, reading.pull_request.head_sha):
        (check,) = reading.hub.check_runs(REPO, sha)
        assert [action["identifier"] for action in check.actions] == ["retry"]
    reading.comment("/async-code release", on=pull.number)
    reading.work()
    assert "**Nothing to release**" in reading.replies(pull.number)[-1]


def test_the_button_lets_it_run(reading: World) -> None:
    asked(reading, by="bob")
    before = reading.pull_request.head_sha
    (check,) = reading.hub.check_runs(REPO, before)
    reading.hub.press(REPO, check.id, "release", "alice")
    reading.delivered()
    reading.work()
    assert reading.pull_request.head_sha != before
    assert "pressed the check run's button" in reading.reply(reading.pull_request.number)


def test_only_who_may_write_releases_it(reading: World) -> None:
    asked(reading, by="bob")
    before = reading.pull_request.head_sha
    reading.comment("/async-code release", on=reading.pull_request.number, by="tom")
    reading.work()
    assert "needs write access" in reading.reply(reading.pull_request.number)
    assert reading.pull_request.head_sha == before


def test_where_somebody_pushed_meanwhile_nothing_waits(reading: World) -> None:
    asked(reading, by="bob")
    pull = reading.pull_request
    theirs = reading.hub.commit(REPO, pull.head, {"notes.txt": "mine\n"}, "alice")
    reading.comment("/async-code release", on=pull.number)
    reading.work()
    assert reading.hub.branches(REPO)[pull.head] == theirs


def test_what_continues_a_held_pull_request_is_held_too(reading: World) -> None:
    asked(reading, by="bob")
    reading.comment("/async-code revise it", on=reading.pull_request.number)
    reading.work()
    assert [run.held for run in reading.run_rows()] == [True, True]
    assert "[skip ci]" in head(reading)


def test_an_agent_that_reads_nothing_holds_nothing(world: World) -> None:
    asked(world, FIX, by="bob")
    assert "[skip ci]" not in head(world)


def test_a_strangers_patch_that_somebody_applies_is_held(world: World) -> None:
    diff = FIX.partition("\n")[2]
    number = world.hub.open_issue(REPO, "add() is wrong", diff, "bob").number
    world.comment("/async-code apply", on=number)
    world.work()
    assert "[skip ci]" in head(world)


def test_one_more_commit_does_not_let_run_what_waits(reading: World) -> None:
    asked(reading, by="bob")
    reading.comment("/async-code apply\n```file=notes.txt\nx\n```", on=reading.pull_request.number)
    reading.work()
    assert [(run.agent, run.held) for run in reading.run_rows()] == [("command", True), ("patch", True)]
    assert "[skip ci]" in head(reading)


def test_release_obeys_the_repositorys_file(reading: World) -> None:
    asked(reading, by="bob")
    before = reading.pull_request.head_sha
    wish(reading, "allow: {roles: [admin]}\n")
    reading.comment("/async-code release", on=reading.pull_request.number)
    reading.work()
    assert "lets only these have it work" in reading.reply(reading.pull_request.number)
    assert reading.pull_request.head_sha == before


def test_where_github_takes_no_commit_ci_waits_on_and_it_is_said(reading: World) -> None:
    number = asked(reading, by="bob")
    pull = reading.pull_request
    reading.hub.site.disk.delete_ref(reading.hub.repository(REPO).id, f"refs/heads/{pull.head}")
    reading.comment("/async-code release", on=pull.number)
    reading.work()
    assert "It could not be let run: " in reading.reply(number)
    assert [run.released_by for run in reading.run_rows()] == [None]


@pytest.mark.parametrize(("wished", "by", "held"), [("hold", "alice", True), ("run", "bob", False)])
def test_the_repository_may_hold_it_always_or_never(reading: World, wished: str, by: str, held: bool) -> None:
    wish(reading, f"ci: {wished}\n")
    asked(reading, by=by)
    assert ("[skip ci]" in head(reading)) is held


def test_commits_are_signed_off_where_the_repository_wants_it(world: World) -> None:
    wish(world, "pull_request: {sign_off: true}\n")
    asked(world, FIX)
    said = head(world)
    assert f"\nSigned-off-by: {AUTHOR}\nSigned-off-by: alice <" in said
    assert "Async-Code-Run: r" in said


def test_every_button_is_as_short_as_github_takes_it() -> None:
    for button in BUTTONS.values():
        assert (len(button["label"]) <= 20, len(button["description"]) <= 40) == (True, True)
