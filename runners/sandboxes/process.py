"""A sandbox's process on this host: its output in lines, its limits, its end."""

import os
import select
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from time import monotonic

from runners.agents.adapter import Exit, Killed
from runners.sandboxes.interface import Errand
from runners.sandboxes.lines import Splitter
from runners.sandboxes.weighing import Scale

SLICE = 0.1  # seconds between looks at the limits and at a process that ended with its output held open
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Launch:
    """How to start an errand's process: the command line on the host, and as whom."""

    argv: Sequence[str]
    cwd: str = "/"
    env: tuple[tuple[str, str], ...] = ()
    pass_fds: tuple[int, ...] = ()
    owner: int | None = None  # the host's user id that will own the streams, where it is not ours


class LocalProcess:
    """A child of this process. `end` must end it and everything that it started; `made` closes what it needed."""

    def __init__(self, launch: Launch, errand: Errand, end: Callable[[subprocess.Popen[bytes]], None], made: ExitStack):
        self._errand, self._end, self._made = errand, end, made
        self._lock = threading.Lock()
        self._killed: Killed | None = None
        self._exit: Exit | None = None
        self._splitter = Splitter()
        self._scale = Scale(errand.tree, errand.tree_bytes)
        made.callback(self._scale.close)
        self._bytes = 0
        try:
            self._popen = self._spawn(launch)
        except BaseException:
            made.close()
            raise
        self._started = self._last_byte = monotonic()

    def _spawn(self, launch: Launch) -> subprocess.Popen[bytes]:
        self._output, theirs = os.pipe()
        self._made.callback(os.close, self._output)
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

    def lines(self, tick: float) -> Iterator[str | None]:
        """See `Process.lines`."""
        due = monotonic() + tick
        while (chunk := self._read(min(tick, SLICE))) is not None:
            self._look_at_limits()
            for line in self._splitter.feed(chunk):
                yield line
                due = monotonic() + tick
            if monotonic() >= due:
                yield None
                due = monotonic() + tick
        yield from self._splitter.flush()

    def _read(self, seconds: float) -> bytes | None:
        """The next bytes, b"" if none came in time, None after the end."""
        if self._exit:
            return None
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        if not poll.poll(seconds * 1000):
            if self._popen.poll() is None:
                return b""
            # It may have spoken and ended since we looked.
            if not poll.poll(0):
                return None  # whoever still holds the output after the end escaped; nobody waits for them
        chunk = os.read(self._output, CHUNK)
        if not chunk:
            return self._await_end(seconds)
        self._last_byte = monotonic()
        room = max(0, self._errand.output_bytes - self._bytes)
        self._bytes += len(chunk)
        return chunk[:room]

    def _await_end(self, seconds: float) -> bytes | None:
        """A process may close its output and go on."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
            return None
        return b""

    def _look_at_limits(self) -> None:
        now = monotonic()
        if self._bytes > self._errand.output_bytes:
            self.kill("output")
        elif now - self._started > self._errand.seconds:
            self.kill("time")
        elif now - self._last_byte > self._errand.idle_seconds:
            self.kill("idle")
        elif self._scale.is_over():
            self.kill("disk")

    def kill(self, why: Killed) -> None:
        """See `Process.kill`."""
        with self._lock:
            if self._killed or self._popen.poll() is not None:
                return
            self._killed = why
        self._end(self._popen)

    def wait(self) -> Exit:
        """See `Process.wait`."""
        if self._exit is None:
            for _ in self.lines(1):
                pass
            code = self._popen.wait()
            self._made.close()
            self._exit = Exit(code, self._killed)
        return self._exit
