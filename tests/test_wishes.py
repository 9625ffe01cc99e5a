"""`.github/async-code.yml` through the front door: it narrows, it is asked for anew, and a mistake in it is told."""

import json
from dataclasses import replace

import httpx
import pytest

from config.repository_file import PATH, schema
from tests.conftest import MakeWorld
from tests.world import BUGGY, FIX, REPO, World

IMPLEMENT = "/async-code implement it"


def wish(world: World, text: str, repo: str = REPO) -> None:
    """The file as the default branch has it from now on."""
    world.hub.commit(repo, "main", {PATH: text}, "alice")


def answer(world: World, text: str, by: str = "alice") -> str:
    """What the bot says to a command on a new issue."""
    number = world.comment(text, by=by)
    world.work()
    return world.replies(number)[-1]


def states(world: World) -> list[str]:
    return [run.state for run in world.run_rows()]


# --- a mistake in it ---


def test_a_mistake_starts_nothing_and_is_told_with_its_place(world: World) -> None:
    wish(world, "base: main\nagent: [mend]\n")
    said = answer(world, IMPLEMENT)
    assert "line 2, column 1" in said
    assert "did you mean `agents`" in said
    assert f"`{PATH}` of octo/app" in said
    assert states(world) == []
    assert answer(world, "/async-code config") == said
    assert "| command |" in answer(world, "/async-code help")
    wish(world, "agents: [mend]\n")
    answer(world, IMPLEMENT)
    assert states(world) == ["done"]


# --- whose file ---


def test_the_owners_file_counts_where_the_repository_has_none(world: World) -> None:
    world.hub.add_repository("octo", ".github", {PATH: "agents: [command]\n"})
    assert "lets `command` work here, not `mend`" in answer(world, f"{IMPLEMENT} --agent mend")
    wish(world, "agents: [mend]\n")
    answer(world, IMPLEMENT)
    assert states(world) == ["done"]


# --- what it narrows ---


def test_agents_are_those_that_it_lists_the_first_by_default(world: World) -> None:
    wish(world, "agents: [patch, mend]\n")
    assert "`patch` (default)" in answer(world, "/async-code agents")
    assert "lets `patch`, `mend` work here, not `command`" in answer(world, f"{IMPLEMENT} --agent command")
    answer(world, f"{IMPLEMENT} --agent mend")
    answer(world, FIX)
    assert states(world) == ["done", "done"]


def test_only_whom_it_names_may_have_it_work(world: World) -> None:
    wish(world, "allow: {roles: [admin], users: [Tom]}\n")
    assert "lets only these have it work: `admin, Tom`" in answer(world, IMPLEMENT)
    assert "needs write access" in answer(world, IMPLEMENT, by="tom")  # never less than write
    world.hub.set_role(REPO, "tom", "write")
    answer(world, IMPLEMENT, by="tom")
    assert states(world) == ["done"]


def test_whoever_is_in_a_team_that_it_names_may(world: World) -> None:
    wish(world, "allow: {teams: [makers, keepers]}\n")
    refused = answer(world, IMPLEMENT)
    assert "lets only these have it work: `the team makers, the team keepers`" in refused
    assert "| Who may | the team `makers`, the team `keepers` |" in answer(world, "/async-code config")
    world.hub.join_team("octo", "keepers", "alice")
    answer(world, IMPLEMENT)
    assert states(world) == ["done"]


def test_where_the_installation_may_not_read_members_nobody_is_taken_for_one(world: World) -> None:
    ledger = world.hub.site.ledger
    world.hub.join_team("octo", "makers", "alice")
    wish(world, "allow: {teams: [makers]}\n")
    for id, installation in ledger.installations.items():
        kept = {name: level for name, level in installation.permissions.items() if name != "members"}
        ledger.installations[id] = replace(installation, permissions=kept)
    said = answer(world, IMPLEMENT)
    assert f"`allow.teams` of `{PATH}`: this installation may not read the members" in said
    assert states(world) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("allow: {users: [tom]}", "`tom`"),
        ("allow: {roles: []}", "`nobody`"),
        ("allow: {roles: [], users: []}", "`nobody`"),
    ],
)
def test_who_is_not_named_may_not(world: World, text: str, said: str) -> None:
    wish(world, text)
    assert f"lets only these have it work: {said}" in answer(world, IMPLEMENT)
    assert states(world) == []


def test_what_stands_there_and_is_no_file_is_a_mistake(world: World) -> None:
    world.hub.commit(REPO, "main", {f"{PATH}/inside": "x"}, "alice")
    assert "is no file, or too large to read" in answer(world, IMPLEMENT)
    assert states(world) == []


def test_the_file_itself_is_not_an_agents_to_change(new_world: MakeWorld) -> None:
    world = new_world(agent_command="sh -c 'mkdir -p .github; echo > .github/Async-Code.yml'", default_agent="command")
    assert "says what the bot may do here" in answer(world, IMPLEMENT)
    assert world.branches() == []


