"""Ending processes that an earlier supervisor left behind, and never one that only inherited the number."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bot.embedded import StackError

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SECONDS_TO_DIE = 5.0


@dataclass(frozen=True)
class Known:
    """A process by its id and the moment it began, which together name one process for ever."""

    pid: int
    began: str

    def alive(self) -> bool:
        """Whether this very process is still there (a zombie is not)."""
        return began(self.pid) == self.began


def began(pid: int) -> str | None:
    """When the process with this id began, in words that no later holder of the id shares; None if there is none."""
    if not BOOT_ID.exists():
        return began_by_ps(pid)
    try:
        # The name in parentheses may hold anything, so fields are counted from the last one: state is the third.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else f"{BOOT_ID.read_text().strip()}/{fields[19]}"


def began_by_ps(pid: int) -> str | None:
    """The same on a system without /proc."""
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, moment = answer.stdout.strip().partition(" ")
    return None if not moment or state.startswith("Z") else moment.strip()


def record_of(data_dir: Path, name: str) -> Path:
    """The file that notes a service's process for the next supervisor."""
    return data_dir.absolute() / "processes" / f"{name}.pid"


def note(record: Path, pid: int) -> None:
    """Writes down a process that was just started, for the next supervisor."""
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(f"{pid} {began(pid)}\n")


def noted(record: Path) -> Known | None:
    """The process of this record, if it is still alive."""
    try:
        pid, _, moment = record.read_text().strip().partition(" ")
    except FileNotFoundError:
        return None
    known = Known(int(pid), moment) if pid.isdecimal() else None
    return known if known and known.alive() else None


def end_noted(record: Path, seconds: float) -> None:
    """Ends the recorded process and its group: SIGTERM, after `seconds` SIGKILL. Raises StackError if it survives."""
    known = noted(record)
    if known:
        with contextlib.suppress(ProcessLookupError):
            os.kill(known.pid, signal.SIGTERM)
        if not gone(known, seconds):
            kill_group(known.pid)
        if not gone(known, SECONDS_TO_DIE):
            raise StackError(f"Process {known.pid} of an earlier start won't end. End it yourself, then start again.")
        kill_group(known.pid)
    record.unlink(missing_ok=True)


def gone(known: Known, seconds: float) -> bool:
    """Whether the process ends within this time."""
    deadline = time.monotonic() + seconds
    while known.alive():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def kill_group(pid: int) -> None:
    """Kills what is left of a session that we started; nothing happens if that is nobody."""
    # macOS answers "not permitted" for a group in which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
