"""A database on a disk that fills up: nothing is acknowledged that can't be kept, and all of it comes back."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.app import application
from config.database import DatabaseError
from tests.serving import served
from tests.world import FIX, World, make_world, serve

pytestmark = pytest.mark.needs("mount")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "async-code-tests", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def world(tmp_path: Path, migrated_sqlite: Path, disk: Path) -> Iterator[World]:
    """A world whose database has that disk for itself."""
    world = make_world(tmp_path, f"sqlite:///{shutil.copy(migrated_sqlite, disk)}")
    with served(application(world.settings)) as url:
        serve(world, url)
        yield world
    world.close()


def fill(disk: Path) -> Path:
    """A file that leaves no byte free."""
    file = disk / "filler"
    with file.open("wb", buffering=0) as filler:
        for size in (65_536, 1024, 1):
            with suppress(OSError):
                while True:
                    filler.write(b"x" * size)
    return file


def test_nothing_is_acknowledged_and_all_of_it_is_done_once_there_is_room(world: World, disk: Path) -> None:
    number = world.issue()
    filler = fill(disk)
    for _ in range(3):
        world.comment(FIX, on=number)
    comments = [one for one in world.hub.deliveries if one.event == "issue_comment"]
    assert [one.status_code for one in comments] == [503] * 3
    filler.unlink()
    world.later(61)
    world.sweep()
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"] * 3
    assert len(world.pull_requests) == 3


def test_a_run_under_way_waits_for_room_and_ends_as_ever(world: World, disk: Path) -> None:
    world.comment(FIX)
    world.decide()
    filler = fill(disk)
    with suppress(DatabaseError):  # the timer loop reports it and goes on
        world.runs_step()
    assert world.pull_requests == []
    filler.unlink()
    world.later(3600)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]
    assert len(world.pull_requests) == 1
