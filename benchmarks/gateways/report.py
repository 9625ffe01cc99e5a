"""Starts provider and gateway, loads them, and prints what came of it."""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.database import Database
from config.schema import migrate
from gateways.load import Heard, Way, at_once, in_turn
from runners import claims, runs
from tests.runners.rows import claimed, new_run

ROOT = Path(__file__).resolve().parents[2]
CREDENTIALS = tuple(f"run {number}" for number in range(10))
TICKS = os.sysconf("SC_CLK_TCK")


def run(requests: int, streams: Sequence[int], seconds: float) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        port = free_port()
        held.enter_context(process([str(ROOT / "benchmarks/gateways/provider.py"), str(port)]))
        pid = held.enter_context(gateway(Path(folder), port))
        direct = Way("directly", "/v1/messages", port=port)
        through = Way(
            "through the gateway",
            "/anthropic/v1/messages",
            socket=f"{folder}/gateway/models.sock",
            credentials=CREDENTIALS,
        )
        await_ready(direct), await_ready(through)
        first_tokens([(way, asyncio.run(in_turn(way, requests))) for way in (direct, through, direct, through)])
        print(f"\n{'streams':>8} {'way':22} {'first token p50/p99':>22} {'later ones late p50/p99':>25}  gateway")
        for count in streams:
            for way in (direct, through):
                before, began = cpu_of(pid), time.monotonic()
                heard = asyncio.run(at_once(way, count, seconds))
                core = (cpu_of(pid) - before) / (time.monotonic() - began)
                took = f"{core:4.0%} of a core, {memory_of(pid)} MB" if way is through else ""
                print(f"{count:8} {way.name:22} {spread(heard.first):>22} {spread(heard.late):>25}  {took}")
                complain(heard)


def first_tokens(heard: Sequence[tuple[Way, Heard]]) -> None:
    """Single requests, twice in turn so that a slow moment shows."""
    print(f"{'one at a time':22} {'first token p50/p99':>22}")
    for way, one in heard:
        print(f"{way.name:22} {spread(one.first):>22}")
        complain(one)
    medians = [statistics.median(one.first) for _, one in heard]
    print(f"added at the median: {(medians[1] + medians[3] - medians[0] - medians[2]) * 500:.2f} ms")


def complain(heard: Heard) -> None:
    """A benchmark of refusals would be a fast one."""
    if heard.wrong:
        sys.exit(f"{len(heard.wrong)} requests went wrong, the first with {heard.wrong[0]!r}")


def spread(seconds: Sequence[float]) -> str:
    """Median and 99th percentile, in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return f"{cuts[49] * 1000:.2f} / {cuts[98] * 1000:.2f} ms"


@contextmanager
def gateway(folder: Path, port: int) -> Iterator[int]:
    """The gateway's process on one core, and a run that it knows."""
    url = f"sqlite:///{folder}/async-code.sqlite3"
    database = Database(url)
    migrate(database)
    for number, credential in enumerate(CREDENTIALS, 1):
        claim = claimed(database, new_run(database, number))
        known = {"credential": runs.digest(credential), "budget_usd": 1e9, "lease_until": 1e12}
        with database.write() as connection:
            claims.note(connection, claim, **known)
    database.close()
    settings = {
        "DATA_DIR": str(folder),
        "DATABASE_URL": url,
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}",
        "ENV_FILE": os.devnull,
        "ENVIRONMENT": "development",
    }
    with process(["-m", "bot", "gateway"], {**os.environ, **settings}) as pid:
        os.sched_setaffinity(pid, {0})
        yield pid


@contextmanager
def process(words: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[int]:
    """A Python program, while this lasts."""
    with subprocess.Popen(
        [sys.executable, *words], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    ) as started:
        try:
            yield started.pid
        finally:
            started.kill()


def await_ready(way: Way) -> None:
    """Until it takes connections."""
    for _ in range(200):
        try:
            asyncio.run(in_turn(way, 1))
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"{way.name}: nobody answers")


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_of(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid: int) -> int:
    """Resident memory, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024
