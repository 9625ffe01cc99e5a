"""What attempts have open here, requests and tunnels: it is cut off soon after the attempt has ended."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager


class Attempts:
    """`at_work` says which of these attempts still are. One question serves all that is open."""

    def __init__(self, at_work: Callable[[Collection[str]], Collection[str]]) -> None:
        self._at_work = at_work
        self._open: dict[str, set[asyncio.Timeout]] = {}

    @contextmanager
    def opened(self, attempt: str, cut: asyncio.Timeout) -> Iterator[None]:
        """While this lasts, the end of the attempt is the end of the time that `cut` gives."""
        self._open.setdefault(attempt, set()).add(cut)
        try:
            yield
        finally:
            others = self._open.get(attempt, set())
            others.discard(cut)
            if not others:
                self._open.pop(attempt, None)

    async def look(self) -> None:
        """Cuts off what has outlived its attempt. Raises DatabaseError; nothing is cut off then."""
        asked = set(self._open)
        if not asked:
            return
        for attempt in asked - set(await asyncio.to_thread(self._at_work, asked)):
            for cut in self._open.pop(attempt, ()):
                cut.reschedule(asyncio.get_running_loop().time())
