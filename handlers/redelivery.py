"""Which of GitHub's deliveries are to be asked for again: what never reached us, and what a restored database forgot.

GitHub sends once, and keeps a log for three days (GitHub Enterprise Server for seven). No I/O.
https://docs.github.com/en/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-github-app-webhook
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from handlers.events import route_of

STORED = 202  # what intake answers once a delivery is durable; 200 means understood and dropped


@dataclass(frozen=True)
class Attempt:
    """One line of GitHub's log: `status` is what we answered, `at` in seconds since 1970."""

    id: int
    guid: str
    event: str
    action: str | None
    status: int
    at: float


def attempt_of(answer: dict[str, Any], at: float) -> Attempt:
    """An entry of `GET /app/hook/deliveries`."""
    return Attempt(answer["id"], answer["guid"], answer["event"], answer.get("action"), answer["status_code"], at)


@dataclass(frozen=True)
class Lost:
    """A delivery to ask for again: the id of its newest attempt, and when the first one was."""

    guid: str
    delivery_id: int
    first_at: float


def lost(attempts: Iterable[Attempt], known: Collection[str]) -> list[Lost]:
    """What to ask for again: what was never answered with a 2xx, and what was answered as stored but is not there.

    `known` are the GUIDs of our table.
    """
    by_guid: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        if route_of(attempt.event, attempt.action):
            by_guid.setdefault(attempt.guid, []).append(attempt)
    return [
        Lost(guid, max(tries, key=lambda attempt: attempt.at).id, min(attempt.at for attempt in tries))
        for guid, tries in by_guid.items()
        if guid not in known and not any(understood(attempt.status) for attempt in tries)
    ]


def understood(status: int) -> bool:
    """Whether the answer says that there is nothing to keep."""
    return 200 <= status < 300 and status != STORED
