"""Bounds this process, then becomes the agent: `limits.py PROCESSES LABEL ARGV…`. PROCESSES 0 leaves them unbounded.

The label is for people who read `ps`.
"""

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

FILE_BYTES = 2 * 1024**3
OPEN_FILES = 4096
NICENESS = 10


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


if __name__ == "__main__":
    bound(int(sys.argv[1]))
    argv = sys.argv[3:]
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.exit(f"{argv[0]} can't be started: {error.strerror}")
