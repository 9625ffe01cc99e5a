"""Hosts that were refused, kept in SQL: what is news at once, how often it was asked for again in sums.

An agent may ask a thousand times a second; the database is not to hear of each.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

from runners.refused_hosts import MOST_HOSTS, OTHERS

Asked = tuple[str, str]  # the run, and the host with its port
Write = Callable[[Mapping[Asked, int]], None]

MOST_RUNS = 1000  # that are remembered; forgetting one costs a few writes more


class Refused:
    """What was refused since the last write. Of one event loop. `write` adds counts in SQL."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._owed: Counter[Asked] = Counter()
        self._known: dict[str, set[str]] = {}

    async def add(self, run_id: str, host: str) -> bool:
        """One more request for the host; whether it is news. Raises DatabaseError where news can't be kept."""
        known = self._known.setdefault(run_id, set())
        many = host not in known and len(known) >= MOST_HOSTS
        self._owed[run_id, OTHERS if many else host] += 1
        if host in known or many:
            return False
        known.add(host)
        await self.flush()
        if len(self._known) > MOST_RUNS:
            self._known.clear()
        return True

    async def flush(self) -> None:
        """Writes what is owed. Raises DatabaseError, and owes it still."""
        owed, self._owed = self._owed, Counter()
        try:
            if owed:
                await asyncio.to_thread(self._write, owed)
        except BaseException:
            self._owed.update(owed)
            raise
