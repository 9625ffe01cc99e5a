"""System calls of a process, watched by strace: was it on the disk before it was said?"""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CALLS = "openat,pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg"
SECONDS_TO_ATTACH = 10.0
CALL = re.compile(r"^(?P<thread>\d+) +(?P<call>\w+)\((?P<rest>.*)$")
RESUMED = re.compile(r"^(?P<thread>\d+) +<\.\.\. (?P<call>\w+) resumed>")
FILE = re.compile(r"^\d+<(?P<path>[^>]*)>")
ACCEPTED = "HTTP/1.1 202"


@dataclass
class Trace:
    """Answers of 202, and those that were written while something in the log was not on the disk yet."""

    answers: int = 0
    too_early: int = 0
    _unsynced: bool = False
    _synced: bool = False
    _syncing: set[str] = field(default_factory=set)

    def read(self, line: str) -> None:
        """One line of strace's output; a call that waits comes as two."""
        resumed, call = RESUMED.match(line), CALL.match(line)
        if resumed and resumed["call"] in ("fdatasync", "fsync"):
            if resumed["thread"] in self._syncing:
                self._syncing.discard(resumed["thread"])
                self._on_disk()
        elif call:
            self._begun(call["thread"], call["call"], call["rest"])

    def _begun(self, thread: str, call: str, rest: str) -> None:
        of_log = (found := FILE.match(rest)) is not None and found["path"].endswith("-wal")
        if call == "pwrite64" and of_log:
            self._unsynced = True
        elif call in ("fdatasync", "fsync") and of_log:
            if "unfinished" in rest:
                self._syncing.add(thread)
            else:
                self._on_disk()
        elif ACCEPTED in rest:
            self.answers += 1
            self.too_early += self._unsynced or not self._synced
            self._synced = False

    def _on_disk(self) -> None:
        self._unsynced, self._synced = False, True


@contextmanager
def attached(pid: int, output: Path) -> Iterator[Callable[[], Trace]]:
    """Watches a process meanwhile; afterwards the function that is given reads what was seen."""
    argv = ["strace", "-f", "-y", "-s", "64", "-e", f"trace={CALLS}", "-o", str(output), "-p", str(pid)]
    watching = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    try:
        _await_attached(pid, watching)
        yield lambda: _read(output)
    finally:
        watching.send_signal(signal.SIGINT)  # lets the process go
        watching.communicate(timeout=10)


def _await_attached(pid: int, watching: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + SECONDS_TO_ATTACH
    threads = Path(f"/proc/{pid}/task")
    while any("TracerPid:\t0" in (one / "status").read_text() for one in threads.iterdir()):
        assert watching.poll() is None, watching.stderr and watching.stderr.read()
        assert time.monotonic() < deadline, "strace did not attach"
        time.sleep(0.05)


def _read(output: Path) -> Trace:
    trace = Trace()
    for line in output.read_text(errors="replace").splitlines():
        trace.read(line)
    return trace
