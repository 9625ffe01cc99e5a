"""What may take minutes and must not make a cancel wait: other programs, locks that another process holds.

Whoever works on a run says once, for its thread, what ends the work; every wait here asks that.
"""

import fcntl
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryFile

CHECK_SECONDS = 0.5
LOOK_SECONDS = 0.1  # at a lock
# Of each program. What an agent left may make one ask for any amount; that it gets an end, and not the host.
MEMORY_BYTES = 4 * 1024**3

_check: ContextVar[Callable[[], None]] = ContextVar("check", default=lambda: None)


@contextmanager
def interrupted_by(check: Callable[[], None]) -> Iterator[None]:
    """Lets `check` end whatever this thread waits for by raising, within half a second."""
    before = _check.set(check)
    try:
        yield
    finally:
        _check.reset(before)


def check_now() -> None:
    """Asks whether the work of this thread must stop here; raises what `interrupted_by` was given to raise."""
    _check.get()()


def run(
    argv: list[str], stdin: bytes, seconds: float, *, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Runs a program, bounded in memory, in a session of its own: the helpers that it starts end with it.

    Raises TimeoutError past the deadline, and what `interrupted_by` was given to raise.
    """
    pipe = subprocess.PIPE
    with TemporaryFile() as given:  # no pipe: `communicate` can't go on with its input after a look at the clock
        given.write(stdin)
        given.seek(0)
        with subprocess.Popen(
            argv, stdin=given, stdout=pipe, stderr=pipe, cwd=cwd, env=env, start_new_session=True
        ) as process:
            bound(process.pid)
            try:
                out, err = _finished(process, seconds)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
    return subprocess.CompletedProcess(argv, process.returncode, out, err)


def bound(pid: int) -> None:
    """Bounds a process in memory, and has it go first where the host has none left."""
    with suppress(OSError):  # it has ended already
        resource.prlimit(pid, resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


def _finished(process: "subprocess.Popen[bytes]", seconds: float) -> tuple[bytes, bytes]:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return process.communicate(timeout=CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            check_now()
            if time.monotonic() > deadline:
                raise TimeoutError(f"took longer than {seconds:.0f} s") from None


@contextmanager
def holding(lock: Path, *, alone: bool) -> Iterator[None]:
    """Holds a file's lock, with others or alone."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        while not _locked(held.fileno(), fcntl.LOCK_EX if alone else fcntl.LOCK_SH):
            check_now()
            threading.Event().wait(LOOK_SECONDS)
        yield


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
