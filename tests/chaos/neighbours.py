"""One bad run among many good ones, and workers that are exchanged while agents work: nobody else pays for it."""

import os
import shlex
import signal
import time

from sqlalchemy import func, select

from runners import runs
from tests.chaos.census import count, faults
from tests.chaos.moments import two_of_each
from tests.chaos.rows import Ground, Row, differences
from tests.chaos.scene import Scene, set_scene

IMPLEMENT = "/async-code implement make the test pass"
POISON = "poison.md"
# The agent is the child of a keeper, which is the child of the worker.
KILLS_ITS_WORKER = """
if [ -e {poison} ]; then
  worker=$(cut -d' ' -f4 /proc/$PPID/stat)
  grep -aq worker /proc/$worker/cmdline && kill -9 $worker
  sleep 9
fi
sed -i s/-/+/ app.py
"""
WORKS_A_WHILE = "sleep {seconds}; sed -i s/-/+/ app.py"


def poison(ground: Ground) -> Row:
    """An agent that kills its worker each time; the good ones beside it finish, and it is dead in the end (if full)."""
    good, began = ground.of(10, 100), time.monotonic()
    work = KILLS_ITS_WORKER.format(poison=POISON)
    # Without a sandbox: only from outside of one can an agent reach its worker.
    given = {"DEFAULT_AGENT": "command", "AGENT_COMMAND": shlex.join(["sh", "-c", work]), "SANDBOX": "none"}
    with set_scene(ground, accounts=10, given={**given, "LEASE_SECONDS": "3"}) as scene:
        bad = scene.repositories.pop()
        scene.hub.commit(bad, "main", {POISON: "Drink me.\n"}, "alice")
        scene.ask(IMPLEMENT, bad)
        for _ in range(good):
            scene.ask(IMPLEMENT)
        took = scene.until(lambda: _state(scene, "done") >= good, "the good ones", 900)
        if ground.size == "full":  # its end takes minutes, in which nobody waits for it
            scene.await_quiet(900)
        scene.until(lambda: not scene.progress()["owed"], "everybody was told")
        scene.asked.pop(0)
        counted = {**count(scene), "good": good, "seconds until the good ones were done": round(took)}
    of_the_bad_one = ("tasks", "runs", "status comments", *(["dead"] if ground.size == "full" else []))
    counted = {name: number - (name in of_the_bad_one) for name, number in counted.items()}
    wrong = faults(counted)
    return Row("poison run among good ones", ground.database, counted, wrong, time.monotonic() - began)


def rolling_restart(ground: Ground) -> Row:
    """Workers are told to stop, one after the other, with agents at work: these are given back and begun again."""
    agents, began = ground.of(6, 20), time.monotonic()
    work = WORKS_A_WHILE.format(seconds=ground.of(8, 15))
    given = {
        "DEFAULT_AGENT": "command",
        "AGENT_COMMAND": shlex.join(["sh", "-c", work]),
        "SANDBOX": "none",
        "RUN_SLOTS": str(agents // 2),
        "DRAIN_SECONDS": "1",
    }
    with set_scene(ground, given=given, services=two_of_each) as scene:
        for _ in range(agents):
            scene.ask(IMPLEMENT)
        scene.until(lambda: _state(scene, "running") >= agents, "agents at work")
        for name in ("runs", "control", "web", "runs-2", "control-2"):
            _exchange(scene, name)
        took = scene.await_quiet(240)
        (charged,) = scene.rows(select(func.coalesce(func.sum(runs.runs.c.failures + runs.runs.c.vanished), 0)))
        attempts = scene.rows(select(func.sum(runs.runs.c.fence)))[0][0]
        counted = {**count(scene), "attempts": attempts, "attempts charged": charged[0], "seconds": round(took)}
    wrong = (*faults(counted), *differences(counted, {"attempts charged": 0}))
    return Row("rolling restart with running agents", ground.database, counted, wrong, time.monotonic() - began)


def _exchange(scene: Scene, name: str) -> None:
    """Tells a process to stop, and waits for the next one."""
    before = scene.stack.pid(name)
    assert before
    os.kill(before, signal.SIGTERM)
    scene.until(lambda: scene.stack.pid(name) not in (None, before), f"another {name}")


def _state(scene: Scene, state: str) -> int:
    return int(scene.rows(select(func.count()).where(runs.runs.c.state == state))[0][0])
