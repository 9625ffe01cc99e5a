"""GitHub's real limits on what one installation creates, under far more commands than they let through at once."""

import time

from bot.local_github.creations import GITHUBS_OWN
from tests.chaos.census import count, faults
from tests.chaos.rows import Ground, Row, beyond
from tests.chaos.scene import set_scene

NAME = "GitHub's limits on one installation"
REAL = {"GITHUB_WRITE_PAUSE_SECONDS": "1", "GITHUB_WRITES_PER_MINUTE": "80", "GITHUB_WRITES_PER_HOUR": "500"}
# The short form meets the limit of the minute with fewer commands.
SHORT = {"GITHUB_WRITE_PAUSE_SECONDS": "0.1", "GITHUB_WRITES_PER_MINUTE": "24", "GITHUB_WRITES_PER_HOUR": "200"}
SECONDS = 5 * 3600.0


def measure(ground: Ground) -> Row:
    """Many commands at once on one installation; GitHub counts, and refuses what is too much."""
    total, began = ground.of(7, 300), time.monotonic()
    given, most = (REAL, GITHUBS_OWN) if ground.size == "full" else (SHORT, (24, 200))
    with set_scene(ground, accounts=1, given={**given, "RUNS_PER_ISSUE": "100000"}, creations=most) as scene:
        for _ in range(total):
            scene.ask()
        took = scene.await_quiet(SECONDS if ground.size == "full" else 240)
        minute, hour = scene.hub.creations.worst
        counted = {
            **count(scene),
            "worst minute": minute,
            "worst hour": hour,
            "refused": scene.hub.creations.refused,
            "minutes": round(took / 60),
        }
    over = beyond(counted, {"worst minute": most[0], "worst hour": most[1], "refused": 0})
    return Row(NAME, ground.database, counted, (*faults(counted), *over), time.monotonic() - began)
