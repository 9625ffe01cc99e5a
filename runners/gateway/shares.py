"""What one run may hold of the gateway at once, and what may be held by whoever has not said which run it is."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from runners.gateway.requests import Refused

MOST_AT_ONCE = 64  # requests of one run: a swarm has fewer, and each holds its body
MOST_LARGE = 4  # large bodies of one run that are read at once
MOST_STRANGERS = 256

TOO_MANY = "This run has {} requests under way; try again when one has been answered."


class Share:
    """One run's. Requests that the budget has no room for now stand in `line`: the first of them looks, for all."""

    def __init__(self) -> None:
        self.requests = 0
        self.large = asyncio.Semaphore(MOST_LARGE)
        self.line = asyncio.Lock()


class Shares:
    """Those of all runs that have requests under way."""

    def __init__(self) -> None:
        self._shares: dict[str, Share] = {}

    @contextmanager
    def of(self, run_id: str) -> Iterator[Share]:
        """The run's, with one more request in it. Raises Refused."""
        share = self._shares.setdefault(run_id, Share())
        if share.requests >= MOST_AT_ONCE:
            raise Refused(429, TOO_MANY.format(MOST_AT_ONCE))
        share.requests += 1
        try:
            yield share
        finally:
            share.requests -= 1
            if not share.requests:
                del self._shares[run_id]


class Strangers:
    """Connections that have not said whose they are. Where there are too many, the one that waits longest is closed.

    An agent speaks at once, so that whoever holds connections in silence closes its own.
    """

    def __init__(self) -> None:
        self._waiting: dict[asyncio.WriteTransport, None] = {}

    def came(self, transport: asyncio.WriteTransport) -> None:
        """One more, or one that has been answered and may ask again."""
        if len(self._waiting) >= MOST_STRANGERS:
            first = next(iter(self._waiting))
            self.left(first)
            first.abort()
        self._waiting[transport] = None

    def left(self, transport: asyncio.WriteTransport) -> None:
        """It has said whose it is, or has gone."""
        self._waiting.pop(transport, None)
