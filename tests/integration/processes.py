"""The machine's process table: which processes belong to a data directory, and what one weighs."""

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def belonging_to(directory: Path) -> dict[int, str]:
    """Command lines by pid of all that names the directory in its environment, its words or as its place.

    So an agent is found too, whose environment is bare but who works in a workspace below it.
    """
    found = {}
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            said = words + (entry / "environ").read_bytes() + os.fsencode((entry / "cwd").readlink())
            if os.fsencode(directory) in said and int(entry.name) != os.getpid():
                found[int(entry.name)] = words.replace(b"\0", b" ").decode(errors="replace")
    return found


def megabytes_of(pid: int) -> float:
    """The memory that a process has in use."""
    (line,) = (line for line in (PROC / str(pid) / "status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
