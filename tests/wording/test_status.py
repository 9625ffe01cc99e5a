"""The status comment: its words in every state, and nothing in it that acts."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from handlers.grammar import find
from runners.states import ENDS, RunState, TaskState
from runners.wording.markers import marked, status_marker
from runners.wording.status import HEADLINES, MARKS, duration, status_comment
from runners.wording.views import TaskView
from tests.wording.snapshots import same
from tests.wording.texts import ACTS
from tests.wording.views import NUMBER, OF_STATE, RUN, alive, hostile_tasks, task_of

GITHUB_S_LIMIT = 65_536
PAGE = "[run page](http://127.0.0.1:8000/runs/r1234567890ab)"


def test_its_words_in_every_state() -> None:
    queued, done, cancelled = (OF_STATE[state] for state in (RunState.QUEUED, RunState.DONE, RunState.CANCELLED))
    bare = replace(OF_STATE[RunState.FAILED], log=(), has_patch=False, detail="", url=None)
    planned = replace(OF_STATE[RunState.UNCHANGED], reason="planned")
    plan: dict[str, Any] = {"verb": "plan", "plan": "1. Turn `-` into `+` in `add`.\n2. Run the tests."}
    variants = {
        "waiting": replace(task_of(queued), state=TaskState.WAITING),
        "three ahead": task_of(queued, ahead=3),
        "paused while it waits": replace(task_of(queued, paused=True), state=TaskState.WAITING),
        "paused in the queue": task_of(queued, paused=True),
        "paused at work": task_of(RUN, paused=True),
        "postponed": task_of(replace(queued, detail="GitHub can't be reached.")),
        "preparing": task_of(replace(RUN, doing="", sandbox=None, minutes=0.5)),
        "on a pull request": task_of(replace(done, pull_request=NUMBER, files=1)),
        "cancelled after the push": task_of(replace(cancelled, pushed=True, branch="topic")),
        "cancelled by nobody": task_of(replace(cancelled, cancel_by=None)),
        "failed without a sentence": task_of(bare),
        "a retry without words": task_of(RUN, text=" \n", round=2),
        "a plan that waits": replace(task_of(planned, **plan), state=TaskState.AWAITING_APPROVAL),
        "a plan that was dropped": replace(task_of(planned, **plan), state=TaskState.CANCELLED),
        "a plan at work": task_of(RUN, **plan, approved_by="bob", round=2),
    }
    same("status", {state.value: status_comment(task_of(run)) for state, run in OF_STATE.items()} | {
        name: status_comment(task) for name, task in variants.items()
    })  # fmt: skip


def test_every_state_has_a_headline_and_a_mark() -> None:
    assert set(HEADLINES) == set(MARKS) == set(TaskState)


def test_our_own_hints_are_no_commands() -> None:
    for state, run in OF_STATE.items():
        text = status_comment(task_of(run))
        assert find(text) == []
        assert ("cancel`" in text) == (state not in ENDS)
        assert ("retry`" in text) == (state in ENDS)


@given(hostile_tasks())
def test_nothing_that_others_wrote_acts_in_it(task: TaskView) -> None:
    text = status_comment(task)
    assert alive(text, PAGE, "Pull request #12", "#12") == set()
    whole = marked(status_marker(task.id), text)
    assert whole.count("<!-- async-code") == 1
    assert find(whole) == []
    assert len(whole) < GITHUB_S_LIMIT


@pytest.mark.parametrize("text", ACTS, ids=range(len(ACTS)))
def test_each_known_trick_fails_in_each_place(text: str) -> None:
    for run in OF_STATE.values():
        tricky = replace(run, detail=text, reason=text, doing=text, cancel_by=text, summary=text, log=(text, text))
        comment = status_comment(replace(task_of(tricky), text=text, requester=text))
        assert alive(comment, PAGE, "Pull request #12", "#12") == set()


@pytest.mark.parametrize(
    "branch", ["a`@octocat`b", "a)b(c", "fix#1", "a<b>", "@octocat", "a|b", "é`", "a](https://evil.example)"]
)
def test_a_person_s_branch_may_have_any_name(branch: str) -> None:
    address = f"https://github.com/octo/app/tree/{branch}"
    for state in (RunState.DONE, RunState.CANCELLED):
        run = replace(OF_STATE[state], branch=branch, branch_url=address, pushed=True, pull_request=NUMBER)
        assert alive(status_comment(task_of(run)), PAGE) == set()


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.DONE, RunState.FAILED])
def test_endless_words_keep_it_within_github_s_limit(state: RunState) -> None:
    for word in ("x" * 70_000, "@a " * 25_000, "`" * 70_000, "🙈" * 20_000, "<" * 70_000):
        run = replace(OF_STATE[state], detail=word, doing=word, summary=word, log=(word,) * 2)
        assert len(status_comment(task_of(run, text=word, requester=word))) < 20_000


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (3599.6, "1 h 0 min"),
     (3900, "1 h 5 min"), (90_000, "25 h 0 min")],
)  # fmt: skip
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
