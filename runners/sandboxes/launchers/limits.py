"""Bounds this process, then becomes the agent: `limits.py PROCESSES LABEL ARGV…`. PROCESSES 0 leaves them unbounded.

The label is for people who read `ps`.
"""

import os
import resource
import select
import sys
import time
from contextlib import suppress
from pathlib import Path

FILE_BYTES = 2 * 1024**3
OPEN_FILES = 4096
NICENESS = 10
SECONDS_TO_CLOSE = 30.0
FILTERS = "Seccomp_filters:"


def bound(processes: int) -> None:
    """No core dumps, bounded files and processes, and the first to go when the host runs short of memory."""
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_FSIZE, FILE_BYTES)
    lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if processes:
        bound_processes(processes)


def lower(limit: int, value: int) -> None:
    """Soft and hard, never above what we were given."""
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))


def bound_processes(processes: int) -> None:
    """Tried before it is made final: kernels before 5.14 also count the user's processes outside the sandbox."""
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard != resource.RLIM_INFINITY and hard <= processes:
        return
    resource.setrlimit(resource.RLIMIT_NPROC, (processes, hard))
    try:
        child = os.fork()
    except BlockingIOError:
        resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
        return
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))


def filters(process: str) -> str:
    """How many filters of system calls lie over a process; "" where the kernel (before 5.9) does not tell."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next((line for line in lines if line.startswith(FILTERS)), "")


def end_with_the_worker() -> None:
    """Ends where the worker is gone already.

    bubblewrap's first process asks to die with its parent, and is not told if that has died before. Whether it has
    asked shows by the filter, which it lays over itself right after. From then on it is told; until then we look.
    https://github.com/containers/bubblewrap/blob/main/bubblewrap.c (do_init)
    """
    deadline = time.monotonic() + SECONDS_TO_CLOSE
    while filters("1") != filters("self"):
        if time.monotonic() > deadline:
            sys.exit("the sandbox was not closed in time")
        time.sleep(0.001)
    readers = select.poll()
    readers.register(sys.stdout.fileno(), 0)
    if any(event & select.POLLERR for _, event in readers.poll(0)):
        sys.exit("the worker is gone")


if __name__ == "__main__":
    if int(sys.argv[1]):  # 0: another one sees to that, a container's first process or keep.py
        end_with_the_worker()
    bound(int(sys.argv[1]))
    argv = sys.argv[3:]
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.exit(f"{argv[0]} can't be started: {error.strerror}")
