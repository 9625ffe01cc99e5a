"""Adapters by tables: what an agent is given, and what its lines mean."""

import json
import re
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.swarm import swarm
from runners.agents import AGENTS, agent_for
from runners.agents.adapter import BASES, STOPPED, Agent, Brief, Exit, Killed, Outcome
from tests.agents.readings import is_kept

HOSTILE = '$(touch x) `id` "; rm -rf ~ #\n--upload-pack=x\0{python}'
KEY = "what the gateway knows it by"
BRIEF = Brief("implement", HOSTILE, HOSTILE, HOSTILE, model="some-model", argv=("agent", "--flag"), credential=KEY)
LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))  # as a sandbox hands them over
DONE = json.dumps({"event": "done", "status": "succeeded", "reason": "", "summary": "All well."})


@pytest.mark.parametrize("name", AGENTS)
def test_what_people_wrote_reaches_an_agent_by_standard_input_only(name: str) -> None:
    agent = AGENTS[name]
    assert agent.name == name
    given = [*agent.argv(BRIEF), *agent.env(BRIEF).values(), *agent.files(BRIEF).values()]
    assert not [word for word in given if "touch" in word or "upload-pack" in word]
    assert "upload-pack" in agent.stdin(BRIEF)


WITH_A_MODEL = [agent for agent in AGENTS.values() if agent.wire]


@pytest.mark.parametrize("agent", WITH_A_MODEL, ids=lambda agent: agent.name)
def test_an_agent_with_a_model_asks_the_gateway_alone(agent: Agent) -> None:
    assert agent.wire
    argv, env, files = agent.argv(BRIEF), agent.env(BRIEF), agent.files(BRIEF)
    words = "\n".join([*argv, *env.values(), *files.values()])
    assert words.count("http") == 1 and BASES[agent.wire] in words
    assert not [word for word in argv if KEY in word], "everyone on the host reads a command line"
    assert [value for value in [*env.values(), *files.values()] if KEY in value]
    assert [word for word in [*argv, *env.values(), *files.values()] if "some-model" in word]
    assert not agent.own_program


@pytest.mark.parametrize("agent", WITH_A_MODEL, ids=lambda agent: agent.name)
def test_a_prompt_begins_with_words_of_ours_whatever_people_wrote(agent: Agent) -> None:
    for text in ("/context", "@/etc/passwd", "--help", "/run touch x"):
        prompt = agent.stdin(Brief("implement", text, text, text, model="m"))
        assert prompt.startswith("You ") and text in prompt


@pytest.mark.parametrize("agent", WITH_A_MODEL, ids=lambda agent: agent.name)
def test_how_an_agent_is_probed_and_installed(agent: Agent) -> None:
    program, ask = agent.probe
    assert program in agent.argv(BRIEF) and ask in ("--version", "--help")
    npm = r"npm install --prefix {agents}( @?[a-z/-]+@\d+\.\d+\.\d+)+"
    pip = r"{agents}/venvs/[a-z-]+/bin/pip install [a-z -]*( [a-z-]+==\d+\.\d+\.\d+)+"
    assert [line for line in agent.install if re.fullmatch(npm, line) or re.fullmatch(pip, line)]


SEEING = {"claude-code", "claude-flow", "codex", "command", "swarm"}


def test_who_reads_images_is_said_only_where_it_is_known() -> None:
    assert {name for name, agent in AGENTS.items() if agent.sees} == SEEING


def test_codex_is_given_images_by_name_and_no_word_is_taken_for_one() -> None:
    images = ("images/1.png", "images/2.jpg")
    argv = AGENTS["codex"].argv(replace(BRIEF, images=images))
    at = [place for place, word in enumerate(argv) if word == "--image"]
    assert [argv[place + 1] for place in at] == [f"{{home}}/{image}" for image in images]
    assert all(argv[place + 2].startswith("--") for place in at)
    assert [word for word in argv if "image" not in word] == AGENTS["codex"].argv(BRIEF)


@pytest.mark.parametrize("name", ["aider", "mini-swe-agent"])
def test_a_python_package_is_found_once_it_is_installed_whole(name: str) -> None:
    agent = AGENTS[name]
    made, filled, *_, linked = agent.install
    assert made == f"{{python}} -m venv --clear {{agents}}/venvs/{name}" and f"/venvs/{name}/bin/pip " in filled
    program = agent.probe[0]
    assert linked == f"ln -sfn ../venvs/{name}/bin/{program} {{agents}}/bin/{program}"


def test_a_swarm_s_roles_are_those_of_the_catalogue() -> None:
    team, argv = swarm(), AGENTS["swarm"].argv(BRIEF)
    roles = json.loads(argv[argv.index("--agents") + 1])
    assert list(roles) == list(team.roles) == ["architect", "coder", "tester", "reviewer"]
    assert roles["coder"] == {"description": team.roles["coder"].description, "prompt": team.roles["coder"].prompt}
    told = AGENTS["swarm"].stdin(BRIEF)
    assert "`architect`, `coder`, `tester`, `reviewer`" in told and team.instructions in told


