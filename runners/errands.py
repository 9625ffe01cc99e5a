"""One process of an attempt in its sandbox: within the operator's bounds, and ended with the attempt's lease."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runners.agents.adapter import Exit
from runners.attempt import Attempt
from runners.lease import Lease
from runners.sandboxes.interface import Errand, Sandbox
from runners.sandboxes.places import tools_of
from runners.workspace import Workspace

TICK_SECONDS = 0.5
MEBIBYTE = 1024**2
OUT_OF_TIME = "out of time"
LIMITS = {
    "time": OUT_OF_TIME,
    "output": "printed too much",
    "memory": "out of memory",
    "disk": "took too much disk",
}


@dataclass(frozen=True)
class Ground:
    """Where an attempt's processes run."""

    attempt: Attempt
    lease: Lease
    sandbox: Sandbox
    workspace: Workspace


def errand(attempt: Attempt, workspace: Workspace, argv: Sequence[str], seconds: float, **own: Any) -> Errand:
    """The command line in the workspace; `own` is what it has besides, as the Errand's fields."""
    settings = attempt.context.settings
    return Errand(
        argv=argv,
        tree=workspace.tree,
        objects=workspace.objects,
        seconds=seconds,
        memory_bytes=settings.sandbox_memory_mb * MEBIBYTE,
        cpus=settings.sandbox_cpus,
        label=attempt.name,
        tools=tools_of(settings),
        **own,
    )


def follow(lease: Lease, sandbox: Sandbox, errand: Errand, hear: Callable[[str | None], None]) -> Exit:
    """Runs it to its end; `hear` is given each line, and None at least every half second meanwhile.

    Whoever calls asks `Lease.check` next: a process that was ended because the work must stop looks like any other.
    """
    process = sandbox.start(errand)
    lease.on_stop(process.kill)
    try:
        for line in process.lines(TICK_SECONDS):
            hear(line)
    finally:
        process.kill("lost")
        exit = process.wait()
        lease.on_stop(lambda why: None)
    return exit


def shell(ground: Ground, command: str, seconds: float, hear: Callable[[str | None], None], **own: Any) -> str:
    """Runs one of the repository's commands; what it failed of, in a few words, and nothing where it did not.

    It may be silent for as long as it takes. Raises as `Lease.check` does.
    """
    if seconds <= 0:
        return OUT_OF_TIME
    own |= {"verbatim": [command], "idle_seconds": seconds}
    exit = follow(
        ground.lease, ground.sandbox, errand(ground.attempt, ground.workspace, ["sh", "-c"], seconds, **own), hear
    )
    ground.lease.check()
    return LIMITS.get(exit.killed, exit.killed) if exit.killed else f"exit code {exit.code}" if exit.code else ""
