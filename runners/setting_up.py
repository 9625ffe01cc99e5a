"""A repository's `setup`: its own commands, run in the sandbox before the agent, once for a commit."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runners import setups
from runners.agents import AGENTS
from runners.agents.adapter import AgentEvent
from runners.attempt import Attempt
from runners.errands import Ground, shell
from runners.git import GitError
from runners.problems import Problem
from runners.reach import reach
from runners.run_log import RunLog
from runners.sandboxes import is_for_theirs
from runners.tasks import reads_only
from runners.way_out import WayOut, way_out
from runners.wording.safe import quoted
from runners.workspace import check_out, disarm

KEPT = "setup: as an earlier run on this commit left it"
MOST_NAMED = 10
NOT_RUN = "setup was not run: no sandbox works on this machine"
FAILED = "`setup` failed, so the agent was not asked: {} ({}). The run's log has what it printed."


def wished(attempt: Attempt) -> Sequence[str]:
    """Those of the repository's file. None for what only reads: it may come from a fork."""
    return () if reads_only(attempt.task) else (attempt.task.bounds or {}).get("setup", [])


def setup_reaches(attempt: Attempt) -> bool:
    """Whether there is a setup that may reach hosts."""
    return bool(wished(attempt)) and bool(reach(attempt.context.settings, attempt.task.bounds or {}))


@dataclass(frozen=True)
class SetUp:
    """What has to be done before an agent finds the checkout as the repository wishes it."""

    ground: Ground
    index: Path  # of the commit
    owner: int | None  # of the checkout

    def bring(self, seconds: float) -> float:
        """Runs the commands within so many seconds, or brings what they left the last time; the seconds it took.

        Raises Problem, and as `Lease.check` does.
        """
        began, attempt, sandbox = time.monotonic(), self.ground.attempt, self.ground.sandbox
        if not is_for_theirs(sandbox, attempt.context.settings):
            attempt.step(NOT_RUN)
            return 0.0
        place = self._place()
        # Whoever asks once more may do so because of what was kept.
        kept = setups.bring(place, self.ground.workspace) if place and attempt.task.round == 1 else None
        if kept is not None:
            attempt.step(f"{KEPT}: {_named(kept)}")
        else:
            self._make(wished(attempt), place, began + seconds)
        return time.monotonic() - began

    def _place(self) -> Path | None:
        """None where nothing isolates: each checkout has another path there, which environments hold."""
        attempt, sandbox = self.ground.attempt, self.ground.sandbox
        if not sandbox.isolates:
            return None
        hosts = reach(attempt.context.settings, attempt.task.bounds or {})
        return setups.place(self.ground.workspace, sandbox.surroundings(), ",".join(sorted(hosts)), *wished(attempt))

    def _make(self, commands: Sequence[str], place: Path | None, deadline: float) -> None:
        attempt, workspace = self.ground.attempt, self.ground.workspace
        with way_out(attempt, AGENTS[attempt.run.agent], for_setup=True) as way:
            for command in commands:
                self._run(command, deadline - time.monotonic(), way)
        self._restore()
        left = setups.left_by(workspace)
        attempt.step(f"setup left {_named(left)}, which is in no patch")
        if place:
            setups.keep(place, workspace, left)

    def _run(self, command: str, seconds: float, way: WayOut) -> None:
        attempt = self.ground.attempt
        attempt.step(f"setup: {command}")
        log = RunLog(attempt)

        def hear(line: str | None) -> None:
            log.add([] if line is None else [AgentEvent("text", {"text": line})])

        failed = shell(self.ground, command, seconds, hear, env=way.env, gateway=way.sockets)
        log.close()
        if failed:
            raise Problem("setup_failed", FAILED.format(quoted(command, 200), failed))

    def _restore(self) -> None:
        """The commit's files as they are in it, whatever the commands made of them, and no repository but a new one."""
        try:
            disarm(self.ground.workspace.tree)
            check_out(self.ground.workspace, self.index, self.owner)
        except (OSError, GitError, Problem) as error:
            said = "`setup` left files of which the repository's own can't be told any more"
            raise Problem("setup_failed", f"{said}: {str(error)[-300:]}") from None


def _named(left: Sequence[str]) -> str:
    more = f" and {len(left) - MOST_NAMED:,} more" if len(left) > MOST_NAMED else ""
    return (", ".join(left[:MOST_NAMED]) or "nothing") + more
