"""What the adapters make of the real agents' output, by case: the words are the same whichever agent it was."""

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.agents import AGENTS
from runners.agents.adapter import LONGEST_LINE, Exit
from tests.agents.readings import EXITS, FOLDER, RECORDED, agent_of, is_kept, lines_of, read

# All that a sandbox shows: whatever else stands in a recording is the machine's that made it.
SEEN_INSIDE = {"/bin", "/home", "/tmp", "/workspace"}
SUCCEEDED, NO_RESULT = ("succeeded", ""), ("failed", "no_result")
ENDS = {
    "ok": SUCCEEDED,
    "tool-fails": SUCCEEDED,
    "overloaded-once": SUCCEEDED,
    "sub-agents": SUCCEEDED,
    "team": SUCCEEDED,
    "refused-key": ("failed", "auth"),
    "refused": ("failed", "refused"),
    "bad-request": ("failed", "bad_request"),
    "rate-limited": ("failed", "rate_limited"),
    "overloaded": ("failed", "overloaded"),
    "broken": ("failed", "api_error"),
    "cut": ("failed", "unreachable"),
    "dead": ("failed", "unreachable"),
    "stalled": NO_RESULT,
    "loop": ("limit", "max_turns"),
}
OTHER_ENDS = {
    "codex-broken": ("failed", "overloaded"),  # it does not say which status it was
    "codex-dead": NO_RESULT,  # it waits for the network until somebody ends it
}
SENTENCES = {
    "auth": "The model API refused the key (401).",
    "refused": "The model API refused the request (403).",
    "bad_request": "The model API did not take the request (400).",
    "rate_limited": "The model API is being asked too often (429); try again later.",
    "unreachable": "The model API can't be reached.",
    "max_turns": "The agent took more turns than it may.",
    "api_error": "The model API failed (500).",
}
# Each agent's own name of the tool that writes a file, and of its shell.
TOOLS = {
    "claude-code": ("Write", "Bash"),
    "codex": ("exec_command", "exec_command"),
    "gemini": ("write_file", "run_shell_command"),
    "opencode": ("apply_patch", "bash"),
    "qwen": ("run_shell_command", "run_shell_command"),
    "copilot": ("apply_patch", "bash"),
    "mini-swe-agent": ("bash", "bash"),
    "swarm": ("Write", "Bash"),
    "claude-flow": ("Write", "Bash"),
}
SPEAKS_OF_RETRIES = ("claude-code", "codex", "copilot")
TELLS_NO_TOKENS = ("copilot", "aider", "mini-swe-agent")
TELLS_NO_EXIT_CODE = ("gemini", "qwen")  # of a tool
SPEAKS_OF_COSTS = ("claude-code", "swarm", "claude-flow")


def case_of(name: str) -> str:
    return name.removeprefix(f"{agent_of(name)}-")


@pytest.mark.parametrize("name", EXITS)
def test_how_it_ended(name: str) -> None:
    reading = read(name)
    outcome = reading.outcome
    assert (outcome.status, outcome.reason) == OTHER_ENDS.get(name, ENDS[case_of(name)])
    if outcome.status != "succeeded":
        assert outcome.summary.startswith(SENTENCES.get(outcome.reason, "The "))
    assert all(is_kept(value) for event in reading.events for value in event.data.values())


@pytest.mark.parametrize("agent", TOOLS)
def test_what_it_did(agent: str) -> None:
    reading = read(f"{agent}-ok")
    assert [call.data["name"] for call in reading.of("tool_call")] == list(TOOLS[agent])
    written, shown = reading.of("tool_call")
    assert "a/b.txt" in written.data["text"] and "cat a/b.txt" in shown.data["text"]
    assert reading.of("tool_result")[-1].data["text"].strip().startswith("one\ntwo")
    assert not any(result.data["failed"] for result in reading.of("tool_result"))
    assert "".join(text.data["text"] for text in reading.of("text")) == "I look.It is written."
    assert reading.outcome.summary == "It is written."


def test_what_one_without_tools_did() -> None:
    reading = read("aider-ok")
    assert [(call.data["name"], call.data["text"]) for call in reading.of("tool_call")] == [("edit", "a/b.txt")]
    assert [said.data["text"] for said in reading.of("text")] == [reading.outcome.summary]
    assert reading.outcome.summary == "I look.\nIt is written."


