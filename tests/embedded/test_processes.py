"""Knowing a process again, and ending it."""

import os
import subprocess
from pathlib import Path

import pytest

from bot.embedded.processes import began, began_by_ps, end_noted, gone, note, noted, record_of
from tests.embedded.standins import eventually, script

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"


def test_a_living_process_has_one_beginning() -> None:
    assert began(os.getpid()) == began(os.getpid()) is not None
    assert began(os.getpid()) != began(os.getppid())


def test_a_process_that_ended_has_none_even_before_it_is_reaped() -> None:
    process = subprocess.Popen(["true"])
    eventually(lambda: began(process.pid) is None, "true has ended")
    process.wait()
    assert began(process.pid) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Ss   Mon Nov 23 18:14:05 2026\n", "Mon Nov 23 18:14:05 2026"),
        ("Z    Mon Nov 23 18:14:05 2026\n", None),
        ("", None),
    ],
)
def test_where_there_is_no_proc_ps_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, expected: str | None
) -> None:
    (tmp_path / "answer").write_text(said)
    (tmp_path / "ps").write_text(f"#!/bin/sh\nexec /bin/cat {tmp_path}/answer\n")
    (tmp_path / "ps").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert began_by_ps(1) == expected


@pytest.mark.parametrize("text", ["", "no number", "0 x"])
def test_a_damaged_record_names_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.pid").write_text(text)
    assert noted(tmp_path / "x.pid") is None
    end_noted(tmp_path / "x.pid", 0)
    assert not (tmp_path / "x.pid").exists()


def test_a_deaf_process_of_an_earlier_start_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(script(DEAF), stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout
        process.stdout.readline()
        record = record_of(tmp_path, "deaf")
        note(record, process.pid)
        known = noted(record)
        assert known
        assert not gone(known, 0)
        end_noted(record, seconds=0.1)
        assert not known.alive()
