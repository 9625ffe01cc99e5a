"""The whole stack, with stand-ins for the bot's own processes and the real broker."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import redis

from bot.embedded import StackError
from bot.embedded.broker import Broker
from bot.embedded.keeper import Service
from bot.embedded.processes import noted, record_of
from bot.embedded.stack import Stack, bot_services, seconds_to_drain
from config.broker import broker_urls
from config.settings import Settings, load
from tests.embedded.standins import alive, child_of, eventually, nothing_to_prepare, script, stand_ins
from tests.embedded.test_keeper import Story

NAMES = ("broker", "web", "runs")

UP = """
import sys
from bot.embedded.foreground import until_interrupted, wait
from bot.embedded.stack import Stack
from tests.embedded.standins import nothing_to_prepare, stand_ins

def say(text):
    print(text, flush=True)

data_dir, drain, work = sys.argv[1:]
given = {"DATA_DIR": data_dir, "PORT": "0", "WORK_SECONDS": work}
stack = Stack(given, services=stand_ins, prepare=nothing_to_prepare, drain_seconds=float(drain))
with until_interrupted(stack, say):
    stack.await_ready(20)
    say("ready")
    wait()
say("stopped")
"""

INTERRUPTED = """
import signal, sys
from bot.embedded.foreground import until_interrupted
from bot.embedded.stack import Stack
from tests.embedded.standins import stand_ins

def prepare(settings):
    signal.raise_signal(signal.SIGINT)

stack = Stack({"DATA_DIR": sys.argv[1], "PORT": "0"}, services=stand_ins, prepare=prepare)
with until_interrupted(stack, print):
    print("never here")
"""


def a_stack(data_dir: Path, story: Story | None = None, **settings: str) -> Stack:
    given = {"DATA_DIR": str(data_dir), "PORT": "0", **settings}
    return Stack(given, services=stand_ins, prepare=nothing_to_prepare, on_event=story or Story())


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with a_stack(tmp_path) as running:
        running.await_ready(20)
        yield running


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator["Terminal"]:
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


class Terminal:
    """Stacks that run in processes of their own, as `./async-code up` does."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._opened: list[subprocess.Popen[str]] = []

    def up(self, drain_seconds: float = 10, work_seconds: float = 0) -> subprocess.Popen[str]:
        argv = script(UP, str(self.data_dir), str(drain_seconds), str(work_seconds))
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self._opened.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process

    def pids(self) -> list[int]:
        found = [noted(record_of(self.data_dir, name)) for name in NAMES]
        return [known.pid for known in found if known] + [child_of(self.data_dir, "runs")]

    def close(self) -> None:
        for process in self._opened:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=20)
        Broker(load(data_dir=self.data_dir)).end_stale()


def test_everything_starts_and_nothing_is_left(tmp_path: Path) -> None:
    story = Story()
    with a_stack(tmp_path, story) as stack:
        stack.await_ready(20)
        assert stack.address.healthy()
        with redis.Redis.from_url(broker_urls(stack.settings).redis) as connection:
            assert connection.ping()
        pids = [*(stack.pid(name) for name in NAMES), child_of(tmp_path, "runs")]
        assert all(alive(pid) for pid in pids)
    assert not any(alive(pid) for pid in pids)
    assert [name for name, state in story.told if state == "stopped"] == ["runs", "web", "broker"]
    assert (tmp_path / "logs" / "web.log").read_text().startswith("web listens\n")


@pytest.mark.parametrize("name", NAMES)
def test_any_killed_process_comes_back(stack: Stack, name: str) -> None:
    before = stack.pid(name)
    stack.kill(name)
    eventually(lambda: stack.pid(name) not in (None, before), f"a new {name}")
    stack.await_ready(20)


def test_the_broker_comes_back_with_what_it_held(stack: Stack) -> None:
    with redis.Redis.from_url(broker_urls(stack.settings).redis) as connection:
        connection.set("kept", "yes")
        connection.waitaof(1, 0, 2000)
        before = stack.pid("broker")
        stack.kill("broker")
        eventually(lambda: stack.pid("broker") not in (None, before), "a new broker")
        stack.await_ready(20)
        assert connection.get("kept") == b"yes"


def test_with_a_redis_url_no_server_of_ours_is_started(stack: Stack, tmp_path: Path) -> None:
    theirs = broker_urls(stack.settings).redis
    with a_stack(tmp_path / "second", REDIS_URL=theirs) as second:
        second.await_ready(20)
        with pytest.raises(KeyError):
            second.pid("broker")
    with redis.Redis.from_url(theirs) as connection:
        assert connection.ping()


