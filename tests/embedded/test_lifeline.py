"""Children that notice the death of who holds their lifeline."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.embedded.lifeline import Lifeline
from tests.embedded.standins import alive, eventually, script

CHILD = """
import os, signal, subprocess, sys, time
from pathlib import Path
from bot.embedded import lifeline
lifeline.watch(int(os.environ["ASYNC_CODE_LIFELINE"]), seconds_to_end=0.2)
{on_sigterm}
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], close_fds=False)
Path(sys.argv[1]).write_text(str(grandchild.pid))
time.sleep(600)
"""
POLITE = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.fixture
def lifeline() -> Iterator[Lifeline]:
    held = Lifeline()
    yield held
    held.let_go()


def start(lifeline: Lifeline, text: str, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        script(text, *words),
        env={**os.environ, **lifeline.environment()},
        pass_fds=(lifeline.read_end,),
        start_new_session=True,
    )


@pytest.mark.parametrize("on_sigterm", [POLITE, STUBBORN])
def test_let_go_a_child_ends_with_all_that_it_started(tmp_path: Path, on_sigterm: str) -> None:
    lifeline, note = Lifeline(), tmp_path / "grandchild"
    with start(lifeline, CHILD.format(on_sigterm=on_sigterm), str(note)) as child:
        eventually(lambda: note.exists() and note.read_text(), "the grandchild")
        grandchild = int(note.read_text())
        lifeline.let_go()
        assert child.wait(20) == -signal.SIGKILL
        eventually(lambda: not alive(grandchild), "the grandchild is gone")


def test_held_a_child_may_end_when_it_likes(lifeline: Lifeline) -> None:
    text = "import os, sys; from bot.embedded import lifeline; lifeline.watch(int(os.environ['ASYNC_CODE_LIFELINE']))"
    with start(lifeline, text) as child:
        assert child.wait(20) == 0


def test_another_child_does_not_hold_the_line(tmp_path: Path) -> None:
    lifeline, note = Lifeline(), tmp_path / "grandchild"
    with (
        start(lifeline, CHILD.format(on_sigterm=POLITE), str(note)) as child,
        subprocess.Popen(script("import time; time.sleep(600)"), close_fds=False) as bystander,
    ):
        eventually(lambda: note.exists() and note.read_text(), "the child watches")
        lifeline.let_go()
        child.wait(20)
        bystander.kill()
