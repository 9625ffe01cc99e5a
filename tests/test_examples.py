"""GitHub's own examples of webhooks, those of GitHub Enterprise Server too, pass intake and deciding."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from handlers.events import route_of
from tests.requirements import EXAMPLES
from tests.test_intake import body_of, rows, signed
from tests.world import World

pytestmark = pytest.mark.needs("webhooks-examples")
FEWEST = 300  # or they were not found


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each event with an example of it, as an App gets it: in a repository's own webhook no installation stands."""
    for file in sorted(EXAMPLES.glob("*/index.json")):
        for event in json.loads(file.read_text(encoding="utf-8")):
            for payload in event["examples"]:
                yield event["name"], {"installation": {"id": 2}, **payload}


def test_all_are_understood_or_dropped(world: World) -> None:
    found = {body_of(payload): (event, payload.get("action")) for event, payload in examples()}
    assert len(found) > FEWEST
    kept = set()
    with httpx.Client(base_url=world.url, trust_env=False) as github:
        for number, (body, (event, action)) in enumerate(found.items()):
            about = {"x_github_event": event, "x_github_delivery": f"example-{number}"}
            answer = github.post(
                "/github/webhooks", content=body, headers=signed(body, world.hub.webhook_secret, **about)
            )
            assert answer.status_code in (200, 202), (event, action, answer.text)
            if answer.status_code == 202:
                kept.add((event, action))
    assert {("check_run", "rerequested"), ("installation", "created"), ("pull_request", "closed")} <= kept
    assert all(route_of(*one) for one in kept)
    world.decide()
    assert {(row.state, row.error) for row in rows(world)} == {("done", None)}
