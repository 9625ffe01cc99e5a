"""A disk that takes no more: nothing is acknowledged that can't be kept, and all of it is done once there is room."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import structlog

from config import logging
from config.database import DatabaseError
from tests.serving import living
from tests.world import FIX, World, make_world


@pytest.fixture
def world(tmp_path: Path, sqlite_url: str) -> Iterator[World]:
    """A world on SQLite, with the logs that a process of its own would write."""
    world = make_world(tmp_path, sqlite_url)
    logging.set_up(world.settings, "web")
    with living(world):
        yield world
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@contextmanager
def full(tmp_path: Path) -> Iterator[None]:
    """The kernel lets no file of this process become longer than the database's log is now."""
    size = (tmp_path / "async-code.sqlite3-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_nothing_is_acknowledged_and_all_of_it_is_done_once_there_is_room(world: World, tmp_path: Path) -> None:
    number = world.issue()
    with full(tmp_path):
        for _ in range(3):
            world.comment(FIX, on=number)
    comments = [one for one in world.hub.deliveries if one.event == "issue_comment"]
    assert [one.status_code for one in comments] == [503] * 3
    world.later(61)
    world.sweep()
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"] * 3
    assert len(world.pull_requests) == 3


def test_a_run_waits_for_room_and_ends_as_ever(world: World, tmp_path: Path) -> None:
    world.comment(FIX)
    world.decide()
    with full(tmp_path), suppress(DatabaseError):  # the timer loop reports it and goes on
        world.runs_step()
    assert world.pull_requests == []
    world.later(3600)
    world.work()
    assert [task.state for task in world.task_rows()] == ["done"]
    assert len(world.pull_requests) == 1
