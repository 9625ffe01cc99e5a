"""A process that a keeper keeps, see `launchers/keep.py`: how it is started, and how it is ended."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from runners.sandboxes.places import BARE, LAUNCHERS, PYTHON

GRACE = 2  # seconds for the keeper to end what it keeps


def keeper(home: Path | None = None) -> list[str]:
    """What goes before a command line of this process's child. The keeper removes `home` in the end."""
    return [str(PYTHON), *BARE, str(LAUNCHERS / "keep.py"), str(os.getpid()), str(home or "")]


def end(popen: subprocess.Popen[bytes]) -> None:
    """Asks the keeper, who knows the children; without an answer the process group has to do."""
    popen.terminate()
    try:
        popen.wait(GRACE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGKILL)
