"""Thousands of deliveries, many of them twice, while every process is killed again and again and GitHub stumbles."""

import time
from random import Random

from sqlalchemy import func, select

from runners import runs
from runners.states import RunState
from tests.chaos.census import count, faults
from tests.chaos.harm import Harm
from tests.chaos.rows import Ground, Row
from tests.chaos.scene import NotInTime, Scene, set_scene

NAME = "deliveries under kill -9"
SEED = 20_26
MOST_AT_WORK = 60  # further people wait with their comment, so that the accidents meet all of the journey
SECONDS_TO_END = 300.0  # after the last kill
SHORT_HARM, LONG_HARM = 45, 86_400  # seconds that the accidents go on
SAME_GUID, NEW_GUID = 0.20, 0.05
BAD_GATEWAY, LOST = 0.01, 0.02


def measure(ground: Ground) -> Row:
    """Delivers, kills, waits for the end, counts."""
    total, began = ground.of(500, 10_000), time.monotonic()
    with set_scene(ground, accounts=ground.of(20, 200)) as scene:
        scene.hub.faults.randomly("*", "", 502, BAD_GATEWAY, SEED)
        scene.hub.faults.randomly("*", "", "lost_response", LOST, SEED + 1)
        asking = time.monotonic()
        with Harm(scene.stack, SEED, ground.of(SHORT_HARM, LONG_HARM)) as harm:
            _deliver(scene, total, SEED)
        took, late = _await_end(scene)
        counted = {
            "deliveries": total,
            **count(scene),
            "kills": harm.kills,
            "flushes": harm.done["flush"],
            "stumbles": sum(call.status in (0, 502) for call in scene.hub.calls),
            "attempts": _attempts(scene),
            "seconds after the last kill": round(took),
            "tasks a minute": round(len(scene.asked) / (time.monotonic() - asking) * 60),
        }
        died = _died(scene)
    return Row(NAME, ground.database, counted, (*faults(counted), *late, *died), time.monotonic() - began)


def _deliver(scene: Scene, total: int, seed: int) -> None:
    """People comment; GitHub delivers some of it again, under the same GUID or (another hook's) a new one."""
    chance = Random(seed)  # noqa: S311  # repeatable, and no secret
    again, other = round(total * SAME_GUID), round(total * NEW_GUID)
    kinds = ["ask"] * (total - again - other - 1) + ["again"] * again + ["other"] * other
    chance.shuffle(kinds)
    for kind in ["ask", *kinds]:
        if kind == "ask":
            scene.until(lambda: scene.at_work() < MOST_AT_WORK, "fewer that wait", 600)
            scene.ask()
        else:
            first = scene.delivery_of(chance.choice(scene.asked))
            scene.hub.send(first.event, first.payload, guid=first.guid if kind == "again" else None)


def _await_end(scene: Scene) -> tuple[float, tuple[str, ...]]:
    try:
        return scene.await_quiet(SECONDS_TO_END), ()
    except NotInTime as error:
        scene.ground.tell(str(error))
        return SECONDS_TO_END, (f"not ended {SECONDS_TO_END:g} s after the last kill: {scene.progress()}",)


def _died(scene: Scene) -> tuple[str, ...]:
    """Why each run that was given up was."""
    told = ("id", "reason", "detail", "failures", "vanished", "postponed", "fence")
    dead = scene.rows(select(*(runs.runs.c[name] for name in told)).where(runs.runs.c.state == RunState.DEAD))
    return tuple(", ".join(f"{name} {value}" for name, value in zip(told, row, strict=True)) for row in dead)


def _attempts(scene: Scene) -> int:
    return int(scene.rows(select(func.coalesce(func.sum(runs.runs.c.fence), 0)))[0][0])
