"""`up` in a terminal of its own: its sudden death, its next start, and its orderly end."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.embedded.address import Address
from bot.embedded.broker import NAME as BROKER
from tests.integration.gate import Gate
from tests.integration.processes import PROC, belonging_to
from tests.integration.stage import ONE_OF_EACH, Stage, empty_stage

SECONDS_TO_FOLLOW = 12.0  # that the children may take to notice and to end
PAGES = re.compile(r"pages +http://127\.0\.0\.1:(\d+)\n")

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="the process table is read from /proc")


@contextmanager
def up(stage: Stage) -> Iterator[subprocess.Popen[bytes]]:
    """`async-code up`, from the moment that it says where its pages are."""
    said = stage.settings.data_dir.with_name("said")
    with said.open("wb") as terminal:
        argv = (sys.executable, "-m", "bot", "up")
        process = subprocess.Popen(argv, env={**os.environ, **stage.variables}, stdout=terminal, stderr=terminal)
        try:
            (port,) = stage.until(lambda: PAGES.findall(said.read_text()), "`up` is up")
            stage.deliver_to(Address("127.0.0.1", int(port)))
            yield process
        finally:
            process.kill()
            process.wait()


def only_the_broker(stage: Stage) -> bool:
    """Whether of all processes the broker is left at most: it is no program of ours, and the next start ends it."""
    return set(belonging_to(stage.settings.data_dir)) <= {stage.pid(BROKER)}


def test_a_killed_supervisor_leaves_a_run_that_the_next_start_finishes(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with empty_stage(tmp_path, {"LEASE_SECONDS": "3", **gate.settings}) as stage:
        with up(stage) as first:
            stage.hub.install("octo")
            number = stage.comment("/async-code implement make the test pass")
            stage.await_run(number, "running")
            first.kill()
            stage.until(lambda: only_the_broker(stage), "its children are gone", SECONDS_TO_FOLLOW)
        with up(stage) as second:
            gate.open()
            stage.await_pull_request(number)
            assert stage.counts(number) == ONE_OF_EACH
            second.send_signal(signal.SIGINT)
            assert second.wait(60) == 0
            assert belonging_to(stage.settings.data_dir) == {}
