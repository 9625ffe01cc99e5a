"""The repository's own checks, run in the sandbox on what the agent left, once its patch is read.

They are the repository's commands on an agent's files: what they say is shown, and decides nothing but the check run's
conclusion. They have no way out, and what they write goes with the workspace.
"""

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from runners import runs
from runners.annotations import annotations, to_json
from runners.attempt import Attempt
from runners.lease import Lease
from runners.looking import minutes_of
from runners.sandboxes.interface import Errand, Sandbox
from runners.sandboxes.places import tools_of
from runners.workspace import Workspace

TICK_SECONDS = 0.5
MEBIBYTE = 1024**2
MOST_LINES = 5000
LAST_BYTES = 6000  # of what a check said that are kept
NO_SANDBOX = "not run: no sandbox works on this machine"
WHY = {
    "time": "out of time",
    "output": "printed too much",
    "memory": "out of memory",
    "disk": "took too much disk",
    "idle": "said nothing for too long",
}


@dataclass(frozen=True)
class Ground:
    """Where checks run: the attempt, its lease, its sandbox and its workspace."""

    attempt: Attempt
    lease: Lease
    sandbox: Sandbox
    workspace: Workspace


def run_checks(ground: Ground) -> list[dict[str, Any]]:
    """Each check's end, as JSON: command, passed, why, seconds, said, annotations. Raises as `Lease.check` does."""
    attempt = ground.attempt
    commands = (attempt.task.bounds or {}).get("checks", [])
    if not ground.sandbox.isolates and attempt.context.settings.sandbox != "none":
        # An agent of our own may work without a sandbox, since it runs nothing of the repository's. These do.
        return [_told(command, NO_SANDBOX, 0.0, []) for command in commands]
    deadline = time.monotonic() + _seconds_left(attempt)
    return [_check(ground, command, deadline) for command in commands]


def _seconds_left(attempt: Attempt) -> float:
    """Of the run's time, what its agent left of it."""
    with attempt.context.database.read() as connection:
        used = runs.get(connection, attempt.run.id).seconds_used
    return float(minutes_of(attempt.task, attempt.context.settings) * 60 - used)


def _check(ground: Ground, command: str, deadline: float) -> dict[str, Any]:
    attempt, began = ground.attempt, time.monotonic()
    attempt.step(f"checking: {command}")
    if began >= deadline:
        return _told(command, WHY["time"], 0.0, [])
    process = ground.sandbox.start(_errand(ground, command, deadline - began))
    ground.lease.on_stop(process.kill)
    lines: deque[str] = deque(maxlen=MOST_LINES)
    try:
        lines.extend(attempt.clean(line) for line in process.lines(TICK_SECONDS) if line is not None)
    finally:
        process.kill("lost")
        exit = process.wait()
        ground.lease.on_stop(lambda why: None)
    ground.lease.check()
    why = WHY.get(exit.killed, exit.killed) if exit.killed else f"exit code {exit.code}" if exit.code else ""
    return _told(command, why, time.monotonic() - began, list(lines))


def _told(command: str, why: str, seconds: float, lines: list[str]) -> dict[str, Any]:
    said = "\n".join(lines).encode()[-LAST_BYTES:].decode("utf-8", "replace")
    found = to_json(annotations(lines)) if why else []
    ended = {"command": command, "passed": not why, "why": why, "seconds": round(seconds, 1)}
    return {**ended, "said": said, "annotations": found}


def _errand(ground: Ground, command: str, seconds: float) -> Errand:
    settings = ground.attempt.context.settings
    return Errand(
        argv=["sh", "-c", command],
        tree=ground.workspace.tree,
        objects=ground.workspace.objects,
        seconds=seconds,
        idle_seconds=seconds,
        memory_bytes=settings.sandbox_memory_mb * MEBIBYTE,
        cpus=settings.sandbox_cpus,
        label=ground.attempt.name,
        tools=tools_of(settings),
    )
