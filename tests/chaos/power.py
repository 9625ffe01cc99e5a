"""The power fails while deliveries arrive: what was acknowledged is in the files, and was on disk before the 202."""

import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text

from config.database import BUSY_MILLISECONDS, Connection, Database
from tests.chaos.rows import Ground, Row, differences
from tests.chaos.scene import Scene, set_scene
from tests.chaos.traces import Trace, attached

NAME = "power cut"
SEED = 20_26
WRITERS = ("web", "control", "runs")
A_SECOND = 40  # deliveries
READERS = 5
WANTED = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_MILLISECONDS}


def measure(ground: Ground) -> Row:
    """Cuts the power so many times, then looks at the system calls of the web process."""
    cuts, began = ground.of(10, 50), time.monotonic()
    with set_scene(ground, accounts=1) as scene:
        scene.ask()
        scene.await_quiet()
        lost, broken, acknowledged = _cut(scene, cuts)
        trace = _trace(scene, ground.of(50, 500))
        counted = {
            "cuts": cuts,
            "acknowledged": acknowledged,
            "lost": lost,
            "broken files": broken,
            "traced answers": trace.answers,
            "answered before fdatasync": trace.too_early,
            "connections": READERS + 1,
            "wrong pragmas": _wrong_pragmas(scene.stack.settings.database),
        }
    wanted = {"lost": 0, "broken files": 0, "answered before fdatasync": 0, "wrong pragmas": 0}
    wrong = differences(counted, {**wanted, "traced answers": ground.of(50, 500)})
    return Row(NAME, ground.database, counted, wrong, time.monotonic() - began)


def _cut(scene: Scene, cuts: int) -> tuple[int, int, int]:
    """GUIDs that were acknowledged and are not in the files, files that are broken, and all that was acknowledged."""
    chance = Random(SEED)  # noqa: S311  # repeatable, and no secret
    lost = broken = acknowledged = 0
    with _deliveries(scene):
        for number in range(cuts):
            time.sleep(chance.uniform(0.2, 1.0))
            copy = scene.ground.directory / "after-the-cut"
            known = _copy(scene, copy)
            acknowledged = len(known)
            kept = _kept(copy)
            broken += kept is None
            lost += len(known - kept) if kept is not None else 0
            scene.ground.tell(f"cut {number + 1} of {cuts}: {acknowledged} acknowledged, {lost} lost")
            shutil.rmtree(copy)
    return lost, broken, acknowledged


def _copy(scene: Scene, to: Path) -> set[str]:
    """Stops all writers, copies the files, lets them go on; what had been acknowledged by then."""
    pids = [pid for pid in map(scene.stack.pid, WRITERS) if pid]
    for pid in pids:
        os.killpg(pid, signal.SIGSTOP)
    try:
        known = {one.guid for one in scene.hub.deliveries if one.status_code == 202}
        to.mkdir()
        for file in scene.stack.settings.data_dir.glob("*.sqlite3*"):
            if not file.name.endswith("-shm"):  # memory, which a power cut takes
                shutil.copy(file, to)
    finally:
        for pid in pids:
            os.killpg(pid, signal.SIGCONT)
    return known


def _kept(copy: Path) -> set[str] | None:
    """The GUIDs in the copied files; None where they are broken."""
    (file,) = copy.glob("*.sqlite3")
    with closing(sqlite3.connect(file)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            return None
        return {guid for (guid,) in connection.execute("SELECT guid FROM deliveries")}


@contextmanager
def _deliveries(scene: Scene) -> Iterator[None]:
    """The one comment, delivered again and again under GUIDs of further hooks."""
    first, ended = scene.delivery_of(scene.asked[0]), threading.Event()
    payload = first.payload

    def send() -> None:
        while not ended.wait(1 / A_SECOND):
            scene.hub.send(first.event, payload)

    thread = threading.Thread(target=send, name="deliveries", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        scene.hub.settle(30)


def _trace(scene: Scene, answers: int) -> Trace:
    """One delivery after the other, so that each commit is of one and belongs to one answer."""
    first, web = scene.delivery_of(scene.asked[0]), scene.stack.pid("web")
    assert web
    with attached(web, scene.ground.directory / "trace") as trace:
        for _ in range(answers):
            scene.hub.send(first.event, first.payload)
            scene.hub.settle(10)
    return trace()


def _wrong_pragmas(url: str) -> int:
    """How many settings of how many connections are not what durability asks for, all open at once."""
    database = Database(url)
    with closing(database), ExitStack() as opened:
        connections = [opened.enter_context(database.read()) for _ in range(READERS)]
        connections.append(opened.enter_context(database.write()))
        return sum(_pragma(one, name) != value for one in connections for name, value in WANTED.items())


def _pragma(connection: Connection, name: str) -> Any:
    return connection.execute(text(f"PRAGMA {name}")).scalar_one()