@pytest.mark.parametrize("agent", [agent for agent in RECORDED if agent not in TELLS_NO_TOKENS])
def test_what_the_model_took(agent: str) -> None:
    reading = read(f"{agent}-ok")
    usage = reading.outcome.usage
    assert usage.input_tokens > 10_000 and usage.output_tokens > 10
    assert (usage.cost_usd is not None) == (agent in SPEAKS_OF_COSTS)
    last = reading.of("usage")[-1].data
    assert (last["input_tokens"], last["output_tokens"]) == (usage.input_tokens, usage.output_tokens)


@pytest.mark.parametrize("agent", [agent for agent in RECORDED if f"{agent}-tool-fails" in EXITS])
def test_a_failing_tool_is_no_failure_of_the_run(agent: str) -> None:
    (result,) = read(f"{agent}-tool-fails").of("tool_result")
    assert "broken" in result.data["text"]
    assert result.data["failed"] or agent in TELLS_NO_EXIT_CODE


@pytest.mark.parametrize("agent", SPEAKS_OF_RETRIES)
def test_that_it_tries_again_is_told(agent: str) -> None:
    retries = read(f"{agent}-overloaded").of("retry")
    assert len(retries) >= 2
    assert all("529" in retry.data["text"] for retry in retries)


def test_sub_agents_are_told_from_their_beginning_to_their_end() -> None:
    reading = read("claude-code-sub-agents")
    (spawned,), (finished,) = reading.of("agent_spawned"), reading.of("agent_finished")
    assert spawned.data["role"] == finished.data["role"] == "general-purpose"
    assert spawned.data["agent"] == finished.data["agent"]
    assert spawned.data["text"] == "Write your file."
    assert finished.data["status"] == "completed" and finished.data["tokens"] > 0 and finished.data["tools"] == 1
    assert reading.of("agent_progress")
    assert [call.data.get("role") for call in reading.of("tool_call")] == [None, "general-purpose"]


@pytest.mark.parametrize("agent", ["swarm", "claude-flow"])
def test_a_team_works_in_one_run_also_at_once(agent: str) -> None:
    reading = read(f"{agent}-team")
    assert [event.data["role"] for event in reading.of("agent_spawned")] == ["architect", "coder", "coder", "tester"]
    kinds = [(event.kind, event.data["agent"]) for event in reading.events if event.kind.startswith("agent_")]
    for agent in {agent for _, agent in kinds}:
        mine = [kind for kind, of in kinds if of == agent]
        assert (mine[0], mine[-1]) == ("agent_spawned", "agent_finished")
    (_, one), (_, two) = [kind for kind in kinds if kind[0] == "agent_spawned"][1:3]
    assert kinds.index(("agent_spawned", two)) < kinds.index(("agent_finished", one)), "two coders at once"
    assert reading.outcome.summary == "It is planned, written and tested."
    assert reading.outcome.usage.input_tokens > sum(event.data["tokens"] for event in reading.of("agent_finished"))


@pytest.mark.parametrize("name", [name for name in EXITS if case_of(name) == "ok"])
def test_without_its_last_word_it_did_not_succeed(name: str) -> None:
    lines = lines_of(name)
    last = max(index for index, line in enumerate(lines) if line.startswith("{"))
    assert read(name, lines[:last]).outcome.status == "failed"


@pytest.mark.parametrize("name", [name for name in EXITS if case_of(name) == "ok"])
def test_a_document_that_came_in_pieces_is_put_together(name: str) -> None:
    """As a sandbox cuts a line that is too long."""
    reader, long = AGENTS[agent_of(name)].reader(), "x" * 3 * LONGEST_LINE
    lines = [json.dumps({"long": long, **json.loads(line)}) for line in lines_of(name) if line.startswith("{")]
    pieces = [line[at : at + LONGEST_LINE] for line in lines for at in range(0, len(line), LONGEST_LINE)]
    events = [event for piece in pieces for event in reader.feed(piece)]
    assert reader.finish(Exit(0)) == read(name).outcome
    assert [event for event in events if event.kind != "raw"] == [
        event for event in read(name).events if event.kind != "raw"
    ]