def test_work_begins_where_it_says(world: World) -> None:
    world.hub.commit(REPO, "develop", {"app.py": BUGGY}, "alice")
    wish(world, "base: develop\npull_request: {draft: true}\n")
    answer(world, IMPLEMENT)
    assert (world.pull_request.base, world.pull_request.draft) == ("develop", True)
    answer(world, f"{IMPLEMENT} --no-draft --base main")
    assert [(pull.base, pull.draft) for pull in world.pull_requests] == [("develop", True), ("main", False)]


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        ('protect: ["APP.*"]', "protected_path", "`app.py` is protected by the repository's file (`APP.*`)"),
        ("limits: {lines: 1}", "too_large", "The patch touches 2 lines; the repository's file allows 1"),
    ],
)
def test_a_patch_that_it_forbids_is_not_published(world: World, text: str, reason: str, said: str) -> None:
    wish(world, text)
    assert said in answer(world, FIX)
    assert [(run.state, run.reason) for run in world.run_rows()] == [("failed", reason)]
    assert world.branches() == []


def test_a_run_takes_no_longer_than_it_says(world: World) -> None:
    wish(world, "limits: {timeout_minutes: 7, budget_usd: 2}\n")
    answer(world, FIX)
    (task,) = world.task_rows()
    assert task.bounds == {"timeout_minutes": 7, "budget_usd": 2}
    said = answer(world, "/async-code config")
    assert "| A run may take | 7 minutes |" in said
    assert "| A run may cost | $2.00 |" in said


def test_what_else_means_a_command_can_be_chosen(world: World) -> None:
    wish(world, "triggers: {label: async-code-go, issue_body: false}\n")
    number = world.issue(body=FIX)
    world.hub.label_issue(REPO, number, "async-code", "alice")
    world.delivered()
    world.work()
    assert states(world) == []
    assert world.replies(number) == []
    world.hub.label_issue(REPO, number, "async-code-go", "alice")
    world.delivered()
    world.work()
    assert states(world) == ["done"]


def test_the_operators_limits_hold_besides(world: World) -> None:
    wish(world, "limits: {timeout_minutes: 70000, budget_usd: 100000}\n")
    said = answer(world, "/async-code config")
    assert f"| A run may take | {world.settings.run_minutes:g} minutes |" in said
    assert f"| A run may cost | ${world.settings.run_budget_usd:.2f} |" in said


# --- what can be asked about it ---


def test_without_a_file_all_is_as_the_operator_set_it(world: World) -> None:
    said = answer(world, "/async-code config")
    assert "| Agents | all |" in said
    assert "| Begins at | `main` |" in said
    assert "| Besides comments | the label `async-code`, a new issue's text |" in said


def test_agents_without_a_key_are_told_apart(world: World) -> None:
    said = answer(world, "/async-code agents", by="tom")
    assert "| `claude-code` |" in said
    assert "no key is set |" in said
    assert "none needed |" in said


def test_editors_find_the_schema(world: World) -> None:
    answer = httpx.get(f"{world.url}/schema/async-code.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(schema()))


# --- the network ---


def test_a_repository_asks_for_hosts_that_the_operator_lists_and_for_no_others(new_world: MakeWorld) -> None:
    world = new_world(sandbox_hosts="one.example", sandbox_host_groups="registry=packages.example")
    wish(world, "network: [registry, one.example]\n")
    assert "| Network | `registry`, `one.example` |" in answer(world, "/async-code config")
    answer(world, FIX)
    assert states(world) == ["done"]
    wish(world, "network: [elsewhere.example]\n")
    said = answer(world, FIX)
    assert "lets no agent to `elsewhere.example`" in said
    assert "There are the groups `registry`" in said
    assert states(world) == ["done"]


# --- pull requests ---


@pytest.mark.parametrize(
    ("wished", "asked"),
    [("", ["alice"]), ("reviewers: []", []), ("reviewers: [requester, bob, tom]", ["alice", "tom"])],
)
def test_reviews_are_asked_of_those_who_may(world: World, wished: str, asked: list[str]) -> None:
    wish(world, f"pull_request: {{{wished}}}\n")
    answer(world, FIX)
    assert states(world) == ["done"]
    assert [user.login for user in world.pull_request.reviewers] == asked


def test_pull_requests_get_labels(world: World) -> None:
    wish(world, "pull_request: {labels: [from a bot, async-code]}\n")
    answer(world, FIX)
    assert world.pull_request.labels == ("from a bot", "async-code")
    assert states(world) == ["done"], "our own label on our own pull request asks for nothing"


def test_whoever_left_the_team_meanwhile_gets_nothing(world: World) -> None:
    wish(world, "allow: {teams: [makers]}\n")
    world.hub.join_team("octo", "makers", "alice")
    number = world.comment(IMPLEMENT)
    world.decide()
    world.hub.leave_team("octo", "makers", "alice")
    world.later(600)
    world.work()
    assert states(world) == ["failed"]
    assert "not in the team `makers` any more" in world.reply(number)
