"""Workers that stand still past their lease in the middle of a step, and then go on as if nothing had happened."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from itertools import cycle
from random import Random

from sqlalchemy import update

from bot.local_github.faults import Asked, Moment
from config.database import Database, DatabaseError, now
from runners import outbox, runs
from runners.doubles import DELAY
from tests.chaos.census import count, doubles, faults, things
from tests.chaos.moments import BY_RUNS_WORKERS, MOMENTS, Ambush, two_of_each
from tests.chaos.rows import Ground, Row, differences
from tests.chaos.scene import SETTINGS, Scene, set_scene

NAME = "SIGSTOP past the lease at a publishing step, then SIGCONT"
SEED = 20_26
SECONDS_A_WAVE = 240.0
SECONDS_TO_AUDIT = 150.0  # a minute after the end, doubles are looked for
REFUSALS = ("run.lease_lost", "duty.lost")
STILL_SECONDS = float(SETTINGS["LEASE_SECONDS"]) + 2.0


def measure(ground: Ground) -> Row:
    """Stops workers at random steps, waits for the end and for the audit, counts what is there twice."""
    waves, began = ground.of(8, 50), time.monotonic()
    with set_scene(ground, accounts=2, services=two_of_each) as scene:
        standstill = Standstill(scene)
        ambush = Ambush(scene, standstill)
        for moments in _plan(waves):
            _wave(scene, ambush, standstill, moments)
        before = things(scene)
        if ground.size == "short":
            _hurry_audits(scene)
        scene.until(lambda: scene.waiting_audits() == 0, "the audit", SECONDS_TO_AUDIT)
        after = things(scene)
        counted = {
            "standstills": len(ambush.sprung),
            **count(scene),
            "second refs or pull requests": doubles(after.branches) + doubles(after.pulls),
            "comments removed by the audit": doubles(before.comments) - doubles(after.comments),
            "second check runs": doubles(after.checks),
            "stale writes refused": sum(scene.logged(word) for word in REFUSALS),
        }
    # GitHub deletes no check run: a second one, of a request that came late, can only be brought to its end.
    counted["twice"] -= counted["second check runs"]
    wanted = {"second refs or pull requests": 0, "green runs": len(scene.asked)}
    wrong = (*faults(counted), *differences(counted, wanted))
    return Row(NAME, ground.database, counted, wrong, time.monotonic() - began)


def _plan(waves: int) -> Iterator[tuple[tuple[str, Moment], tuple[str, Moment]]]:
    """Pairs of moments, one of each pool, so that the second worker of the pool is there to take over."""
    chance = Random(SEED)  # noqa: S311  # repeatable, and no secret
    pools = [[one for one in MOMENTS if (one[0] in BY_RUNS_WORKERS) == runs] for runs in (False, True)]
    creating = [[one for one in pool if "edit" not in one[0] and one[0] != "reaction"] for pool in pools]
    yield from zip(cycle(creating[0]), creating[1], strict=False)
    for _ in range(waves - len(creating[1])):
        yield chance.choice(pools[0]), chance.choice(pools[1])


def _wave(
    scene: Scene, ambush: Ambush, standstill: "Standstill", moments: tuple[tuple[str, Moment], tuple[str, Moment]]
) -> None:
    for repository, (step, moment) in zip(scene.repositories, moments, strict=True):
        ambush.lay(step, moment, repository)
        ambush.ask(step, repository)
    scene.until(lambda: scene.is_quiet() and standstill.at_work == 0, "the end of all", SECONDS_A_WAVE)
    scene.hub.faults.clear()


def _hurry_audits(scene: Scene) -> None:
    """The minute until doubles are looked for is over."""
    theirs = outbox.outbox.c.kind.like("%doubles") & outbox.outbox.c.next_at.is_not(None)
    with scene.database.write() as connection:
        connection.execute(update(runs.runs).values(finished_at=runs.runs.c.finished_at - DELAY))
        connection.execute(update(outbox.outbox).where(theirs).values(next_at=now(connection)))


class Standstill:
    """Stops the worker and holds its request, until its lease is over and somebody else may have done the work."""

    def __init__(self, scene: Scene) -> None:
        self.at_work = 0
        self._scene, self._lock = scene, threading.Lock()

    def __call__(self, worker: int, asked: Asked) -> None:
        """Held so long; then the request goes its way, late, and the worker goes on."""
        self._count(1)
        try:
            self._pause(worker)
            threading.Event().wait(STILL_SECONDS)
            os.killpg(worker, signal.SIGCONT)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._lock:
            self.at_work += more

    def _pause(self, worker: int) -> None:
        """Not in the middle of a transaction: SQLite would stand still with it."""
        os.killpg(worker, signal.SIGSTOP)
        while not self._writable():
            os.killpg(worker, signal.SIGCONT)
            time.sleep(0.02)
            os.killpg(worker, signal.SIGSTOP)

    def _writable(self) -> bool:
        url = self._scene.database.url
        if not self._scene.database.is_sqlite:
            return True
        other = Database(url.update_query_dict({"timeout": "1"}).render_as_string(hide_password=False))
        try:
            with other.write():
                return True
        except DatabaseError:
            return False
        finally:
            other.close()
