"""A worker that is connected and hears nothing finds out, and one that is busy or has no broker is left alone."""

import signal
import threading
from collections.abc import Callable
from types import FrameType

import pytest

from bot.canary import Canary, hear
from bot.worker import Worker
from config.database import Database, WakeUp
from tests.world import World

QUEUES = ("docker", "claude-flow")


class Clock:
    """Time for both clocks that a canary looks at: the database's and the process's."""

    def __init__(self, database: Database) -> None:
        self.database, self.seconds = database, 1000.0

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.database.clock_shift += seconds


@pytest.fixture
def clock(database: Database) -> Clock:
    return Clock(database)


def canary_of(clock: Clock, reached: Callable[[], float | None] = lambda: 0.0) -> Canary:
    return Canary(QUEUES, 30, reached, lambda: clock.seconds)


def deaf(canary: Canary, database: Database) -> bool:
    with database.read() as connection:
        return canary.is_deaf(connection)


def sent(canary: Canary, database: Database) -> list[WakeUp]:
    with database.write() as connection:
        canary.send(connection)
        found = list(connection.info["wake_ups"])
        connection.info["wake_ups"].clear()
    return found


def test_each_queue_is_tried_once_in_a_while_whoever_tries(database: Database, clock: Clock) -> None:
    one, other = (canary_of(clock) for _ in range(2))
    assert sent(one, database) == [WakeUp("canary", queue, queue) for queue in QUEUES]
    assert sent(one, database) == sent(other, database) == []
    clock.pass_by(31)
    assert len(sent(other, database)) == 2


def test_who_hears_nothing_of_four_tries_is_deaf(database: Database, clock: Clock) -> None:
    canary = canary_of(clock)
    clock.pass_by(119)
    assert not deaf(canary, database)
    clock.pass_by(2)
    assert deaf(canary, database)
    with database.write() as connection:
        hear(connection, "docker")
    assert deaf(canary, database), "the other queue is silent"
    with database.write() as connection:
        hear(connection, "claude-flow")
    assert not deaf(canary, database)


def test_a_new_worker_a_busy_one_and_one_without_a_broker_are_not_deaf(database: Database, clock: Clock) -> None:
    reached: list[float | None] = [0.0]
    canary = canary_of(clock, lambda: reached[0])
    clock.pass_by(1000)
    assert not deaf(canary_of(clock), database)
    canary.busy()
    assert not deaf(canary, database)
    clock.pass_by(121)
    assert deaf(canary, database)
    reached[0] = None
    assert not deaf(canary, database)
    reached[0] = clock.seconds
    assert not deaf(canary, database)


def test_a_deaf_worker_asks_to_be_stopped_once(world: World) -> None:
    told: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    seconds = [1000.0]
    worker = Worker(world.context, "runs", Canary(QUEUES, 30, lambda: 0.0, lambda: seconds[0]))
    world.closing.append(worker.stop)
    before = signal.signal(signal.SIGTERM, note)
    try:
        worker.tick()
        assert not worker.is_deaf
        seconds[0] += 121
        worker.tick()
        worker.tick()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert worker.is_deaf
    assert told == [signal.SIGTERM]


def test_a_control_worker_with_all_hands_at_work_is_left_alone(world: World) -> None:
    seconds = [1000.0]
    canary = Canary(QUEUES, 30, lambda: 0.0, lambda: seconds[0])
    worker = Worker(world.context, "control", canary)
    world.closing.append(worker.stop)
    at_work, done = threading.Barrier(worker.slots + 1), threading.Event()

    def wait(_guid: str) -> None:
        at_work.wait(10)
        done.wait(10)

    threads = [threading.Thread(target=worker.heard(wait), args=("guid",)) for _ in range(worker.slots)]
    for thread in threads:
        thread.start()
    at_work.wait(10)
    worker.tick()
    seconds[0] += 121
    worker.tick()
    done.set()
    for thread in threads:
        thread.join()
    assert not worker.is_deaf
