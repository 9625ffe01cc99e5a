"""Which process of the stack holds one end of a connection on loopback."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
LOCAL, INODE = 1, 9  # columns of /proc/net/tcp


def owner_of(port: int, leaders: Iterable[int]) -> int | None:
    """The leader of the process group in which somebody holds the connection from that port; None if nobody does."""
    inodes = {f"socket:[{inode}]" for inode in _inodes(port)}
    wanted = set(leaders)
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            group = os.getpgid(int(entry.name))
            if group in wanted and any(str(link.readlink()) in inodes for link in (entry / "fd").iterdir()):
                return group
    return None


def _inodes(port: int) -> Iterable[str]:
    for line in (PROC / "net" / "tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if int(columns[LOCAL].partition(":")[2], 16) == port:
            yield columns[INODE]
