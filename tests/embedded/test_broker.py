"""The embedded broker, as a real server."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from kombu.connection import Connection

from bot.embedded import StackError
from bot.embedded.broker import Broker, from_wheel, private_directory, quoted, server_binary
from bot.embedded.processes import note, record_of
from config.broker import broker_urls
from config.settings import load
from tests.embedded.standins import alive, eventually


@contextmanager
def running(broker: Broker) -> Iterator[subprocess.Popen[bytes]]:
    """The server, started as the supervisor does, and killed at the end."""
    broker.prepare()
    process = subprocess.Popen(broker.argv(), stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        broker.await_ready(10)
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def client(path: Path) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(broker_urls(load(data_dir=path)).redis) as connection:
        yield connection


def append_only_file(data_dir: Path) -> Path:
    (found,) = (data_dir / "broker" / "appendonlydir").glob("*.incr.aof")
    return found


def test_the_wheel_has_a_server_where_we_look_for_it() -> None:
    found = from_wheel()
    assert found is not None
    said = subprocess.run([str(found), "--version"], capture_output=True, text=True, check=True).stdout
    assert "Valkey server" in said


def test_a_machine_without_any_server_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackError, match="REDIS_URL"):
        server_binary(None)


def test_without_the_wheel_a_server_on_path_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = tmp_path / "redis-server"
    ours.write_text("#!/bin/sh\n")
    ours.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert server_binary(None) == ours


@pytest.mark.parametrize("name", ["data", "ein Verzeichnis mit Ümlaut", "d" * 120, 'quo"ted'])
def test_celery_and_redis_reach_the_server_in_any_data_directory(tmp_path: Path, name: str) -> None:
    settings = load(data_dir=tmp_path / name)
    broker = Broker(settings)
    with running(broker):
        assert len(str(broker.socket)) <= 100
        assert broker.socket.parent.stat().st_mode & 0o777 == 0o700
        with client(tmp_path / name) as connection:
            assert connection.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        with Connection(broker_urls(settings).celery) as connection:  # type: ignore[no-untyped-call] # kombu has no types
            connection.ensure_connection(max_retries=1, timeout=5)
    if not broker.socket.is_relative_to(tmp_path):
        shutil.rmtree(broker.socket.parent)


def test_a_password_reaches_a_socket_by_both_spellings(tmp_path: Path) -> None:
    broker = Broker(load(data_dir=tmp_path))
    with running(broker), client(tmp_path) as connection:
        connection.config_set("requirepass", "p@ss")
        urls = broker_urls(load(redis_url=f"unix://:p%40ss@{broker.socket}?db=1"))
        with redis.Redis.from_url(urls.redis) as theirs:
            assert theirs.ping()
        with Connection(urls.celery) as theirs:  # type: ignore[no-untyped-call] # kombu has no types
            theirs.ensure_connection(max_retries=1, timeout=5)


def test_what_was_queued_outlives_kill_minus_nine(tmp_path: Path) -> None:
    broker = Broker(load(data_dir=tmp_path))
    with running(broker), client(tmp_path) as connection:
        connection.rpush("queue", "first", "second")
        connection.waitaof(1, 0, 2000)
    with running(broker), client(tmp_path) as connection:
        assert connection.lrange("queue", 0, -1) == [b"first", b"second"]


def test_a_torn_end_of_the_append_only_file_is_survived(tmp_path: Path) -> None:
    broker = Broker(load(data_dir=tmp_path))
    with running(broker), client(tmp_path) as connection:
        connection.set("whole", "kept")
        connection.set("torn", "x" * 1000)
        connection.waitaof(1, 0, 2000)
    file = append_only_file(tmp_path)
    os.truncate(file, file.stat().st_size - 500)
    with running(broker), client(tmp_path) as connection:
        assert connection.get("whole") == b"kept"
        assert connection.get("torn") is None


def test_a_server_left_by_a_killed_supervisor_is_shut_down(tmp_path: Path) -> None:
    broker = Broker(load(data_dir=tmp_path))
    with running(broker) as process, client(tmp_path) as connection:
        connection.set("kept", "yes")
        broker.end_stale()
        assert process.wait(5) == 0
    with running(broker), client(tmp_path) as connection:
        assert connection.get("kept") == b"yes"


def test_a_server_that_does_not_answer_is_killed_by_its_record(tmp_path: Path) -> None:
    broker = Broker(load(data_dir=tmp_path))
    with running(broker) as process:
        note(record_of(tmp_path, "broker"), process.pid)
        process.send_signal(signal.SIGSTOP)
        eventually(lambda: not broker.ready(), "the stopped server no longer answers")
        broker.end_stale()
        assert process.wait(5) == -signal.SIGKILL
    assert not record_of(tmp_path, "broker").exists()


def test_a_record_whose_number_now_belongs_to_another_process_ends_nobody(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as bystander:
        record = record_of(tmp_path, "broker")
        record.parent.mkdir()
        record.write_text(f"{bystander.pid} another-boot/1\n")
        Broker(load(data_dir=tmp_path)).end_stale()
        assert alive(bystander.pid)
        bystander.kill()


def test_a_server_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"did not answer on .*broker\.sock within 0 seconds"):
        Broker(load(data_dir=tmp_path)).await_ready(0)


def test_a_directory_that_only_looks_private_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StackError, match="belongs to somebody else"):
        private_directory(tmp_path / "link")


def test_quotes_and_backslashes_stay_in_a_path() -> None:
    assert quoted(Path('a"b\\c')) == '"a\\"b\\\\c"'
