"""`./async-code` as a person runs it: in a checkout of its own, into a pipe or in a real terminal."""

import os
import pty
import re
import runpy
import shutil
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from bot.development import ROOT

APART = {".git", ".venv", ".async-code", "async-code"}
ROWS_AND_COLUMNS = (50, 160)
CTRL_C = b"\x03"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# A terminal sends Ctrl-C to the program whose own it is, so the program takes it before it becomes what it is to be.
TAKE_THE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def checkout(place: Path) -> Path:
    """Makes a checkout whose `./async-code` keeps its data there and touches nobody else's; the same place."""
    place.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in APART:
            (place / entry.name).symlink_to(entry)
    (place / ".venv").symlink_to(sys.prefix)
    shutil.copy(ROOT / "async-code", place)  # no link: it works where it lies
    if not runpy.run_path(str(place / "async-code"))["installed"]("requirements.lock"):
        pytest.skip("these tests do not run in what `./async-code` set up, and it would begin by setting it up anew")
    return place


def command(*words: str) -> tuple[str, ...]:
    """The words after `./async-code`, by the interpreter of these tests."""
    return (sys.executable, "async-code", *words)


class Terminal:
    """A program in a terminal of its own: what it shows, and the keys that are pressed."""

    def __init__(self, place: Path, *argv: str) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        termios.tcsetwinsize(theirs, ROWS_AND_COLUMNS)
        self._seen = b""
        variables = {**os.environ, "TERM": "xterm"}
        with os.fdopen(theirs, "wb", buffering=0) as tty:
            self.process = subprocess.Popen(
                (sys.executable, "-c", TAKE_THE_TERMINAL, *argv),
                cwd=place,
                env=variables,
                stdin=tty,
                stdout=tty,
                stderr=tty,
                start_new_session=True,
            )

    @property
    def drawn(self) -> str:
        """All that came so far, with the marks that move the cursor and set colours."""
        try:
            while more := os.read(self._ours, 65536):
                self._seen += more
        except OSError:
            pass  # nothing more now, or for ever: the program has ended
        return self._seen.decode(errors="replace")

    @property
    def text(self) -> str:
        """The same without those marks."""
        return ESCAPES.sub("", self.drawn)

    def press(self, keys: bytes) -> None:
        """Types."""
        os.write(self._ours, keys)

    def until(self, words: str, seconds: float) -> str:
        """Waits for these words; all that was shown until then."""
        deadline = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < deadline, f"not in {seconds:g} s: {words!r}\n{self.text}"
            assert self.process.poll() is None or words in self.text, f"it ended without {words!r}\n{self.text}"
            time.sleep(0.05)
        return self.text

    def end(self, seconds: float) -> int:
        """Waits for the program's end, and reads what it still shows meanwhile; its exit status."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"no end in {seconds:g} s\n{self.text}"
            time.sleep(0.05)
        assert self.drawn
        return self.process.wait()

    def close(self) -> None:
        """Takes the terminal away."""
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
