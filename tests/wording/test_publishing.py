"""What is published: its words in every state, and nothing in it that acts but the one closing keyword."""

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.grammar import find
from runners.states import ENDS, RunState
from runners.wording.publishing import (
    CHECK_TITLES,
    CONCLUSIONS,
    Trailers,
    branch_name,
    check,
    commit_message,
    pull_request_body,
    subject,
)
from runners.wording.views import TaskView
from tests.wording.snapshots import same
from tests.wording.texts import ACTS, hostile
from tests.wording.views import NUMBER, OF_STATE, alive, hostile_tasks, task_of

DONE = OF_STATE[RunState.DONE]
SHA = "1" * 40
CO_AUTHOR = "alice <42+alice@users.noreply.github.com>"
CLOSES = f"Closes #{NUMBER}"
GITHUB_S_LIMIT = 65_536


HELD = Trailers(2, CO_AUTHOR, held=True, sign_off=True)


def test_their_words() -> None:
    task, applied = task_of(DONE), task_of(replace(DONE, agent="patch"), verb="apply", text="```diff\n-a\n+b\n```")
    long = task_of(DONE, text="\n\nfirst line of the wish\n\nand more of it")
    same("publishing", {
        "pull request": pull_request_body(task, DONE),
        "pull request of apply, without a summary": pull_request_body(applied, replace(DONE, summary=None)),
        "commit": commit_message(task, "add() is wrong", DONE, Trailers(1, CO_AUTHOR)),
        "commit of apply": commit_message(applied, "add() is wrong", DONE, HELD),
        "title of a long wish": subject(long, "add() is wrong"),
        "title without any words": subject(task_of(DONE, text=" "), "\u200b"),
        "branch": branch_name(NUMBER, "Größe: add() is wrong, isn't it?", DONE.id),
        "branch without any words": branch_name(NUMBER, "日本語", DONE.id),
    })  # fmt: skip


def test_check_runs_in_every_state() -> None:
    texts = {}
    for state, run in OF_STATE.items():
        fields = check(run, SHA)
        output = fields.pop("output")
        texts[state.value] = "\n".join([*(f"{name}: {value}" for name, value in fields.items()), *output.values()])
    same("check_runs", texts)


def test_a_check_run_is_what_github_s_api_takes() -> None:
    assert set(CHECK_TITLES) == set(RunState)
    assert set(CONCLUSIONS) == ENDS
    for state, run in OF_STATE.items():
        fields = check(run, SHA)
        assert (fields["status"] == "completed") == (state in ENDS) == ("conclusion" in fields)
        assert set(fields["output"]) == {"title", "summary"}
        assert "details_url" not in check(replace(run, url=None, place_url=None), SHA)


def acts_in_a_title(text: str) -> set[str]:
    """What acts in a line that GitHub does not read as Markdown, and in which it makes no links."""
    return alive(re.sub(r"([\\`*_\[\]<>!&~|$^(){}=+-])", "", text)) - {"address"}


@given(hostile_tasks(), hostile)
def test_nothing_that_others_wrote_acts_in_them(task: TaskView, title: str) -> None:
    run = replace(task.runs[-1], files=1, added=2, removed=3)
    body = pull_request_body(task, run)
    assert body.count(CLOSES) == 1
    assert body.endswith(CLOSES)
    assert alive(body, CLOSES, f"on #{NUMBER}: ") == set()
    summary = check(run, SHA)["output"]["summary"]
    assert alive(summary, "#12") == set()
    message = commit_message(task, title, run, Trailers(1, CO_AUTHOR))
    first, rest = message.split("\n", 1)
    assert rest == f"\nAgent: {run.agent}\n\nAsync-Code-Run: {run.id}/1\nCo-authored-by: {CO_AUTHOR}\n"
    assert 0 < len(first) <= 120
    assert acts_in_a_title(first) == set()
    for text in (body, summary, message):
        assert find(text) == []
        assert "<!-- async-code" not in text
        assert len(text) < GITHUB_S_LIMIT
        assert len(text.encode()) < 4 * GITHUB_S_LIMIT


@pytest.mark.parametrize("text", ACTS, ids=range(len(ACTS)))
def test_each_known_trick_fails_in_each_place(text: str) -> None:
    for state in (RunState.DONE, RunState.FAILED, RunState.CANCELLED):
        said = replace(OF_STATE[state], detail=text, summary=text, cancel_by=text, log=(text,))
        run = replace(said, files=1, added=1, removed=1)
        task = task_of(run, text=text, requester=text)
        assert alive(pull_request_body(task, run), CLOSES, f"on #{NUMBER}: ") == set()
        assert alive(check(run, SHA)["output"]["summary"], "#12") == set()
        assert acts_in_a_title(subject(task, text)) == set()


@pytest.mark.unmeasured
def test_endless_words_keep_them_within_github_s_limits() -> None:
    for word in ("x" * 70_000, "@a " * 25_000, "`" * 70_000, "🙈" * 20_000, "[" * 70_000):
        for state in (RunState.DONE, RunState.FAILED):
            long = replace(OF_STATE[state], files=1, added=1, removed=1, detail=word, summary=word, log=(word,) * 2)
            task = task_of(long, text=word, requester=word)
            body = pull_request_body(task, long)
            assert len(body) < GITHUB_S_LIMIT
            assert body.endswith(CLOSES)
            assert len(check(long, SHA)["output"]["summary"].encode()) < GITHUB_S_LIMIT
            assert len(subject(task, word)) <= 120


NAME = re.compile(r"async-code/[a-z0-9-]{1,80}")


def test_ten_thousand_hostile_titles_give_names_of_branches() -> None:
    dice = random.Random(1)  # noqa: S311  # no secret hangs on it
    odd = ["..", "@{", "~^:?*[\\", ".lock", "-x", "--upload-pack=x", "\n", "\0", "\u202e", "\ud800", "é", "ß", "日本"]
    pieces = [*ACTS, *odd]
    for number in range(10_000):
        title = "".join(dice.choice(pieces) for _ in range(dice.randrange(4)))
        name = branch_name(number * 100_000, title, "r1234567890ab")
        assert NAME.fullmatch(name), title
        assert "--" not in name, title


@given(st.text(st.characters(codec=None)), st.integers(1, 2**31 - 1))
def test_any_title_gives_the_name_of_a_branch(title: str, number: int) -> None:
    assert NAME.fullmatch(branch_name(number, title, "r1234567890ab"))
