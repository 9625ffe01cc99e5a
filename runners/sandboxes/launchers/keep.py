"""Keeps a process: `keep.py PARENT HOME ARGV…` ends all that ARGV started, and removes HOME, unless that is empty.

Orphans come back to this process (it is a subreaper), so that a daemon that forked twice is found too, and what a
bubblewrap that died half-made has left waiting for it. It ends when the command ends, on SIGTERM, and when the worker
dies. A process that nothing isolates and that kills this one first escapes.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PATIENCE = 5  # seconds; a process in an uninterruptible wait can't be killed


def main(parent: int, home: str, argv: list[str]) -> int:
    """Runs the command to its end; its exit code, 128 + n for signal n."""
    signal.signal(signal.SIGTERM, stop)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    code = 128 + signal.SIGTERM
    try:
        # A parent that died before we asked to hear of it sends nothing.
        if os.getppid() == parent:
            code = subprocess.Popen(argv, close_fds=False).wait()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_all(time.monotonic() + PATIENCE)
        if home:
            shutil.rmtree(home, ignore_errors=True)
    return 128 - code if code < 0 else code


def stop(signum: int, frame: FrameType | None) -> None:
    """Leaves `wait` by the exception."""
    raise SystemExit(128 + signum)


def end_all(deadline: float) -> None:
    """Again and again, since a process may fork between the look and the kill."""
    while (found := descendants(os.getpid(), parents())) and time.monotonic() < deadline:
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def parents() -> dict[int, int]:
    """Every process's parent; nothing where there is no /proc."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # The name in parentheses may itself hold parentheses and spaces.
            found[int(entry.name)] = int((entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    return found


def descendants(root: int, parents: dict[int, int]) -> set[int]:
    """Children, their children, and so on."""
    found: set[int] = set()
    layer = {root}
    while layer:
        layer = {pid for pid, parent in parents.items() if parent in layer} - found
        found |= layer
    return found


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