@pytest.mark.parametrize("agent", RECORDED)
def test_what_is_no_json_says_why_nothing_came(agent: str) -> None:
    reader = AGENTS[agent].reader()
    assert [event.kind for event in reader.feed("agent can't be started: No such file or directory")] == ["raw"]
    outcome = reader.finish(Exit(1))
    assert (outcome.status, outcome.reason) == NO_RESULT
    assert outcome.summary.splitlines() == [
        "The agent ended with exit code 1 and without a result.",
        "agent can't be started: No such file or directory",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("name", EXITS)
@given(value=JSON, seed=st.integers(0, 10_000))
def test_whatever_stands_in_a_document_no_reader_raises(name: str, value: Any, seed: int) -> None:
    lines, chance = lines_of(name) or [""], random.Random(seed)  # noqa: S311 - not for secrets
    place = chance.randrange(len(lines))
    if lines[place].startswith("{"):
        lines[place] = json.dumps(changed(json.loads(lines[place]), value, chance))
    reading = read(name, lines)
    assert all(is_kept(item) for event in reading.events for item in event.data.values())
    assert is_kept(reading.outcome.summary)


def changed(document: Any, value: Any, chance: random.Random) -> Any:
    """The document with something else at one of its places."""
    if isinstance(document, dict) and document and chance.random() < 0.9:
        name = chance.choice(sorted(document))
        return {**document, name: changed(document[name], value, chance)}
    if isinstance(document, list) and document and chance.random() < 0.9:
        place = chance.randrange(len(document))
        return [*document[:place], changed(document[place], value, chance), *document[place + 1 :]]
    return value


def test_the_recordings_tell_nothing_of_where_they_were_made() -> None:
    for file in FOLDER.glob("*.jsonl"):
        text = file.read_text()
        folders = set(re.findall(r"(?<![\w/.~-])/[a-z]+(?=/)", text)) - SEEN_INSIDE
        assert folders == set(), file.name
        assert len(text) < 40_000, f"{file.name} is not small"


def test_every_recording_is_read() -> None:
    assert {file.stem for file in FOLDER.glob("*.jsonl")} == set(EXITS)
    for agent in RECORDED:
        assert {f"{agent}-ok", f"{agent}-refused-key", f"{agent}-dead", f"{agent}-stalled"} <= set(EXITS)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("[API Error: 429 Slowly.]\nPossible quota limitations in place.", "rate_limited"),
        ("Half a sentence[API Error: terminated (cause: other side closed)]", "unreachable"),
        ("It now handles `[API Error: …]`, which was lost.", ""),
    ],
)
def test_qwen_says_in_its_last_text_that_the_api_failed(said: str, reason: str) -> None:
    reader = AGENTS["qwen"].reader()
    reader.feed(json.dumps({"type": "result", "subtype": "success", "is_error": False, "result": said}))
    assert reader.finish(Exit(0)).reason == reason


@pytest.mark.parametrize(
    ("lines", "status", "reason"),
    [
        ([{"event": "done", "status": "succeeded", "summary": "It adds."}], "succeeded", ""),
        ([{"event": "done", "status": "failed", "reason": "max_turns"}], "limit", "max_turns"),
        ([{"event": "done", "status": "failed", "reason": "too_long"}], "failed", "too_long"),
        ([{"event": "done", "status": "failed", "summary": "RepeatedFormatError"}], "failed", "api_error"),
        ([{"event": "refused", "status": 500, "text": "Broken."}, {"event": "done"}], "failed", "api_error"),
        (
            [{"event": "refused", "status": 500, "text": "Connection error."}, {"event": "done"}],
            "failed",
            "unreachable",
        ),
        ([{"event": "refused", "status": 401}, {"event": "text"}, {"event": "done"}], "failed", "api_error"),
        ([{"event": "refused", "status": 401}, {"event": "tool_call"}, {"event": "done"}], "failed", "api_error"),
        ([{"event": "refused", "status": 401}], "failed", "no_result"),
    ],
)
@pytest.mark.parametrize("agent", ["aider", "mini-swe-agent"])
def test_one_that_a_program_of_ours_drives_ends_by_its_last_line(
    agent: str, lines: list[dict[str, Any]], status: str, reason: str
) -> None:
    reader = AGENTS[agent].reader()
    for line in lines:
        reader.feed(json.dumps(line))
    outcome = reader.finish(Exit(0))
    assert (outcome.status, outcome.reason) == (status, reason)
