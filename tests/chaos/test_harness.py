"""What measures is measured itself: it must see a loss, a double and a lie."""

import os
import socket
from pathlib import Path

import pytest

from tests.chaos.census import doubles, faults
from tests.chaos.owners import owner_of
from tests.chaos.pipes import HalfOpenPipe
from tests.chaos.report import write_page
from tests.chaos.rows import Row
from tests.chaos.traces import Trace

RIGHT = dict.fromkeys(("commands", "tasks", "runs", "done", "branches", "pull requests", "status comments"), 3)
RIGHT |= {"told done": 3, "checked runs": 3, "lost": 0, "twice": 0, "dead": 0, "unkept": 0}
WAL = "7</data/async-code.sqlite3-wal>"
WRITTEN = f'10 pwrite64({WAL}, "x", 4096, 0) = 4096'
SYNCED = f"10 fdatasync({WAL}) = 0"
SAID = '11 write(9<socket:[77]>, "HTTP/1.1 202 Accepted\\r\\n", 80) = 80'


@pytest.mark.parametrize(
    "wrong", [{"branches": 4}, {"lost": 1}, {"status comments": 2}, {"told done": 2}, {"dead": 1}, {"unkept": 1}]
)
def test_every_difference_is_seen(wrong: dict[str, int]) -> None:
    assert faults(RIGHT) == ()
    assert len(faults({**RIGHT, **wrong})) == 1


def test_what_stands_twice_is_counted_once_for_each_too_many() -> None:
    assert doubles(["a", "b", "a", "a"]) == 2


@pytest.mark.parametrize(
    ("lines", "too_early"),
    [
        ([WRITTEN, SYNCED, SAID], 0),
        ([WRITTEN, SAID, SYNCED], 1),
        ([SAID], 1),
        ([WRITTEN, f"10 fdatasync({WAL} <unfinished ...>", SAID, "10 <... fdatasync resumed>) = 0"], 1),
        ([WRITTEN, f"10 fdatasync({WAL} <unfinished ...>", "10 <... fdatasync resumed>) = 0", SAID], 0),
        ([WRITTEN, SYNCED, SAID, WRITTEN, SAID], 1),
    ],
)
def test_an_answer_before_its_fdatasync_is_seen(lines: list[str], too_early: int) -> None:
    trace = Trace()
    for line in lines:
        trace.read(line)
    assert (trace.answers, trace.too_early) == (lines.count(SAID), too_early)


def test_the_owner_of_a_connection_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as line:
        assert owner_of(line.getsockname()[1], [os.getpgrp()]) == os.getpgrp()
        assert owner_of(line.getsockname()[1], []) is None


def test_a_pipe_that_was_half_open_passes_on_new_lines_alone(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        with HalfOpenPipe(tmp_path / "socket") as pipe, socket.create_connection(("127.0.0.1", pipe.port)) as old:
            behind, _ = server.accept()
            behind.settimeout(0.3)
            old.sendall(b"before")
            assert behind.recv(10) == b"before"
            pipe.block()
            old.sendall(b"swallowed")
            with pytest.raises(TimeoutError):
                behind.recv(10)
            pipe.heal()
            with socket.create_connection(("127.0.0.1", pipe.port)) as new:
                behind_new, _ = server.accept()
                new.sendall(b"after")
                assert behind_new.recv(10) == b"after"
                behind_new.close()
            behind.close()


def test_the_page_keeps_the_rows_that_were_not_measured_anew(tmp_path: Path) -> None:
    page = tmp_path / "reliability.md"
    write_page([Row("accident", "SQLite", {"kills": 3}, ("lost: 1, must be 0",), 61)], page)
    write_page([Row("accident", "Postgres", {"kills": 4}, (), 5), Row("other", "SQLite", {"cuts": 2}, (), 5)], page)
    write_page([Row("other", "SQLite", {"cuts": 12345678}, (), 5)], page)
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")][1:]
    assert [line.rpartition(" | ")[0] for line in rows] == [
        "| accident | SQLite | kills 3 | 1 min 01 s | **FAIL**: lost: 1, must be 0",
        "| accident | Postgres | kills 4 | 0 min 05 s | pass",
        "| other | SQLite | cuts 12345678 | 0 min 05 s | pass",
    ]
