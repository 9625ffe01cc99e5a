"""Workers that stand still past their lease in the middle of a step, and then go on as if nothing had happened."""

import os
import signal
import threading
import time
from random import Random

from bot.local_github.faults import Asked
from config.database import Database, DatabaseError
from tests.chaos.census import count, doubles, faults, things
from tests.chaos.moments import MOMENTS, Ambush, two_of_each
from tests.chaos.rows import Ground, Row, differences
from tests.chaos.scene import SETTINGS, Scene, set_scene

NAME = "SIGSTOP past the lease at a publishing step, then SIGCONT"
SEED = 20_26
AT_ONCE = 5
SECONDS_A_WAVE = 240.0
SECONDS_TO_AUDIT = 150.0  # a minute after the end, doubles are looked for
REFUSALS = ("run.lease_lost", "duty.lost")
STILL_SECONDS = float(SETTINGS["LEASE_SECONDS"]) + 2.0


def measure(ground: Ground) -> Row:
    """Stops workers at random steps, waits for the end and for the audit, counts what is there twice."""
    total, began = ground.of(10, 100), time.monotonic()
    with set_scene(ground, accounts=AT_ONCE, services=two_of_each) as scene:
        ambush = Ambush(scene, Standstill(scene))
        chance = Random(SEED)  # noqa: S311  # repeatable, and no secret
        for _ in range(total // AT_ONCE):
            _wave(scene, ambush, chance)
        before = things(scene)
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
    wanted = {"standstills": total, "second refs or pull requests": 0, "green runs": len(scene.asked)}
    wrong = (*faults(counted), *differences(counted, wanted))
    return Row(NAME, ground.database, counted, wrong, time.monotonic() - began)


def _wave(scene: Scene, ambush: Ambush, chance: Random) -> None:
    """Some commands at once, each with a random moment at which its worker stands still."""
    for repository, (step, moment) in zip(scene.repositories, chance.sample(MOMENTS, AT_ONCE), strict=True):
        ambush.lay(step, moment, repository)
        ambush.ask(step, repository)
    scene.await_quiet(SECONDS_A_WAVE)


class Standstill:
    """Stops the worker and holds its request, until its lease is over and somebody else may have done the work."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._one_at_a_time = threading.Lock()  # the second worker must be there to take over

    def __call__(self, worker: int, asked: Asked) -> None:
        """Held so long; then the request goes its way, late, and the worker goes on."""
        with self._one_at_a_time:
            self._pause(worker)
            threading.Event().wait(STILL_SECONDS)
            os.killpg(worker, signal.SIGCONT)

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
