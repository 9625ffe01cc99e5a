"""Small real programs that stand in for the bot's processes, and a way to wait for what they do."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.embedded.address import Address
from bot.embedded.keeper import Service
from bot.embedded.processes import began
from config.settings import Settings

PATIENCE = 20.0

LIFELINE = """
import os, signal, subprocess, sys, time
from bot.embedded import lifeline
lifeline.watch(int(os.environ["ASYNC_CODE_LIFELINE"]), seconds_to_end=0.3)
"""

WEB = (
    LIFELINE
    + """
import http.server
class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
print("web listens", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Pages).serve_forever()
"""
)

# A worker whose child has a life of its own; it ends on SIGTERM when its work is done, which WORK_SECONDS decides.
WORKER = (
    LIFELINE
    + """
from pathlib import Path
name, patience = sys.argv[1], float(os.environ.get("WORK_SECONDS", "0"))
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path(os.environ["DATA_DIR"], name + ".child").write_text(str(child.pid))
def finish(*_):
    time.sleep(patience)
    Path(os.environ["DATA_DIR"], name + ".finished").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, finish)
print(name, "works", flush=True)
while True:
    signal.pause()
"""
)


def script(text: str, *words: str) -> tuple[str, ...]:
    """The argv of one of these programs."""
    return (sys.executable, "-c", text, *words)


def stand_ins(settings: Settings, environment: Mapping[str, str], drain_seconds: float) -> Sequence[Service]:
    """A web process and a runs worker, as `Stack(services=…)` wants them."""
    web = Address(settings.host, settings.port)
    return [
        Service("web", script(WEB), environment, web.healthy),
        Service("runs", script(WORKER, "runs"), environment, child_is_there(settings), drain_seconds),
    ]


def child_is_there(settings: Settings) -> Callable[[], bool]:
    return (settings.data_dir / "runs.child").exists


def child_of(data_dir: Path, name: str) -> int:
    return int((data_dir / f"{name}.child").read_text())


def nothing_to_prepare(settings: Settings) -> None:
    """In place of migrations."""


def alive(pid: int | None) -> bool:
    return pid is not None and began(pid) is not None


def eventually(true: Callable[[], object], what: str) -> None:
    """Waits until it is so; fails after a deadline."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"not in {PATIENCE:g} s: {what}"
        time.sleep(0.02)
