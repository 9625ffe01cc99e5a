"""Deliveries that fail while the web process is away, and deliveries that nobody wants."""

import json
import time
from collections.abc import Sequence

from sqlalchemy import func, select

from handlers import inbox
from tests.chaos.census import count, faults
from tests.chaos.rows import Ground, Row, beyond, differences
from tests.chaos.scene import Scene, set_scene

SECONDS_TO_RECOVER = 600.0
SECONDS_TO_SEND = 600.0
# Of what the App is sent all day: other people's talk without a command in it ...
TALK = (("issues", "opened"), ("issue_comment", "created"), ("issue_comment", "edited"))
# ... and what is not wanted whatever it says, which GitHub's list of failed deliveries tells too.
NEVER = (
    ("issues", "assigned"),
    ("issues", "pinned"),
    ("pull_request", "synchronize"),
    ("push", None),
    ("star", "created"),
    ("no_such_event", "happened"),
)


def web_down(ground: Ground) -> Row:
    """Deliveries fail at GitHub while the web process is down; the sweeper asks for them, two a second."""
    total, began = ground.of(20, 500), time.monotonic()
    with set_scene(ground, accounts=20) as scene:
        address = scene.hub.site.postman.address
        scene.hub.deliver_to(None)
        for _ in range(total):
            scene.ask()
        scene.until(lambda: scene.hub.settle(0), "attempts that fail")
        failed = len({one.guid for one in scene.hub.deliveries if not one.ok and one.event == "issue_comment"})
        scene.hub.deliver_to(address)
        back = time.monotonic()
        scene.until(lambda: count_kept(scene) >= total, "all deliveries", SECONDS_TO_RECOVER)
        recovered = time.monotonic() - back
        scene.await_quiet(SECONDS_TO_RECOVER)
        counted = {"failed at GitHub": failed, **count(scene), "seconds until recovered": round(recovered)}
    late = beyond(counted, {"seconds until recovered": SECONDS_TO_RECOVER})
    wrong = (*differences(counted, {"failed at GitHub": total}), *faults(counted), *late)
    return Row("web down while deliveries fail", ground.database, counted, wrong, time.monotonic() - began)


def unwanted(ground: Ground) -> Row:
    """Thousands of events that nothing wants, a third of them while the web process is away."""
    total, began = ground.of(1_000, 10_000), time.monotonic()
    with set_scene(ground, accounts=1) as scene:
        scene.ask()
        scene.await_quiet()
        stored, known = _stored(scene), len(scene.hub.deliveries)
        address = scene.hub.site.postman.address
        payload = scene.delivery_of(scene.asked[0]).payload
        for number in range(total):
            if number in (total // 3, 2 * total // 3):
                scene.until(lambda: scene.hub.settle(0), "attempts", SECONDS_TO_SEND)
                scene.hub.deliver_to(None if number == total // 3 else address)
            away = scene.hub.site.postman.address is None
            _send(scene, payload, NEVER if away else (*NEVER, *TALK), number)
        scene.until(lambda: scene.hub.settle(0), "attempts", SECONDS_TO_SEND)
        time.sleep(3 * scene.stack.settings.sweep_seconds)  # the sweeper has looked at them
        sent = scene.hub.deliveries[known:]
        counted = {
            "unwanted": total,
            "answered": sum(one.ok for one in sent),
            "failed at GitHub": sum(not one.ok for one in sent),
            "stored": _stored(scene) - stored,
            "redelivered": sum(one.redelivery for one in sent),
        }
    wanted = {"stored": 0, "redelivered": 0, "answered": total - (2 * total // 3 - total // 3)}
    return Row("unwanted events", ground.database, counted, differences(counted, wanted), time.monotonic() - began)


def _send(scene: Scene, payload: dict[str, object], kinds: Sequence[tuple[str, str | None]], number: int) -> None:
    event, action = kinds[number % len(kinds)]
    talk = json.loads(json.dumps(payload).replace("/async-code", "please"))  # nothing in it is a command
    scene.hub.send(event, {**talk, **({"action": action} if action else {})})


def count_kept(scene: Scene) -> int:
    """Deliveries of comments that the bot has."""
    comments = select(func.count()).where(inbox.deliveries.c.event == "issue_comment")
    return int(scene.rows(comments)[0][0])


def _stored(scene: Scene) -> int:
    return int(scene.rows(select(func.count()).select_from(inbox.deliveries))[0][0])
