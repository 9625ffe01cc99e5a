"""A sandbox's process that is a child of this one."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from runners.agents.adapter import Exit, Killed
from runners.sandboxes.interface import Errand
from runners.sandboxes.memory import Memory
from runners.sandboxes.watched import Watched


@dataclass(frozen=True)
class Launch:
    """How to start an errand's process: the command line on the host, and as whom."""

    argv: Sequence[str]
    cwd: str = "/"
    env: tuple[tuple[str, str], ...] = ()
    pass_fds: tuple[int, ...] = ()
    owner: int | None = None  # the host's user id that will own the streams, where it is not ours


class LocalProcess(Watched):
    """A child of this process. `end` must end it and everything that it started; `made` closes what it needed."""

    def __init__(self, launch: Launch, errand: Errand, end: Callable[[subprocess.Popen[bytes]], None], made: ExitStack):
        output, theirs = os.pipe()
        made.callback(os.close, output)
        super().__init__(errand, output, made)
        self._end_it = end
        try:
            self._popen = self._spawn(launch, theirs)
        except BaseException:
            made.close()
            raise
        self._memory = Memory(self._popen.pid, errand.memory_bytes)

    def _spawn(self, launch: Launch, theirs: int) -> subprocess.Popen[bytes]:
        # A file, not a pipe: a long text can't block us, whether it is read or not.
        with os.fdopen(theirs, "wb") as output, tempfile.TemporaryFile() as stdin:
            stdin.write(self._errand.stdin.encode("utf-8", "replace"))
            stdin.seek(0)
            if launch.owner is not None:
                # So that /dev/stdin and /dev/stdout can be opened inside.
                os.fchown(output.fileno(), launch.owner, launch.owner)
                os.fchown(stdin.fileno(), launch.owner, launch.owner)
            return subprocess.Popen(
                launch.argv,
                cwd=launch.cwd,
                env=dict(launch.env),
                stdin=stdin,
                stdout=output,
                stderr=output,
                pass_fds=launch.pass_fds,
                start_new_session=True,
            )

    def _ended(self, seconds: float = 0) -> bool:
        if not seconds:
            return self._popen.poll() is not None
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
        return self._popen.returncode is not None

    def _takes_too_much(self) -> bool:
        return self._memory.is_over()

    def _end(self) -> None:
        self._end_it(self._popen)

    def _found(self, killed: Killed | None) -> Exit:
        return Exit(self._popen.wait(), killed, out_of_memory=killed == "memory")
