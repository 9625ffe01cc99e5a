"""How far the demo's command has come, read where the truth is: in SQL."""

import time
from dataclasses import dataclass
from typing import Protocol

from bot.demo.stage import Stage
from handlers import inbox
from runners import looking, run_events, runs, tasks
from runners.states import ENDS, RunState
from runners.wording.views import RunView

PATIENCE_SECONDS = 120
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Progress:
    """What has happened so far, each as a sentence or nothing yet."""

    accepted: str = ""
    queued: str = ""
    working: str = ""
    at_work: tuple[str, ...] = ()  # the agent's last lines
    pushed: str = ""
    opened: str = ""
    failed: str = ""


@dataclass(frozen=True)
class Ended:
    """What the command came to."""

    stage: Stage
    number: int
    run: RunView
    pull_request: int | None
    patch: bytes
    seconds: float


class Shows(Protocol):
    """Something that shows progress."""

    def update(self, progress: Progress) -> None:
        """Shows it."""


def follow(stage: Stage, number: int, screen: Shows) -> Ended | None:
    """Shows the task's progress until its run has ended; None where that takes too long."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        progress, ended = look(stage, number, time.monotonic() - began)
        screen.update(progress)
        if ended is not None:
            return ended
        time.sleep(LOOK_SECONDS)
    return None


def look(stage: Stage, number: int, seconds: float) -> tuple[Progress, Ended | None]:
    """What is true now."""
    settings = stage.stack.settings
    with stage.database.read() as connection:
        heard = inbox.first(connection, "issue_comment")
        repository_id = stage.hub.repository(stage.sample.repository).id
        here = tasks.at_place(connection, settings.host_name, repository_id, number)
        accepted = f"webhook accepted, delivery {heard}" if heard else ""
        if not here:
            return Progress(accepted), None
        task = here[0]
        (row,) = runs.of_round(connection, task.id, task.round)
        run = looking.run_view(connection, settings, task, row)
        events = run_events.since(connection, row.id)
    progress = Progress(
        accepted=accepted,
        queued=f"queued, run {run.id} on `{row.queue}`",
        working=f"agent {run.agent} at work in {run.sandbox}" if run.sandbox else "",
        at_work=tuple(looking.log_line(event) for event in events if event.kind != "step")[-4:],
        pushed=f"branch pushed, {run.branch}" if row.head_sha else "",
        opened=f"pull request #{run.pull_request}" if run.pull_request else "",
        failed=f"{run.state}: {run.detail}" if run.state in ENDS - {RunState.DONE} else "",
    )
    ended = run.state in ENDS
    return progress, Ended(stage, number, run, run.pull_request, row.patch or b"", seconds) if ended else None
