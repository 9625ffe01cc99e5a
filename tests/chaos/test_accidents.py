"""Processes that are killed, told to stop or stand still: nothing is lost, and nothing is done twice."""

import signal
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bot.embedded.keeper import Service
from bot.embedded.stack import Environment, bot_services
from bot.worker import TICK_SECONDS
from config.settings import Settings
from tests.integration.gate import Gate
from tests.integration.stage import ONE_OF_EACH, set_stage

IMPLEMENT = "/async-code implement make the test pass"
SECONDS_TO_CANCEL = 5.0
SECONDS_WITHOUT_A_BROKER = 30.0
SECONDS_OF_A_PROXY = 8.0  # between two deliveries on one line; uvicorn itself would hang up after five


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """The agent of these tests: it waits until it is let through."""
    return Gate(tmp_path)


def two_runs_workers(settings: Settings, environment: Environment, drain_seconds: float) -> Sequence[Service]:
    """The usual processes, and a second worker of the runs pool."""
    usual = bot_services(settings, environment, drain_seconds)
    runs = next(service for service in usual if service.name == "runs")
    return [*usual, Service("runs-2", runs.argv, environment, stop_seconds=drain_seconds)]


def no_broker(directory: Path) -> dict[str, str]:
    """The address of a server that is not there."""
    return {"REDIS_URL": f"unix://{directory / 'nowhere.sock'}"}


def test_ten_commands_outlive_every_process(tmp_path: Path, gate: Gate) -> None:
    with set_stage(tmp_path, {"LEASE_SECONDS": "3", "CONCURRENT_RUNS": "10", **gate.settings}) as stage:
        numbers = [stage.comment(IMPLEMENT) for _ in range(4)]
        stage.until(lambda: "running" in stage.states(*numbers), "an agent at work")
        stage.kill("broker")
        numbers += [stage.comment(IMPLEMENT) for _ in range(3)]
        stage.kill("web")
        numbers += [stage.comment(IMPLEMENT) for _ in range(3)]
        stage.redeliver_what_failed()
        stage.kill("control")
        stage.kill("runs")
        gate.open()
        stage.until(lambda: len(stage.pull_requests(*numbers)) >= 2, "two pull requests")
        stage.kill("runs")
        stage.kill("broker")
        stage.until(lambda: [run.state for run in stage.runs(*numbers)] == ["done"] * 10, "the end of all ten", 200)
        stage.await_silence()
        assert {task.state for task in stage.tasks(*numbers)} == {"done"}
        assert stage.counts(*numbers) == dict.fromkeys(ONE_OF_EACH, 10)


def test_a_broker_that_died_is_heard_again(tmp_path: Path) -> None:
    with set_stage(tmp_path) as stage:
        stage.await_pull_request(stage.comment())
        stage.kill("broker")
        before = {name: stage.wake_ups(name) for name in ("delivery", "run", "duty")}

        def heard() -> bool:
            stage.await_pull_request(stage.comment())
            return all(stage.wake_ups(name) > count for name, count in before.items())

        stage.until(heard, "wake-ups of every kind")


def test_who_asks_again_on_the_same_line_after_a_while_is_not_cut_off(tmp_path: Path) -> None:
    with set_stage(tmp_path) as stage, closing(HTTPConnection(stage.web.host, stage.web.port)) as line:
        line.request("GET", "/healthz")
        line.getresponse().read()
        line.sock.settimeout(SECONDS_OF_A_PROXY)
        with pytest.raises(TimeoutError):  # instead of the end of the line
            line.sock.recv(1)
        line.request("GET", "/healthz")
        assert line.getresponse().status == 200


def test_without_any_broker_the_timer_loops_do_the_work(tmp_path: Path) -> None:
    with set_stage(tmp_path, no_broker(tmp_path)) as stage:
        asked = time.monotonic()
        number = stage.comment()
        stage.await_run(number, "done")
        assert time.monotonic() - asked < SECONDS_WITHOUT_A_BROKER
        stage.await_pull_request(number)
        assert stage.counts(number) == ONE_OF_EACH


