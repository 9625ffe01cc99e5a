"""What the bot answers: every sentence, and nothing in it that acts."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.repository_file import NO_WISHES, PATH, BadFile, read
from config.tiers import Limits
from handlers import replies
from handlers.grammar import FLAGS, VERBS, Command, Mistake, find
from handlers.policy import Spent, Verdict
from handlers.replies import QUOTAS, REFUSALS, TaskLine
from runners.agents import AGENTS
from runners.agents.adapter import Brief
from runners.states import TaskState
from runners.wording.markers import marked, reply_marker
from tests.wording.snapshots import same
from tests.wording.texts import ACTS, hostile
from tests.wording.views import alive

NOW = 1_790_000_000.0
LIMITS, SPENT = Limits(20, 100, 3), Spent(hour=4, day=30)
LINE = TaskLine("implement", TaskState.RUNNING, "alice", ["mend"], "")


def command(text: str = "implement the retry logic") -> Command:
    (found,) = find(f"/async-code {text}")
    assert isinstance(found, Command)
    return found


def mistake_in(file: str) -> str:
    """What is wrong with a repository's file."""
    try:
        read(file)
    except BadFile as error:
        return f"`{PATH}` of octo/app, {error}"
    raise AssertionError(file)


def test_every_refusal() -> None:
    missing = str(AGENTS["command"].missing(Brief("x", "")))
    details = {
        "account_not_allowed": "octo",
        "agent_missing": missing,
        "not_among": "maintain, admin, alice",
        "another_plan": "1a2b3c4",
        "another_run": "1, 3",
        "bad_file": mistake_in("base: main\nagent: [mend]\n"),
    }
    texts = {
        rule: replies.refusal(command(), Verdict(False, rule, detail=details.get(rule, "")), NOW) for rule in REFUSALS
    }
    for rule in QUOTAS:
        texts[rule] = replies.refusal(command(), Verdict(False, rule, 20, 20, NOW + 754), NOW)
        texts[f"{rule}, over long ago"] = replies.refusal(command(), Verdict(False, rule, 20, 25, NOW - 5), NOW)
        texts[f"{rule}, of nothing"] = replies.refusal(command(), Verdict(False, rule, 0, 0, None), NOW)
    texts["an agent with a typo"] = replies.unknown_agent("mnd", sorted(AGENTS))
    texts["an agent that nobody knows"] = replies.unknown_agent("zz9,plural", sorted(AGENTS))
    for flag in ("--base", "--draft", "--model"):
        texts[f"{flag} where it is of no use"] = replies.no_use(flag, "mend")
    texts["an agent that the repository does not list"] = replies.agent_not_listed("codex", ["mend", "patch"])
    texts["nothing to apply"] = str(AGENTS["patch"].missing(Brief("apply", "")))
    same("refusals", texts)


MISTAKES = [
    "implment x", "--draft", "implement --agnet mend x", "implement --agent", "implement --budget lots",
    "cancel --draft", "implement --agent a --agent b x", "implement --base a..b x", "status --cheap",
]  # fmt: skip


def test_every_kind_of_mistake() -> None:
    texts = {}
    for line in MISTAKES:
        (found,) = find(f"/async-code {line}")
        assert isinstance(found, Mistake), line
        texts[f"/async-code {line}".strip()] = replies.mistake(found)
    *_, last = find("/async-code help\n" * 12)
    assert isinstance(last, Mistake)
    texts["twelve commands"] = replies.mistake(last)
    same("mistakes", texts)


def test_status() -> None:
    lines = [replace(LINE, state=state, detail=state.value.replace("_", " ")) for state in TaskState]
    same("status_reply", {
        "no task": replies.status([], "octo", LIMITS, Spent(), 0),
        "a task in every state": replies.status(lines, "octo", LIMITS, SPENT, 2),
        "paused": replies.status([LINE], "octo", LIMITS, SPENT, 2, paused=True),
        "two agents": replies.status([replace(LINE, agents=["mend", "patch"])], "octo", LIMITS, SPENT, 2),
    })  # fmt: skip


WISHES = """
agents: [mend, claude-code]
model: {claude-code: sonnet}
triggers: {label: null}
allow: {roles: [admin], users: [alice]}
base: develop
pull_request: {draft: true}
protect: ["infra/**"]
limits: {budget_usd: 3, files: 200, lines: 5000}
"""
OPERATORS: dict[str, Any] = {"agent": "mend", "base": "main", "minutes": 40, "budget_usd": 5}


