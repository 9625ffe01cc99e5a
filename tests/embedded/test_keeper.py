"""One service's lives."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.embedded.keeper import Backoff, Keeper, Place, Service, State
from bot.embedded.logs import tail
from tests.embedded.standins import alive, eventually, script

SLEEP = "import time; time.sleep(600)"
STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""


class Story:
    """What was told about services, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, State]] = []

    def __call__(self, name: str, state: State) -> None:
        self.told.append((name, state))

    def states(self) -> list[State]:
        return [state for _, state in self.told]


@contextmanager
def kept(tmp_path: Path, story: Story, *argv: str, stop_seconds: float = 10) -> Iterator[Keeper]:
    place = Place(tmp_path / "x.log", tmp_path / "processes" / "x.pid")
    keeper = Keeper(Service("x", argv, os.environ), place, story)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop(stop_seconds)


@pytest.mark.parametrize(
    ("lives", "pauses"),
    [
        ([0], [0]),
        ([0, 0, 0, 0], [0, 0.5, 1, 2]),
        ([0] * 9, [0, 0.5, 1, 2, 4, 8, 10, 10, 10]),
        ([0, 0, 0, 31, 0], [0, 0.5, 1, 0, 0.5]),
        ([2, 3, 3], [0, 0.5, 1]),
    ],
)
def test_pauses_grow_until_a_life_was_long(lives: list[float], pauses: list[float]) -> None:
    backoff = Backoff()
    assert [backoff.after(lived) for lived in lives] == pauses


def test_a_killed_process_is_started_again_at_once(tmp_path: Path) -> None:
    story = Story()
    with kept(tmp_path, story, *script(SLEEP)) as keeper:
        eventually(lambda: keeper.pid, "the first life")
        first = keeper.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        eventually(lambda: keeper.pid not in (None, first), "the second life")
        assert (tmp_path / "processes" / "x.pid").read_text().startswith(f"{keeper.pid} ")
    assert not (tmp_path / "processes" / "x.pid").exists()
    assert story.states() == ["starting", "ready", "died", "starting", "ready", "stopping", "stopped"]
    assert "x ended: killed by SIGKILL" in (tmp_path / "x.log").read_text()


def test_a_process_that_ignores_sigterm_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    with kept(tmp_path, Story(), *script(STUBBORN, str(child)), stop_seconds=0.1) as keeper:
        eventually(lambda: child.exists() and child.read_text(), "the child")
        pids = [keeper.pid, int(child.read_text())]
        assert all(alive(pid) for pid in pids)
    eventually(lambda: not any(alive(pid) for pid in pids), "both are gone")


def test_what_a_dead_process_had_started_dies_with_it(tmp_path: Path) -> None:
    child = tmp_path / "child"
    with kept(tmp_path, Story(), *script(STUBBORN, str(child)), stop_seconds=0) as keeper:
        eventually(lambda: child.exists() and child.read_text(), "the child")
        orphan = int(child.read_text())
        assert keeper.pid is not None
        os.kill(keeper.pid, signal.SIGKILL)
        eventually(lambda: not alive(orphan), "the orphan is gone")


def test_a_program_that_is_not_there_is_tried_again_and_said_in_the_log(tmp_path: Path) -> None:
    with kept(tmp_path, Story(), str(tmp_path / "missing")) as keeper:
        eventually(lambda: keeper.deaths_before_ready >= 2, "two tries")
    assert "x could not be started: " in (tmp_path / "x.log").read_text()


def test_a_stop_interrupts_the_pause_between_lives(tmp_path: Path) -> None:
    with kept(tmp_path, Story(), sys.executable, "-c", "raise SystemExit(3)") as keeper:
        eventually(lambda: "exit status 3" in tail(keeper.place.log), "the first death")
    assert keeper.pid is None


def test_a_second_stop_changes_nothing(tmp_path: Path) -> None:
    with kept(tmp_path, Story(), *script(SLEEP)) as keeper:
        eventually(lambda: keeper.pid, "it lives")
        others = [threading.Thread(target=keeper.stop, args=(10,)) for _ in range(3)]
        for other in others:
            other.start()
        for other in others:
            other.join()
        assert keeper.pid is None
