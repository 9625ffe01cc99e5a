"""How large a workspace has become: asked again and again while its agent works, of a tool that no tree breaks."""

import os
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from time import monotonic

PAUSE, LONGEST_PAUSE = 5.0, 30.0  # seconds between two looks; longer where a look takes long
LOOK_AT_DISK = 1.0  # seconds between two looks at what the disk has left
LEFT_BYTES, LEFT_FILES = 256 * 1024**2, 10_000  # that others on this disk need
FILE_BYTES = 4096  # that a file counts besides its blocks: one without content takes none, and still has its place
BOTH = 'du -s --one-file-system --block-size=1 -- "$1"; du -s --one-file-system --inodes -- "$1"'
SHARE = 0.05  # of the time that looking may take


class Scale:
    """Weighs one folder in the background: what it takes on disk, whatever the files say of themselves."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most
        self._looking: subprocess.Popen[str] | None = None
        self._began = monotonic()
        self._due, self._disk_due = self._began + PAUSE, self._began

    def is_over(self) -> bool:
        """Whether the folder was heavier than it may be at the last look, or its disk is nearly full. Never waits.

        A file that has no name any more is in no folder, and fills the disk all the same.
        """
        if monotonic() >= self._disk_due:
            self._disk_due = monotonic() + LOOK_AT_DISK
            if is_nearly_full(self._folder):
                return True
        if self._looking is None:
            if monotonic() >= self._due:
                self._look()
            return False
        if self._looking.poll() is None:
            return False
        size = self._read(self._looking)
        self._looking = None
        self._due = monotonic() + min(max(PAUSE, (monotonic() - self._began) / SHARE), LONGEST_PAUSE)
        return size > self._most

    def close(self) -> None:
        """Ends a look that is under way."""
        if self._looking is not None:
            self._looking.kill()
            self._read(self._looking)
            self._looking = None

    def _look(self) -> None:
        self._began = monotonic()
        argv = ["sh", "-c", BOTH, "du", str(self._folder)]
        with suppress(OSError):  # a host without it; the page says what is bounded
            self._looking = subprocess.Popen(
                argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={"PATH": os.defpath}
            )

    def _read(self, looking: "subprocess.Popen[str]") -> int:
        said, _ = looking.communicate()
        found = [int(number) for number in re.findall(r"(?m)^(\d+)\t", said)]
        return found[0] + found[1] * FILE_BYTES if len(found) == 2 else 0


def is_nearly_full(folder: Path) -> bool:
    """Whether its disk has hardly any bytes or files left; some file systems count no files."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < LEFT_BYTES or (disk.f_files > 0 and disk.f_favail < LEFT_FILES)