def test_a_second_stack_on_the_same_data_is_told_who_has_it(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(StackError, match=rf"pid {os.getpid()}\) uses {tmp_path}"), a_stack(tmp_path):
        pass
    assert stack.address.healthy()


def test_a_taken_port_is_refused_with_what_to_change_and_frees_the_data(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        port = str(theirs.getsockname()[1])
        with (
            pytest.raises(StackError, match=f"Port {port} on 127.0.0.1 is taken .* set PORT"),
            a_stack(tmp_path, PORT=port),
        ):
            pass
    with a_stack(tmp_path) as stack:
        stack.await_ready(20)


def test_a_service_that_only_dies_is_reported_with_its_last_words(tmp_path: Path) -> None:
    def broken(settings: Settings, environment: Mapping[str, str], drain_seconds: float) -> list[Service]:
        return [Service("web", (sys.executable, "-c", "raise SystemExit('no key')"), environment, lambda: False)]

    given = {"DATA_DIR": str(tmp_path), "PORT": "0"}
    with (
        pytest.raises(StackError, match=r"(?s)web ends as soon as it starts.*no key"),
        Stack(given, services=broken, prepare=nothing_to_prepare) as stack,
    ):
        stack.await_ready(20)


def test_a_service_that_is_never_ready_is_reported(tmp_path: Path) -> None:
    def slow(settings: Settings, environment: Mapping[str, str], drain_seconds: float) -> list[Service]:
        return [Service("web", (sys.executable, "-c", "import time; time.sleep(60)"), environment, lambda: False)]

    given = {"DATA_DIR": str(tmp_path), "PORT": "0"}
    with (
        pytest.raises(StackError, match=r"web was not ready within 0.1 seconds.*\n\(empty\)"),
        Stack(given, services=slow, prepare=nothing_to_prepare) as stack,
    ):
        stack.await_ready(0.1)


def test_killing_what_has_no_process_is_an_error(stack: Stack) -> None:
    stack.stop()
    with pytest.raises(KeyError):
        stack.kill("web")


def test_output_is_repeated_with_names(stack: Stack) -> None:
    heard: list[str] = []
    with stack.echo(heard.append):
        stack.kill("web")
        eventually(lambda: heard.count("web    | web listens") == 2, "the first line of both lives")
    assert "web    | web ended: killed by SIGKILL" in heard


@pytest.mark.slow
def test_ctrl_c_stops_everything_and_lets_work_finish(terminal: Terminal) -> None:
    process = terminal.up()
    pids = terminal.pids()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert said.startswith("Stopping.")
    assert said.endswith("stopped\n")
    assert (terminal.data_dir / "runs.finished").exists()
    assert not any(alive(pid) for pid in pids)


@pytest.mark.slow
def test_ctrl_c_during_the_start_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(script(INTERRUPTED, str(tmp_path)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
    assert "never here" not in done.stdout
    assert not any((tmp_path / "processes").glob("*.pid"))


@pytest.mark.slow
def test_a_second_ctrl_c_waits_for_nobody(terminal: Terminal) -> None:
    process = terminal.up(drain_seconds=600, work_seconds=600)
    pids = terminal.pids()
    process.send_signal(signal.SIGINT)
    assert process.stdout
    assert process.stdout.readline().startswith("Stopping.")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert not (terminal.data_dir / "runs.finished").exists()
    assert not any(alive(pid) for pid in pids)


@pytest.mark.slow
def test_a_killed_supervisor_takes_its_python_children_along(terminal: Terminal) -> None:
    process = terminal.up()
    broker, *ours = terminal.pids()
    process.kill()
    eventually(lambda: not any(alive(pid) for pid in ours), "web, worker and the worker's child are gone")
    assert alive(broker)
    again = terminal.up()
    assert not alive(broker)
    again.terminate()
    assert again.wait(20) == 0


@pytest.mark.slow
def test_a_start_right_after_the_kill_ends_what_is_left(terminal: Terminal) -> None:
    process = terminal.up()
    before = terminal.pids()
    process.kill()
    terminal.up()
    assert not any(alive(pid) for pid in before)


@pytest.mark.parametrize(("setting", "seconds"), [(None, 40 * 60 + 15), (0, 15), (60, 75)])
def test_a_runs_worker_may_drain_as_long_as_the_settings_say(setting: float | None, seconds: float) -> None:
    assert seconds_to_drain(load(drain_seconds=setting, run_minutes=40)) == seconds


def test_the_bot_runs_its_processes_in_the_order_of_their_need(tmp_path: Path) -> None:
    services = bot_services(load(data_dir=tmp_path, anthropic_api_key="a-key"), {}, 60)
    assert [(service.name, *service.argv[3:]) for service in services] == [
        ("web", "web"),
        ("gateway", "gateway"),
        ("control", "worker", "control"),
        ("runs", "worker", "runs"),
        ("beat", "beat"),
    ]
    assert {service.name: service.stop_seconds for service in services}["runs"] == 60


def test_a_bot_without_a_model_to_reach_has_no_gateway(tmp_path: Path) -> None:
    services = bot_services(load(data_dir=tmp_path, _env_file=None), {}, 60)
    assert "gateway" not in {service.name for service in services}
