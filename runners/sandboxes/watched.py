"""A process that is watched from this host: its output in lines, its limits, its end. Each sandbox says how it ends."""

import os
import select
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

from runners.agents.adapter import Exit, Killed
from runners.sandboxes.interface import Errand
from runners.sandboxes.lines import Splitter
from runners.sandboxes.weighing import Scale

SLICE = 0.1  # seconds between looks at the limits and at a process that ended with its output held open
CHUNK = 64 * 1024


class Watched(ABC):
    """An errand's process, whose output comes through the pipe `output`. `made` closes what it needed."""

    def __init__(self, errand: Errand, output: int, made: ExitStack) -> None:
        self._errand, self._output, self._made = errand, output, made
        os.set_blocking(output, False)  # an agent may open its own output, and read what we were told is there
        self._lock = threading.Lock()
        self._killed: Killed | None = None
        self._exit: Exit | None = None
        self._splitter = Splitter()
        self._scale = Scale(errand.tree, errand.tree_bytes)
        made.callback(self._scale.close)
        self._bytes = 0
        self._started = self._last_byte = monotonic()

    @abstractmethod
    def _ended(self, seconds: float = 0) -> bool:
        """Whether the process has ended, waiting for so long."""

    def _takes_too_much(self) -> bool:
        """Whether it takes more memory than it may, where nobody else bounds that."""
        return False

    @abstractmethod
    def _end(self) -> None:
        """Ends the process and everything that it started."""

    @abstractmethod
    def _found(self, killed: Killed | None) -> Exit:
        """How it ended, once it has."""

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
            if not self._ended():
                return b""
            # It may have spoken and ended since we looked.
            if not poll.poll(0):
                return None  # whoever still holds the output after the end escaped; nobody waits for them
        try:
            chunk = os.read(self._output, CHUNK)
        except BlockingIOError:
            return b""
        if not chunk:
            return None if self._ended(seconds) else b""  # a process may close its output and go on
        self._last_byte = monotonic()
        room = max(0, self._errand.output_bytes - self._bytes)
        self._bytes += len(chunk)
        return chunk[:room]

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
        elif self._takes_too_much():
            self.kill("memory")

    def kill(self, why: Killed) -> None:
        """See `Process.kill`."""
        with self._lock:
            if self._killed or self._ended():
                return
            self._killed = why
        self._end()

    def wait(self) -> Exit:
        """See `Process.wait`."""
        if self._exit is None:
            for _ in self.lines(1):
                pass
            try:
                self._exit = self._found(self._killed)
            finally:
                self._made.close()
        return self._exit
