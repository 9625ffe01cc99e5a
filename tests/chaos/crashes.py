"""`kill -9` of the worker just before a step of publishing has its effect, or just after: all ends as ever."""

import os
import signal
import time
from contextlib import suppress

from bot.local_github.faults import Asked, HangUp
from tests.chaos.census import count, faults
from tests.chaos.moments import MOMENTS, Ambush, two_of_each
from tests.chaos.rows import Ground, Row, differences
from tests.chaos.scene import Scene, set_scene

NAME = "crash before and after each publishing step"
SECONDS_A_WAVE = 240.0
MOST_WAVES = 5  # a comment that comes late is written once and never edited: nobody comes by then


def measure(ground: Ground) -> Row:
    """Each step of publishing, each moment, so many times: kills, waits for the end, compares."""
    times, began = ground.of(1, 20), time.monotonic()
    with set_scene(ground, accounts=len(MOMENTS), services=two_of_each) as scene:
        ambush = Ambush(scene, kill)
        longest = max(_all_moments(scene, ambush) for _ in range(times))
        counted = {
            "crashes": len(ambush.sprung),
            **count(scene),
            "longest seconds": round(longest),
        }
    wanted = {"crashes": len(MOMENTS) * times, "green runs": len(scene.asked)}
    wrong = (*faults(counted), *differences(counted, wanted))
    return Row(NAME, ground.database, counted, wrong, time.monotonic() - began)


def kill(worker: int, _asked: Asked) -> None:
    """The worker is gone before it hears more; what GitHub had not done yet it never does."""
    with suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)
    raise HangUp


def _all_moments(scene: Scene, ambush: Ambush) -> float:
    """All steps and moments at once, each in a repository of its own; the longest seconds until the end."""
    left, longest = MOMENTS, 0.0
    for _ in range(MOST_WAVES):
        known = len(ambush.sprung)
        for repository, (step, moment) in zip(scene.repositories, left, strict=False):
            ambush.lay(step, moment, repository)
            ambush.ask(step, repository)
        longest = max(longest, scene.await_quiet(SECONDS_A_WAVE))
        scene.hub.faults.clear()
        left = [moment for moment in left if moment not in ambush.sprung[known:]]
        if not left:
            break
        scene.ground.tell(f"once more, as nobody came by: {left}")
    return longest
