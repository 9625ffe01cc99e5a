"""Mirrors that nobody has used for longest make room for others."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from config.settings import Settings
from runners import setups
from runners.mirrors import lending_of, mirrors
from runners.workspace import remove

KILOBYTE, GIGABYTE = 1024, 1024**3
BLOCK = 512  # bytes, whatever the file system's own
GONE = ".gone"

log = structlog.get_logger()


class Kept(NamedTuple):
    """A mirror on disk."""

    used: float  # when a run borrowed it last
    bytes: int
    place: Path


def evict(settings: Settings) -> None:
    """Removes mirrors until all take no more than MIRRORS_GB together; those that a run borrows stay."""
    for left in mirrors(settings).glob(f"*/*{GONE}"):
        remove(left)  # by one that was killed
    found = sorted(_kept(settings))
    excess = sum(mirror.bytes for mirror in found) - settings.mirrors_gb * GIGABYTE
    for mirror in found:
        if excess <= 0:
            return
        if _remove(mirror.place):
            log.info("mirror.evicted", mirror=mirror.place.name, bytes=mirror.bytes)
            excess -= mirror.bytes


def _kept(settings: Settings) -> Iterator[Kept]:
    for place in mirrors(settings).glob("*/*.git"):
        lending = lending_of(place)
        size = size_of(place, besides=setups.FOLDER) + setups.kilobytes(place) * KILOBYTE
        yield Kept(lending.stat().st_mtime if lending.exists() else 0, size, place)


def size_of(folder: Path, besides: str = "") -> int:
    """Bytes on disk, but for a folder in it; what git renames meanwhile may be missed."""
    found = 0
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != besides]
        for name in names:
            with suppress(FileNotFoundError):
                found += os.lstat(Path(at, name)).st_blocks * BLOCK
    return found


def _remove(mirror: Path) -> bool:
    """Whether it is gone. A run that borrows it keeps it; one that comes just now waits, and makes it anew."""
    with lending_of(mirror).open("a") as lending:
        try:
            fcntl.flock(lending, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        going = mirror.rename(mirror.with_suffix(GONE))
    remove(going)
    return True
