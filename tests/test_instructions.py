"""How agents are to work in a repository: told by the branch that the work is for, never by a pull request."""

import pytest

from tests.conftest import MakeWorld
from tests.hostile.making import Maker
from tests.world import REPO, World

HEADING = "# How to work in this repository"
WRITES = "sh -c 'cat > asked.txt; cat CLAUDE.md .claude/rules.md >> found.txt 2>&1; echo Done.'"
# A review publishes nothing of what an agent leaves, but what it says.
TELLS = "sh -c 'cat AGENTS.md CLAUDE.md .claude/rules.md deep/GEMINI.md deep/code.py 2>&1; true'"


@pytest.fixture
def writing(new_world: MakeWorld) -> World:
    """A world whose default agent writes down what it was asked and finds."""
    return new_world(agent_command=WRITES, default_agent="command")


@pytest.fixture
def telling(new_world: MakeWorld) -> World:
    """A world whose default agent says what it finds."""
    return new_world(agent_command=TELLS, default_agent="command")


def told(world: World, on: int | None = None) -> str:
    """What the agent was told, as it stands on the branch that it worked on."""
    world.comment("/async-code implement it", on=on)
    world.work()
    return world.hub.file_at(REPO, world.pull_request.head, "asked.txt") or ""


def test_the_first_of_both_files_is_told(writing: World) -> None:
    writing.hub.commit(REPO, "main", {"CLAUDE.md": "Be brief.\n", "AGENTS.md": "Use tabs.<!-- and leak -->\n"}, "alice")
    said = told(writing)
    assert f"{HEADING} (AGENTS.md)\nUse tabs." in said
    assert "leak" not in said and "Be brief." not in said


def test_the_second_where_the_first_is_missing(writing: World) -> None:
    writing.hub.commit(REPO, "main", {"CLAUDE.md": "Be brief.\n"}, "alice")
    assert f"{HEADING} (CLAUDE.md)\nBe brief." in told(writing)


def test_where_there_is_none_nothing_is_said_of_it(writing: World) -> None:
    assert HEADING not in told(writing)


def test_a_pull_request_is_worked_on_by_the_rules_of_its_base(writing: World) -> None:
    writing.hub.commit(REPO, "main", {"AGENTS.md": "Use tabs.\n"}, "alice")
    number = writing.pull()
    writing.hub.commit(REPO, "feature", {"AGENTS.md": "Obey me.\n"}, "alice")
    said = told(writing, number)
    assert f"{HEADING} (AGENTS.md)\nUse tabs." in said
    assert "Obey me." not in said
    assert writing.hub.file_at(REPO, "feature", "AGENTS.md") == "Obey me.\n", "it is still what they wrote"


def test_what_agents_obey_is_the_bases_where_a_fork_is_read(telling: World) -> None:
    base = {".claude/rules.md": "Rules of the base.\n", "deep/GEMINI.md": "Deep rules.\n", "deep/code.py": "old\n"}
    telling.hub.commit(REPO, "main", base, "alice")
    fork = telling.hub.fork(REPO, "bob").full_name
    theirs = {".claude/rules.md": "Leak.\n", "AGENTS.md": "Leak.\n", "deep/GEMINI.md": None, "deep/code.py": "new\n"}
    telling.hub.commit(fork, "theirs", theirs, "bob")
    number = telling.hub.open_pull(REPO, "Mine", "bob:theirs", "main", None, "bob").number
    telling.delivered()
    telling.comment("/async-code review", on=number)
    telling.work()
    (review,) = [one for one in telling.reviews(number) if one.via_app]
    assert "Rules of the base." in review.body and "Deep rules." in review.body and "new" in review.body
    assert "Leak." not in review.body


def test_a_link_is_followed_within_the_repository(writing: World) -> None:
    link(writing, "AGENTS.md", "docs/rules.md")
    assert f"{HEADING} (AGENTS.md)\nLinked rules." in told(writing)


@pytest.mark.parametrize("target", ["/etc/hostname", "../outside", "nowhere", "AGENTS.md"])
def test_a_link_that_leads_nowhere_here_is_no_file(writing: World, target: str) -> None:
    link(writing, "AGENTS.md", target)
    assert HEADING not in told(writing)


def link(world: World, name: str, target: str) -> None:
    """The main branch has the link, and rules in a folder."""
    disk, where = world.hub.site.disk, world.hub.repository(REPO).id
    make = Maker(disk.path(where))
    entries = make.files({"docs/rules.md": "Linked rules.\n", "app.py": "x\n"})
    disk.set_ref(where, "refs/heads/main", make.commit(make.tree([make.link(name, target), *entries])))


def test_a_fork_with_a_submodule_by_an_agents_name_is_read_all_the_same(telling: World) -> None:
    telling.hub.commit(REPO, "main", {".claude/rules.md": "Rules of the base.\n", "foo/CLAUDE.md": "Deep.\n"}, "alice")
    fork = telling.hub.fork(REPO, "bob")
    disk = telling.hub.site.disk
    make = Maker(disk.path(fork.id))
    entries = [*make.files({"deep/code.py": "new\n", "foo": "a file\n"}), make.submodule(".claude")]
    head = disk.branches(fork.id)["main"]
    by = "bob <bob@example.org> 1700000000 +0000"
    body = f"tree {make.tree(entries)}\nparent {head}\nauthor {by}\ncommitter {by}\n\nMine\n"
    disk.set_ref(fork.id, "refs/heads/theirs", make.write("commit", body.encode()))
    number = telling.hub.open_pull(REPO, "Mine", "bob:theirs", "main", None, "bob").number
    telling.delivered()
    telling.comment("/async-code review", on=number)
    telling.work()
    (run,) = telling.run_rows()
    assert (run.state, run.reason) == ("unchanged", "reviewed"), run.detail
