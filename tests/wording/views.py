"""A task and its run in every state, as the sentences get them; and the same with hostile words in every field."""

from dataclasses import replace

from hypothesis import strategies as st

from runners.states import ENDS, RunState, TaskState
from runners.wording.plans import LONGEST_PLAN
from runners.wording.prose import prose
from runners.wording.views import CheckView, RunView, TaskView
from tests.wording.live import acting, shown_html
from tests.wording.texts import hostile

NUMBER, PULL = 5, 12
RUN = RunView(
    id="r1234567890ab",
    agent="mend",
    state=RunState.RUNNING,
    seconds=200,
    doing="running the tests",
    sandbox="bubblewrap",
    minutes=40,
    url="http://127.0.0.1:8000/runs/r1234567890ab",
    place_url="https://github.com/octo/app/issues/5",
    log=("» fetching the repository", "» mend is at work", "2 tests failed"),
)
TASK = TaskView("t1234567890ab", "implement", "make the tests pass", TaskState.RUNNING, "alice", NUMBER, False, (RUN,))
FOUND = {
    "branch": "async-code/5-add-is-wrong-r1234567890ab",
    "branch_url": "https://github.com/octo/app/tree/async-code/5-add-is-wrong-r1234567890ab",
    "pushed": True,
    "files": 2,
    "added": 10,
    "removed": 3,
}
OF_STATE: dict[RunState, RunView] = {
    RunState.QUEUED: replace(RUN, state=RunState.QUEUED, seconds=None, doing="", sandbox=None, log=()),
    RunState.RUNNING: RUN,
    RunState.PUBLISHING: replace(RUN, state=RunState.PUBLISHING, doing="pushing the branch"),
    RunState.DONE: replace(
        RUN,
        state=RunState.DONE,
        summary="Turned `-` into `+` in `add`.",
        pull_request=PULL,
        place_url="https://github.com/octo/app/issues/12",
        cost_usd=1.5,
        tokens=12_345,
        checks=(
            CheckView("pytest -q", "exit code 1", 3.5, "FAILED test_app.py::test_add"),
            CheckView("ruff check .", "", 0.2, "All checks passed!"),
        ),
        **FOUND,  # type: ignore[arg-type]  # as the fields want it
    ),
    RunState.UNCHANGED: replace(RUN, state=RunState.UNCHANGED, detail="All tests pass already."),
    RunState.FAILED: replace(
        RUN, state=RunState.FAILED, reason="tests_failed", detail="No edit helps.", has_patch=True
    ),
    RunState.TIMED_OUT: replace(RUN, state=RunState.TIMED_OUT, detail="The run took longer than it may."),
    RunState.CANCELLED: replace(RUN, state=RunState.CANCELLED, detail="Cancelled by bob.", cancel_by="bob"),
    RunState.DEAD: replace(RUN, state=RunState.DEAD, reason="failures", detail="Unexpected KeyError."),
}


def task_of(run: RunView, **changes: object) -> TaskView:
    """The task whose only run that is."""
    return replace(TASK, state=TaskState(run.state.value), runs=(run,), **changes)  # type: ignore[arg-type]  # likewise


@st.composite
def hostile_tasks(draw: st.DrawFn) -> TaskView:
    """Any state, with words in each field that somebody else writes."""
    run = OF_STATE[draw(st.sampled_from(RunState))]
    run = replace(
        run,
        reason=draw(hostile | st.just("planned")),
        detail=draw(hostile),
        doing=draw(hostile),
        cancel_by=draw(st.none() | hostile),
        log=tuple(draw(st.lists(hostile, max_size=3))),
        summary=draw(hostile) if run.state in ENDS else None,
        checks=tuple(
            CheckView(draw(hostile), draw(st.sampled_from(["", "exit code 1"])), 1.0, draw(hostile)) for _ in "12"
        ),
    )
    verb = draw(st.sampled_from(["implement", "apply", "retry"]))
    changes = {"text": draw(hostile), "requester": draw(hostile), "verb": verb, "round": draw(st.integers(1, 2))}
    changes |= {
        "plan": draw(st.none() | hostile.map(lambda plan: prose(plan, LONGEST_PLAN))),
        "approved_by": draw(st.none() | hostile),
    }
    return task_of(run, **changes)


OUR_HTML = {"<details>", "</details>", "<summary>", "</summary>", "<sub>", "</sub>"}


def alive(text: str, *ours: str) -> set[str]:
    """What acts in a text besides our own markup, our own addresses and these words of ours."""
    for word in ours:
        text = text.replace(word, "")
    assert shown_html(text) <= OUR_HTML, text
    return acting(text, {"github.com"}) - {"html_inline", "html_block"}
