"""Several runs of one task, side by side: the status comment of a comparison. Pure text."""

from runners.states import ENDS, RunState, TaskState, pickable
from runners.wording.safe import quoted
from runners.wording.status import HEADLINES, MARKS, duration, hint, size, status_comment, understood, why
from runners.wording.views import RunView, TaskView

HEAD = ["| | agent | came to | changed | checks | time | tokens | cost | |", "|---|---|---|---|---|---|---|---|---|"]
NONE = "—"


def task_comment(task: TaskView) -> str:
    """The one status comment of a task, whatever it is."""
    return compared(task) if task.verb == "compare" else status_comment(task)


def compared(task: TaskView) -> str:
    """What each run came to, and how one of them is picked."""
    rows = [f"| {number} | {' | '.join(_cells(run))} |" for number, run in enumerate(task.runs, 1)]
    parts = [_headline(task), understood(task), "\n".join([*HEAD, *rows]), _reasons(task), _picked(task), _hint(task)]
    return "\n\n".join(part for part in parts if part)


def can_be_picked(task: TaskView) -> list[int]:
    """Numbers of the runs that `pick` takes, once all have ended."""
    return pickable([(run.state, bool(run.picked_by)) for run in task.runs])


def _headline(task: TaskView) -> str:
    ready = bool(can_be_picked(task))
    facts = ["⚖️ Compared" if ready else f"{MARKS[task.state]} {HEADLINES[task.state]}"]
    costs = [run.cost_usd for run in task.runs if run.cost_usd is not None]
    return f"**{' · '.join([*facts, *([f'${sum(costs):.2f}'] if costs else [])])}**"


def _cells(run: RunView) -> list[str]:
    passed = sum(not check.why for check in run.checks)
    links = [f"[diff]({run.diff_url})" if run.diff_url else "", f"[run]({run.url})" if run.url else ""]
    return [
        f"`{run.agent}`",
        HEADLINES[TaskState(run.state.value)],
        size(run) if run.files is not None else NONE,
        f"{passed} of {len(run.checks)} passed" if run.checks else NONE,
        duration(run.seconds) if run.seconds is not None else NONE,
        f"{run.tokens:,}" if run.tokens is not None else NONE,
        f"${run.cost_usd:.2f}" if run.cost_usd is not None else NONE,
        " · ".join(filter(None, links)) or NONE,
    ]


def _reasons(task: TaskView) -> str:
    """Why some came to nothing, or could not be picked."""
    ended = [(number, run) for number, run in enumerate(task.runs, 1) if run.state in ENDS]
    said = [(number, _reason(run)) for number, run in ended]
    return "\n".join(f"- {number}: {' '.join(words.split())}" for number, words in said if words)


def _reason(run: RunView) -> str:
    if run.state is RunState.DONE:
        return quoted(run.detail, 300) if run.detail else ""
    return why(run)


def _picked(task: TaskView) -> str:
    for number, run in enumerate(task.runs, 1):
        if run.picked_by:
            opened = (
                f"[Pull request #{run.pull_request}]({run.place_url})" if run.pull_request else "it is being opened"
            )
            return f"Picked {number} by {quoted(run.picked_by, 60)}: {opened}."
    return ""


def _hint(task: TaskView) -> str:
    numbers = can_be_picked(task)
    if not numbers:
        return hint(task)
    commands = " or ".join(f"`/async-code pick {number}`" for number in numbers)
    return f"<sub>Open one's pull request and remove the other branches: comment {commands}.</sub>"
