"""Whether wake-ups still reach this worker: a broker's client can be connected and deaf, and nothing else would tell.

A canary is a wake-up that only notes that it came. Where none came to a queue for a while, though the broker takes
them, a worker of that queue that heard nothing else either ends itself, and whoever keeps it starts it anew. A deaf one
beside one that hears is not found out: it does its share by the timer loop alone.
https://github.com/celery/celery/discussions/8030
"""

import time
from collections.abc import Callable, Sequence

from config import marks
from config.database import Connection, WakeUp, now, wake_after_commit

NAME = "canary"
TRIES = 4  # that may be unheard


class Canary:
    """The canaries of one worker. `reached_since` says since when (`clock`) every wake-up could be sent, or None."""

    def __init__(
        self,
        queues: Sequence[str],
        seconds: float,
        reached_since: Callable[[], float | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queues, self._seconds, self._reached_since, self._clock = queues, seconds, reached_since, clock
        self._able_since = clock()

    def send(self, connection: Connection) -> None:
        """Sends one to each queue, unless any worker did so lately."""
        at = now(connection)
        for queue in self._queues:
            if at - (marks.get(connection, asked(queue)) or 0.0) >= self._seconds:
                marks.put(connection, asked(queue), at)
                wake_after_commit(connection, WakeUp(NAME, queue, queue))

    def busy(self) -> None:
        """The worker heard something, or has no hands free: until now its silence proves nothing."""
        self._able_since = self._clock()

    def is_deaf(self, connection: Connection) -> bool:
        """Whether nothing came to some queue for so long that something would have."""
        reached = self._reached_since()
        if reached is None:
            return False
        listening = self._clock() - max(reached, self._able_since)
        at = now(connection)
        silence = (at - (marks.get(connection, heard(queue)) or 0.0) for queue in self._queues)
        return min(max(silence), listening) > TRIES * self._seconds


def hear(connection: Connection, queue: str) -> None:
    """A canary came."""
    marks.put(connection, heard(queue), now(connection))


def asked(queue: str) -> str:
    """The mark of the last canary that was sent there."""
    return f"canary sent to {queue}"


def heard(queue: str) -> str:
    """The mark of the last canary that came there."""
    return f"canary heard in {queue}"