def test_config() -> None:
    nothing = read("triggers: {label: null, issue_body: false}")
    same("config", {
        "no file": replies.config_text(NO_WISHES, **OPERATORS),
        "a whole one": replies.config_text(read(WISHES), **OPERATORS),
        "nothing but comments": replies.config_text(nothing, **OPERATORS),
    })  # fmt: skip


def test_agents() -> None:
    same("agents", {
        "all": replies.agents_text(AGENTS.values(), "mend", lambda wire: wire == "anthropic"),
        "listed": replies.agents_text([AGENTS["codex"]], "codex", lambda wire: False),
    })  # fmt: skip


def test_what_an_answer_is_about_is_said_where_no_comment_shows_it() -> None:
    assert replies.occasion("comment", "alice") == replies.occasion("issue", "alice") == []
    said = [replies.occasion(kind, "@alice\n/async-code help")[0] for kind in ("label", "button", "rerun")]
    assert all(alive(text) == set() for text in said)


@given(hostile, hostile)
def test_nothing_in_a_repositorys_file_acts(text: str, login: str) -> None:
    wishes = NO_WISHES.model_copy(update={"protect": [text], "base": text, "model": {"mend": text}})
    wishes = wishes.model_copy(update={"allow": wishes.allow.model_copy(update={"users": [login]})})
    assert alive(replies.config_text(wishes, **OPERATORS)) == set()
    try:
        read(text)
    except BadFile as error:
        assert alive(replies.bad_file(str(error))) == set()


def test_help() -> None:
    text = replies.help_text(AGENTS.values(), "mend")
    same("help", {"help": text})
    for name in VERBS:
        assert f"`/async-code {name}`" in text
    for flag in FLAGS:
        assert f"`{flag}" in text
    for agent in AGENTS:
        assert f"`{agent}`" in text


def test_our_own_answers_are_no_commands() -> None:
    answers = [
        replies.help_text(AGENTS.values(), "mend"),
        replies.status([LINE], "octo", LIMITS, SPENT, 1),
        *(replies.refusal(command(), Verdict(False, rule, 1, 1, NOW), NOW) for rule in (*REFUSALS, *QUOTAS)),
    ]
    for text in answers:
        assert find(marked(reply_marker("7"), text)) == []
        assert alive(text) == set()


@given(hostile, st.sampled_from([*REFUSALS]))
def test_a_refusal_repeats_nothing_that_acts(text: str, rule: str) -> None:
    if rule != "agent_missing":  # whose sentence is an agent's own
        assert alive(replies.refusal(command(), Verdict(False, rule, detail=text), NOW)) == set()
    assert alive(replies.unknown_agent(text, sorted(AGENTS))) == set()


@given(st.lists(hostile, min_size=1, max_size=3), st.sampled_from(TaskState))
def test_the_table_of_tasks_repeats_nothing_that_acts(texts: list[str], state: TaskState) -> None:
    lines = [TaskLine("implement", state, text, ["mend"], text) for text in texts]
    text = replies.status(lines, texts[0], LIMITS, SPENT, 1)
    assert alive(text) == set()
    assert find(text) == []
    rows = text.split("\n\n")[0].split("\n")
    assert len(rows) == 2 + len(texts)
    assert all(row.count("|") - row.count("\\|") == 6 for row in rows)


@pytest.mark.parametrize("text", ACTS, ids=range(len(ACTS)))
def test_a_mistake_points_at_words_that_do_not_act(text: str) -> None:
    for line in (text, f"implement --{text}", f"implement --agent {text}", f"implement --base {text}", f"{text} x"):
        for found in find(f"/async-code {line}"):
            if isinstance(found, Mistake):
                shown = replies.mistake(found)
                assert alive(shown) == set(), line
                assert find(shown) == []
                assert len(shown) < 2000


def test_endless_tasks_keep_an_answer_within_github_s_limit() -> None:
    lines = [TaskLine("implement", TaskState.FAILED, "x" * 1000, ["mend"] * 4, "y" * 100_000)] * 20
    assert len(replies.status(lines, "x" * 1000, LIMITS, SPENT, 1)) < 20_000
