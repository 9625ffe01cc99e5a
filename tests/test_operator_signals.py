"""Each dead letter is told to the operator once, after it is in the database for good."""

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from config import errors
from config.database import Connection, Database, after_commit
from handlers import inbox
from handlers.inbox import NewDelivery
from runners import claiming, outbox
from tests.operating.test_show import die
from tests.runners.rows import claim, new_run, row, write
from tests.world import FIX, World

Logs = list[MutableMapping[str, Any]]
SIGNALS = ("run.dead", "duty.given_up", "delivery.failed")


@pytest.fixture
def logs() -> Iterator[Logs]:
    with capture_logs() as logs:
        yield logs


def told(logs: Logs) -> list[dict[str, Any]]:
    found = [dict(entry) for entry in logs if entry["event"] in SIGNALS]
    assert {entry.pop("log_level") for entry in found} <= {"error"}
    return found


def test_a_run_that_died_of_failures(world: World, logs: Logs) -> None:
    world.comment(FIX)
    world.decide()
    run_id = die(world)
    world.work()
    (task,) = world.task_rows()
    assert told(logs) == [{"event": "run.dead", "run": run_id, "task": task.id, "reason": "failures"}]


def test_a_run_over_which_workers_vanished(world: World, logs: Logs) -> None:
    run_id = new_run(world.database)
    for _ in range(2 * claiming.MOST_VANISHED + 3):
        world.database.clock_shift += 100
        claim(world.database, run_id)
    task_id = row(world.database, run_id).task_id
    assert told(logs) == [{"event": "run.dead", "run": run_id, "task": task_id, "reason": "vanished"}]


@pytest.mark.parametrize(("status", "heard"), [(403, 1), (404, 0)])
def test_a_duty_that_github_refuses_but_not_one_whose_subject_is_gone(
    world: World, logs: Logs, status: int, heard: int
) -> None:
    world.work()
    world.comment("/async-code help")
    world.hub.faults.add("POST", ".*/comments$", status=status)
    world.work()
    assert [(entry["event"], entry["kind"]) for entry in told(logs)] == [("duty.given_up", "reply")] * heard
    with world.database.read() as connection:
        assert [duty.kind for duty in outbox.given_up(connection, 10)] == ["reply"]


def test_a_duty_of_which_too_many_tries_failed(world: World, logs: Logs) -> None:
    world.comment("/async-code help")
    world.hub.faults.add("POST", ".*/comments$", status=502, times=100)
    for _ in range(outbox.MOST_TRIES + 3):
        world.control_step()
        world.later(901)
    assert [(entry["event"], entry["kind"]) for entry in told(logs)] == [("duty.given_up", "reply")]


def test_a_delivery_that_is_not_what_github_documents(world: World, logs: Logs) -> None:
    bad = [NewDelivery("a-guid", "issues", "{}")]
    write(world.database, lambda connection: inbox.store(connection, bad))
    for _ in range(2):
        world.work()
        world.later(301)
    assert told(logs) == [{"event": "delivery.failed", "guid": "a-guid"}]


def test_a_delivery_at_which_we_failed_too_often(world: World, logs: Logs) -> None:
    lost = "ALTER TABLE commands RENAME TO commands_elsewhere"
    write(world.database, lambda connection: connection.exec_driver_sql(lost))
    world.comment(FIX)
    for _ in range(inbox.MOST_FAULTS + 2):
        world.work()
        world.later(301)
    (told_once,) = told(logs)
    assert told_once["event"] == "delivery.failed"


def test_a_delivery_over_which_workers_vanished(world: World, logs: Logs) -> None:
    write(world.database, lambda connection: inbox.store(connection, [NewDelivery("a-guid", "issues", "{}")]))
    for _ in range(inbox.MOST_VANISHED + 3):
        write(world.database, lambda connection: inbox.take(connection, "a-guid", 60))
        world.later(61)
    assert told(logs) == [{"event": "delivery.failed", "guid": "a-guid"}]


def test_what_was_rolled_back_is_not_told(world: World, logs: Logs) -> None:
    def fail(connection: Connection) -> None:
        after_commit(connection, lambda: errors.tell("run.dead", run="r1"))
        raise RuntimeError

    database: Database = world.database
    with pytest.raises(RuntimeError):
        write(database, fail)
    write(database, lambda connection: None)
    assert told(logs) == []
