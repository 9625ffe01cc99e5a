"""What the bot leans on is away for a while: Redis from the start, Redis half-open, Postgres restarted under load."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.embedded.broker import from_wheel, server_binary
from bot.embedded.keeper import Service
from bot.embedded.supervisor import Supervisor
from tests.chaos.census import count, faults
from tests.chaos.pipes import HalfOpenPipe
from tests.chaos.rows import Ground, Row, beyond
from tests.chaos.scene import Scene, set_scene
from tests.postgres import Server, fresh_postgres

SECONDS_TO_RECOVER = 120.0
SECONDS_AWAY = (6, 60)
LOAD_SECONDS = (30, 120)
SECONDS_BETWEEN, SECONDS_STOPPED = 8.0, 5.0
ANSWERS = (200, 202, 503)  # GitHub's own words for no answer at all are 502 and 504
WAKE_UPS = ("wake_up=delivery", "wake_up=run", "wake_up=duty")


def without_redis(ground: Ground) -> Row:
    """There is no Redis, and never was."""
    given = {"REDIS_URL": f"unix://{ground.directory / 'nowhere.sock'}"}
    began = time.monotonic()
    with set_scene(ground, given=given) as scene:
        for _ in range(ground.of(20, 200)):
            scene.ask()
        took = scene.await_quiet(ground.of(120, 1200))
        return _row("Redis absent from the start", ground, scene, began, {"seconds until the end": round(took)})


def redis_half_open(ground: Ground) -> Row:
    """Redis vanishes without a word, and comes back at the same address for new lines alone."""
    began = time.monotonic()
    with _redis_behind_a_pipe(ground) as pipe, set_scene(ground, given={"REDIS_URL": _url(pipe)}) as scene:
        scene.ask()
        scene.await_quiet()
        pipe.block()
        _load(scene, ground.of(*SECONDS_AWAY))
        while_away = scene.await_quiet(SECONDS_TO_RECOVER)
        pipe.heal()
        recovered = _until_heard(scene)
        measured = {
            "seconds until the end while away": round(while_away),
            "seconds until heard again": round(recovered),
        }
        return _row("Redis half-open", ground, scene, began, measured, recovered)


def postgres_restarted(ground: Ground) -> Row:
    """Postgres dies under load, is away for a while, and comes back."""
    place, began = tempfile.TemporaryDirectory(prefix="async-code-chaos-"), time.monotonic()
    server = Server(Path(place.name) / "postgres")  # another user must be able to pass through
    server.start()
    try:
        here = Ground(ground.directory, ground.size, fresh_postgres(server.url), ground.tell)
        with set_scene(here) as scene:
            loading = threading.Thread(target=_load, args=(scene, ground.of(*LOAD_SECONDS)), daemon=True)
            loading.start()
            recovered = max(_restart(scene, server) for _ in range(ground.of(1, 5)))
            loading.join()
            measured = {"seconds until the end": round(scene.await_quiet(SECONDS_TO_RECOVER))}
            return _row("Postgres restarted under load", here, scene, began, measured, recovered)
    finally:
        server.stop()
        place.cleanup()


def _restart(scene: Scene, server: Server) -> float:
    """Lets it die under load and come back; seconds from then until a delivery is kept again."""
    threading.Event().wait(SECONDS_BETWEEN)
    server.stop()
    threading.Event().wait(SECONDS_STOPPED)
    server.start()
    known = len(scene.hub.deliveries)
    return scene.until(lambda: any(one.status_code == 202 for one in scene.hub.deliveries[known:]), "a delivery kept")


def _row(
    name: str, ground: Ground, scene: Scene, began: float, measured: dict[str, int], recovered: float = 0.0
) -> Row:
    statuses = [one.status_code for one in scene.hub.deliveries]
    others = [one for one in scene.hub.deliveries if one.status_code not in ANSWERS]
    for one in others:
        ground.tell(f"answered {one.status_code} ({one.status}) after {one.duration} s: {one.response}")
    counted = {
        "deliveries": len(statuses),
        "answered 503": statuses.count(503),
        "other answers": len(others),
        **count(scene),
        **measured,
        "recovered": round(recovered),
    }
    late = beyond(counted, {"recovered": SECONDS_TO_RECOVER, "other answers": 0})
    return Row(name, ground.database, counted, (*faults(counted), *late), time.monotonic() - began)


def _load(scene: Scene, seconds: float) -> None:
    """One command a second."""
    for _ in range(round(seconds)):
        scene.ask()
        threading.Event().wait(1)


def _until_heard(scene: Scene) -> float:
    """Seconds until wake-ups of every kind reach the workers again."""
    before = {name: scene.logged(name) for name in WAKE_UPS}
    asked = time.monotonic()

    def heard() -> bool:
        if scene.is_quiet():
            scene.ask()
        return all(scene.logged(name) > number for name, number in before.items())

    scene.until(heard, "wake-ups of every kind", SECONDS_TO_RECOVER)
    took = time.monotonic() - asked
    scene.await_quiet()
    return took


@contextmanager
def _redis_behind_a_pipe(ground: Ground) -> Iterator[HalfOpenPipe]:
    socket = ground.directory / "redis.sock"
    argv = (str(server_binary(from_wheel())), "--port", "0", "--unixsocket", str(socket), "--save", "")
    supervisor = Supervisor(ground.directory / "redis", lambda name, state: None)
    supervisor.logs.mkdir(parents=True)
    supervisor.start([Service("redis", argv, ready=socket.exists)])
    try:
        supervisor.await_ready(20)
        with HalfOpenPipe(socket) as pipe:
            yield pipe
    finally:
        supervisor.stop()


def _url(pipe: HalfOpenPipe) -> str:
    return f"redis://127.0.0.1:{pipe.port}/0"
