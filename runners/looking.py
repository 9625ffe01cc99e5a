"""A task and its runs as people see them, read from SQL: what the comment, the check run and the pages speak of."""

from typing import Any

from config.accounts import is_paused
from config.addresses import on_loopback
from config.database import Connection, Row, now
from config.settings import Settings
from runners import refused_hosts, run_events, runs, tasks
from runners.states import ENDS, RunState, TaskState
from runners.wording.bounds import BOUNDS
from runners.wording.views import CheckView, RunView, TaskView

LOG_LINES = 50


def task_view(connection: Connection, settings: Settings, task_id: str) -> TaskView:
    """The task with the runs of its newest round."""
    task = tasks.get(connection, task_id)
    newest = runs.of_round(connection, task_id, task.round)
    return TaskView(
        id=task.id,
        verb=task.verb,
        text=task.text,
        state=TaskState(task.state),
        requester=task.requester,
        number=task.number,
        is_pull_request=task.is_pull_request,
        runs=tuple(run_view(connection, settings, task, run) for run in newest),
        ahead=runs.ahead_of(connection, newest[-1]),
        round=task.round,
        paused=is_paused(connection, task.account_id),
        plan=task.plan,
        approved_by=task.approved_by,
    )


def run_view(connection: Connection, settings: Settings, task: Row[Any], run: Row[Any]) -> RunView:
    """One run of the task."""
    events = run_events.latest(connection, run.id, LOG_LINES)
    steps = [event.data["text"] for event in events if event.kind == "step"]
    end = run.finished_at or now(connection)
    tokens = None if run.input_tokens is None else run.input_tokens + (run.output_tokens or 0)
    return RunView(
        id=run.id,
        agent=run.agent,
        state=RunState(run.state),
        reason=run.reason,
        detail=run.detail,
        seconds=None if run.started_at is None else end - run.started_at,
        doing=steps[-1] if steps else "",
        branch=run.branch,
        branch_url=f"{settings.github_base_url}/{task.repository}/tree/{run.branch}" if run.branch else None,
        pushed=run.head_sha is not None,
        pull_request=run.pull_request,
        files=run.files,
        added=run.added,
        removed=run.removed,
        summary=run.summary,
        has_patch=run.patch is not None and RunState(run.state) in ENDS - {RunState.DONE},
        sandbox=run.sandbox,
        bounds=BOUNDS.get(run.sandbox or "", ""),
        refused_hosts=refused_hosts.of_run(connection, run.id),
        cost_usd=run.cost_usd,
        tokens=tokens,
        minutes=minutes_of(task, settings),
        cancel_by=run.cancel_by,
        url=run_page(settings, run.id),
        place_url=f"{settings.github_base_url}/{task.repository}/{place(task, run)}",
        log=tuple(log_line(event) for event in events),
        diff_url=f"{settings.github_base_url}/{task.repository}/commit/{run.head_sha}" if run.head_sha else None,
        picked_by=run.picked_by,
        held=bool(run.held) and not run.released_by,
        checks=tuple(CheckView(one["command"], one["why"], one["seconds"], one["said"]) for one in run.checks or ()),
    )


def place(task: Row[Any], run: Row[Any]) -> str:
    """The path of the pull request, where there is one, else of the issue."""
    number = run.pull_request or (task.number if task.is_pull_request else None)
    return f"pull/{number}" if number else f"issues/{task.number}"


def run_page(settings: Settings, run_id: str) -> str | None:
    """The run page's address, where a reader could open it: it answers on loopback only until login exists."""
    return f"{settings.public_url}/runs/{run_id}" if on_loopback(settings.public_url) else None


def minutes_of(task: Row[Any], settings: Settings) -> float:
    """How long a run of the task may take: the operator's limit, or less where command or repository ask for less."""
    return _least(task, "timeout_minutes", settings.run_minutes)


def budget_of(task: Row[Any], settings: Settings) -> float:
    """What the models of one run of the task may cost, in US dollars: the operator's limit, or less where asked."""
    return _least(task, "budget_usd", settings.run_budget_usd)


def _least(task: Row[Any], name: str, most: float) -> float:
    return min(float(given.get(name) or most) for given in (task.flags, task.bounds or {}, {name: most}))


def log_line(event: Row[Any]) -> str:
    """An event as one line of the log."""
    data = event.data
    said = data.get("text") or " ".join(f"{key}={value}" for key, value in data.items())
    return f"{'» ' if event.kind == 'step' else ''}{said}"