def test_cancel_ends_a_run_within_seconds_while_every_slot_is_taken(tmp_path: Path, gate: Gate) -> None:
    with set_stage(tmp_path, {"RUN_SLOTS": "1", **gate.settings}) as stage:
        number = stage.comment(IMPLEMENT)
        stage.await_run(number, "running")
        waits = stage.comment(IMPLEMENT)
        stage.await_run(waits, "queued", fence=0)
        asked = time.monotonic()
        stage.comment("/async-code cancel", on=number)
        stage.await_run(number, "cancelled")
        assert time.monotonic() - asked < SECONDS_TO_CANCEL
        gate.open()
        stage.await_pull_request(waits)
        assert stage.pull_requests(number) == []


def test_a_worker_that_is_told_to_stop_gives_its_run_back(tmp_path: Path, gate: Gate) -> None:
    with set_stage(tmp_path, {"DRAIN_SECONDS": "1", **gate.settings}) as stage:
        number = stage.comment(IMPLEMENT)
        stage.await_run(number, "running")
        stage.kill("runs", signal.SIGTERM)
        stage.await_run(number, "running", fence=2)
        gate.open()
        stage.await_pull_request(number)
        run = stage.run(number)
        assert (run.fence, run.failures, run.vanished) == (2, 0, 0)
        assert stage.counts(number) == ONE_OF_EACH


@pytest.mark.parametrize("moment", ["while the other works", "after the other has finished"])
def test_a_worker_that_stood_still_past_its_lease_does_nothing_twice(tmp_path: Path, gate: Gate, moment: str) -> None:
    with set_stage(tmp_path, {"LEASE_SECONDS": "3", **gate.settings}, two_runs_workers) as stage:
        number = stage.comment(IMPLEMENT)
        still = int(stage.await_run(number, "running").holder.split(":")[1])
        # Who stands still while it fetches holds the mirror of this machine, and keeps the other waiting.
        stage.until(lambda: stage.run(number).sandbox, "the repository is fetched")
        stage.pause(still)
        stage.await_run(number, "running", fence=2)
        gate.open()
        if moment.startswith("after"):
            stage.await_run(number, "done")
        stage.resume(still)
        stage.await_pull_request(number)
        # Not "by the other": where that one was slow too, the first may have taken a later attempt.
        assert stage.run(number).patch_fence > 1
        assert stage.counts(number) == ONE_OF_EACH


def test_a_worker_that_is_told_to_stop_takes_nothing_new(tmp_path: Path, gate: Gate) -> None:
    # Without a broker the second run waits in the timer loop of the worker itself.
    given = {"RUN_SLOTS": "1", "DRAIN_SECONDS": "1", **no_broker(tmp_path), **gate.settings}
    with set_stage(tmp_path, given) as stage:
        numbers = [stage.comment(IMPLEMENT), stage.comment(IMPLEMENT)]
        stage.until(lambda: sorted(run.state for run in stage.runs(*numbers)) == ["queued", "running"], "a full slot")
        stage.until(
            lambda: stage.waited(*numbers) > stage.settings.unclaimed_seconds + 2 * TICK_SECONDS, "the second is taken"
        )
        stopped = stage.kill("runs", signal.SIGTERM)
        stage.until(lambda: stage.pid("runs") != stopped, "another worker")
        gate.open()
        stage.until(lambda: stage.states(*numbers) == {"done"}, "the end of both")
        stage.await_silence()
        assert sorted((run.fence, run.failures, run.vanished) for run in stage.runs(*numbers)) == [(1, 0, 0), (2, 0, 0)]


def test_a_worker_that_stood_still_after_its_push_opens_no_second_pull_request(tmp_path: Path) -> None:
    with set_stage(tmp_path, {"LEASE_SECONDS": "3"}, two_runs_workers) as stage:
        number = stage.comment()
        stage.until(lambda: stage.branches(number), "the push")
        still = int(stage.await_run(number, "publishing", "done").holder.split(":")[1])
        stage.pause(still)
        stage.await_run(number, "done")
        stage.resume(still)
        stage.await_pull_request(number)
        assert stage.counts(number) == ONE_OF_EACH
