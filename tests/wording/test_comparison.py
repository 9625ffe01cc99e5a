"""The comment of a comparison, in its words and with hostile ones."""

from dataclasses import replace

from hypothesis import given

from runners.states import RunState, TaskState
from runners.wording.comparison import can_be_picked, task_comment
from runners.wording.status import status_comment
from runners.wording.views import RunView, TaskView
from tests.wording.snapshots import same
from tests.wording.views import OF_STATE, TASK, alive, hostile_tasks

BRANCH = replace(OF_STATE[RunState.DONE], pull_request=None, diff_url="https://github.com/octo/app/commit/1111111")
OTHERS = (replace(OF_STATE[RunState.FAILED], agent="codex"), replace(BRANCH, agent="claude-code", cost_usd=0.25))
PAGE = "[run](http://127.0.0.1:8000/runs/r1234567890ab)"


def comparison(runs: tuple[RunView, ...] = (BRANCH, *OTHERS), state: TaskState = TaskState.DONE) -> TaskView:
    return replace(TASK, verb="compare", runs=runs, state=state)


def test_its_words() -> None:
    picked = replace(BRANCH, picked_by="alice")
    opened = replace(picked, pull_request=12)
    at_work = tuple(replace(run, state=RunState.RUNNING, files=None) for run in (BRANCH, *OTHERS))
    same("comparison", {
        "compared": task_comment(comparison()),
        "at work": task_comment(comparison(state=TaskState.RUNNING, runs=at_work)),
        "picked": task_comment(comparison(runs=(picked, *OTHERS))),
        "opened": task_comment(comparison(runs=(opened, *OTHERS))),
    })  # fmt: skip


def test_only_branches_can_be_picked_once_all_have_ended() -> None:
    assert can_be_picked(comparison()) == [1, 3]
    assert can_be_picked(comparison(runs=(BRANCH, OF_STATE[RunState.RUNNING]))) == []
    assert can_be_picked(comparison(runs=(replace(BRANCH, picked_by="alice"), BRANCH))) == []


def test_every_other_task_has_the_comment_of_its_one_run() -> None:
    assert task_comment(TASK) == status_comment(TASK)


@given(hostile_tasks(), hostile_tasks())
def test_nothing_that_others_wrote_acts_in_it(one: TaskView, other: TaskView) -> None:
    text = task_comment(replace(one, verb="compare", runs=(one.runs[0], other.runs[0])))
    assert alive(text, PAGE, "Pull request #12") == set()
