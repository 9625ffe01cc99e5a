"""How much memory a process and all that it started take, seen from the host: for sandboxes that can't bound it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

PAUSE = 1.0  # seconds between two looks
KIBIBYTE = 1024
LEFT_TO_THE_HOST = 256 * KIBIBYTE**2  # bytes


class Memory:
    """Weighs one process with its descendants, again and again.

    What nobody has mapped (files in memory, segments that are shared) is not theirs to be seen: that shows only in what
    the host has left.
    """

    def __init__(self, root: int, most: int) -> None:
        self._root, self._most = root, most
        self._due = monotonic() + PAUSE

    def is_over(self) -> bool:
        """Whether they took more bytes than they may, at the last look."""
        if monotonic() < self._due:
            return False
        found = list(descendants(self._root))
        # What they share is counted for each of them; only where that looks like too much is it worth a dear look.
        over = sum(map(resident, found)) > self._most and sum(map(proportional, found)) > self._most
        self._due = monotonic() + PAUSE
        return over or available() < LEFT_TO_THE_HOST


def available() -> int:
    """Bytes that the host could still give, as Linux reckons: https://docs.kernel.org/filesystems/proc.html#meminfo"""
    return _of(Path("/proc/meminfo"), "MemAvailable:")


def descendants(root: int) -> Iterator[int]:
    """The process itself, its children, theirs, and so on. Orphans stay below the first of a namespace."""
    layer = [root]
    while layer:
        pid = layer.pop()
        yield pid
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                layer += map(int, (task / "children").read_text().split())


def resident(pid: int) -> int:
    """Bytes in memory, with what is shared; 0 once it is gone."""
    with suppress(OSError, StopIteration):
        return _of(Path(f"/proc/{pid}/status"), "VmRSS:")
    return 0


def proportional(pid: int) -> int:
    """Bytes in memory, with its part of what is shared."""
    try:
        return _of(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    except OSError:  # gone, or not ours to look into
        return resident(pid)


def _of(file: Path, name: str) -> int:
    return int(next(line for line in file.read_text().splitlines() if line.startswith(name)).split()[1]) * KIBIBYTE
