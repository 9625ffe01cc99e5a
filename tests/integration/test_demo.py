"""`./async-code demo`, as somebody sees it who has just cloned the repository."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.processes import PROC, belonging_to
from tests.integration.stage import PATIENCE
from tests.integration.terminal import CTRL_C, Terminal, checkout, command

PULL_REQUEST = re.compile(r"Pull request +(http://127\.0\.0\.1:\d+/octo-org/till/pull/\d+)")
REPAIRED = "+        if self.quantity >= BULK_QUANTITY:"
JOURNEY = ("webhook accepted", "queued", "at work", "branch pushed", "pull request #")
REDRAWN = "\x1b[2K"  # a line that was drawn is wiped, to be drawn anew

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="the process table is read from /proc")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where `./async-code` is run."""
    return checkout(tmp_path / "checkout")


@pytest.fixture
def terminal(place: Path) -> Iterator[Terminal]:
    """A terminal in which the demo was started to stay."""
    with closing(Terminal(place, *command("demo"))) as opened:
        yield opened


def test_once_ends_with_a_pull_request_and_does_so_again(place: Path) -> None:
    for _ in range(2):
        began = time.monotonic()
        done = demo_once(place)
        sys.stdout.write(f"demo --once: {time.monotonic() - began:.1f} s\n")
        assert done.returncode == 0, done.stdout + done.stderr
        assert PULL_REQUEST.search(done.stdout)
        assert REPAIRED in done.stdout
        assert done.stderr == ""
        assert belonging_to(place) == {}


def test_in_a_terminal_it_shows_progress_stays_and_leaves_nothing(place: Path, terminal: Terminal) -> None:
    shown = terminal.until("Your turn", PATIENCE)
    assert REDRAWN in terminal.drawn
    assert [step for step in JOURNEY if step not in shown] == []
    (address,) = PULL_REQUEST.findall(shown)
    assert REPAIRED in page(f"{address}.diff")
    terminal.press(CTRL_C)
    assert terminal.end(PATIENCE) in (0, 130)
    assert "Traceback" not in terminal.text
    assert belonging_to(place) == {}


def demo_once(place: Path) -> subprocess.CompletedProcess[str]:
    """`./async-code demo --once` in a pipe."""
    argv, wide = command("demo", "--once"), {**os.environ, "COLUMNS": "160"}
    return subprocess.run(
        argv, cwd=place, env=wide, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def page(address: str) -> str:
    """What the local GitHub shows to a browser."""
    with urllib.request.urlopen(address) as answer:  # noqa: S310 # an address that the demo printed
        return str(answer.read().decode())