def test_claude_flow_s_claude_has_the_same_roles_and_none_of_the_repository_s_settings() -> None:
    """It would start `claude` with flags of its own alone."""
    agent, team = AGENTS["claude-flow"], swarm()
    ours = shlex.split(agent.files(BRIEF)["bin/claude"].splitlines()[-1])
    assert [ours[ours.index(flag) + 1] for flag in ("--setting-sources", "--model")] == ["user", "some-model"]
    assert list(json.loads(ours[ours.index("--agents") + 1])) == list(team.roles)
    assert agent.argv(BRIEF)[-3:-1] == [team.topology, str(team.most_agents)]


@pytest.mark.parametrize("agent", AGENTS.values(), ids=list(AGENTS))
@given(lines=st.lists(LINES | st.just(DONE) | st.dictionaries(st.text(), st.text()).map(json.dumps)))
def test_no_line_makes_a_reader_raise(agent: Agent, lines: list[str]) -> None:
    reader = agent.reader()
    for line in lines:
        for event in reader.feed(line):
            assert all(is_kept(value) for value in event.data.values())
    reader.finish(Exit(0))


@pytest.mark.parametrize("agent", AGENTS.values(), ids=list(AGENTS))
@pytest.mark.parametrize("killed", STOPPED)
def test_a_limit_of_ours_decides_whatever_the_agent_said(agent: Agent, killed: Killed) -> None:
    reader = agent.reader()
    reader.feed(DONE)
    assert reader.finish(Exit(0, killed)) == STOPPED[killed]


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ('{"event": "text", "text": "hello"}', ["text"]),
        ('{"event": "tool_call", "name": "try", "text": "x"}', ["tool_call"]),
        (DONE, []),
        ("", []),
        ("Traceback (most recent call last):", ["raw"]),
        ("[1, 2]", ["raw"]),
        ('{"event": "unheard of"}', ["raw"]),
        ('{"event": ["text"]}', ["raw"]),
        ('{"event": "done", "status": "splendid"}', ["raw"]),
        ('{"event": "text", "text": NaN}', ["raw"]),
        ('{"event": "text", "text": "\\ud800"}', ["text"]),
        ('{"event": "text", "text": "\\u0000"}', ["text"]),
        ('{"event": "text", "text": ' + "9" * 5000 + "}", ["raw"]),
        ("[" * 100_000, ["raw"]),
    ],
)
def test_lines_of_a_program(line: str, kinds: list[str]) -> None:
    assert [event.kind for event in AGENTS["mend"].reader().feed(line)] == kinds


def test_the_word_of_a_program_counts_and_not_its_exit_code() -> None:
    reader = AGENTS["patch"].reader()
    reader.feed(DONE)
    assert reader.finish(Exit(1)) == Outcome("succeeded", "", "All well.")
    assert AGENTS["patch"].reader().finish(Exit(0)).reason == "no_result"


def test_a_command_succeeds_by_its_exit_code_and_fails_with_its_last_lines() -> None:
    reader = AGENTS["command"].reader()
    for number in range(100):
        reader.feed(f"line {number}")
    failed = reader.finish(Exit(3))
    assert (failed.status, failed.reason) == ("failed", "exit_code")
    assert failed.summary.splitlines()[0] == "The command ended with exit code 3."
    assert failed.summary.splitlines()[1:] == [f"line {number}" for number in range(80, 100)]
    assert reader.finish(Exit(0)).status == "succeeded"


def test_a_commands_prompt_begins_with_a_sentence_of_ours_and_leaves_out_what_is_empty() -> None:
    prompt = AGENTS["command"].stdin(Brief("implement", "Do it.", "A bug"))
    assert prompt.startswith("You work in a checkout")
    assert prompt.endswith("# Request\nDo it.\n\n# Title of the issue\nA bug\n")


@pytest.mark.parametrize(
    ("name", "brief", "missing"),
    [
        ("patch", Brief("apply", "please"), "nothing to apply"),
        ("patch", Brief("apply", "", body="```file=a\nb\n```"), None),
        ("patch", Brief("apply", "```diff\n-a\n+b\n```"), None),
        ("command", Brief("implement", "x"), "AGENT_COMMAND"),
        ("command", BRIEF, None),
        ("mend", Brief("implement", ""), None),
        ("claude-code", Brief("implement", "x"), None),
        ("opencode", Brief("implement", "x"), "`--model M`"),
        ("opencode", Brief("implement", "x", model="m"), None),
    ],
)
def test_what_an_agent_misses_is_said_before_a_run(name: str, brief: Brief, missing: str | None) -> None:
    said = AGENTS[name].missing(brief)
    assert missing in said if missing and said else said == missing


def test_to_apply_takes_the_agent_that_applies() -> None:
    assert agent_for("apply", "mend") == "patch"
    assert agent_for("implement", "mend") == "mend"
