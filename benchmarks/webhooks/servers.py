"""Servers under load: each one process on a free loopback port, started, awaited, measured and ended here."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webhooks.delivery import SECRET

SECONDS_TO_START = 60.0

# Starlette and uvicorn as our own web process has them, and nothing but the signature: what no web process that is
# built on them could be faster than.
LIMIT = """
import hmac
from hashlib import sha256
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def webhook(request):
    body = await request.body()
    wanted = "sha256=" + hmac.new({secret!r}.encode(), body, sha256).hexdigest()
    signed = hmac.compare_digest(wanted, request.headers["x-hub-signature-256"])
    return JSONResponse({{"ok": signed}}, 200 if signed else 401)

uvicorn.run(Starlette(routes=[Route("/github/webhooks", webhook, methods=["POST"])]), host="127.0.0.1", port={port},
            loop="uvloop", http="httptools", log_config=None, access_log=False)
"""


@dataclass(frozen=True)
class Server:
    """A running server: where it takes deliveries, and its process."""

    url: str
    pid: int

    @property
    def peak_megabytes(self) -> float:
        """The most memory that its process ever had resident."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024

    @property
    def cpu_seconds(self) -> float:
        """What its process has used of the processors: unlike a rate, it hardly depends on what else runs here."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def running(
    argv: Sequence[str], port: int, path: str, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A server that listens. Ends the benchmark, with its last words, if it does not start."""
    with log.open("w") as output, subprocess.Popen(argv, stdout=output, stderr=output, env=environment) as process:
        try:
            if not _listens(port, lambda: process.poll() is None):
                sys.exit(f"{argv} did not start:\n{log.read_text()[-2000:]}")
            yield Server(f"http://127.0.0.1:{port}{path}", process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def limit(folder: Path) -> Iterator[Server]:
    """Starlette that only verifies the signature."""
    port = free_port()
    script = folder / "limit.py"
    script.write_text(LIMIT.format(secret=SECRET, port=port))
    with running([sys.executable, str(script)], port, "/github/webhooks", folder / "limit.log") as server:
        yield server


def memory(pid: int) -> float:
    """Megabytes of a process, its share of what it shares with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _listens(port: int, alive: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS_TO_START
    while alive() and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False
