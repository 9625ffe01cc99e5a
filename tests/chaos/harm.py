"""Accidents that happen again and again while others work: `kill -9` of a random process, an emptied broker."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from types import TracebackType

import redis

from bot.embedded import StackError
from bot.embedded.stack import Stack
from config.broker import broker_urls

PROCESSES = ("web", "control", "runs", "beat", "broker")
KILL_SECONDS = 2.0
FLUSH_SECONDS = 15.0


class Harm:
    """A thread that harms a stack while entered, for so many seconds at most. `done` counts what it did, by process."""

    def __init__(self, stack: Stack, seed: int, seconds: float, processes: Sequence[str] = PROCESSES) -> None:
        self.done: Counter[str] = Counter()
        self.last = time.monotonic()
        self._stack, self._seconds, self._processes = stack, seconds, processes
        self._chance = Random(seed)  # noqa: S311  # repeatable, and no secret
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="harm", daemon=True)

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return self.done.total() - self.done["flush"]

    def __enter__(self) -> "Harm":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it. Safe to repeat."""
        self._ended.set()
        self._thread.join()

    def _go_on(self) -> None:
        began = flushed = time.monotonic()
        while not self._ended.wait(KILL_SECONDS) and time.monotonic() - began < self._seconds:
            self._kill(self._chance.choice(self._processes))
            if time.monotonic() - flushed >= FLUSH_SECONDS and self._flush():
                flushed = time.monotonic()

    def _kill(self, name: str) -> None:
        with suppress(StackError, ProcessLookupError):  # it is between two lives
            self._stack.kill(name)
            self.done[name] += 1
            self.last = time.monotonic()

    def _flush(self) -> bool:
        """Whether there was a broker to empty."""
        try:
            with redis.Redis.from_url(broker_urls(self._stack.settings).redis) as broker:
                broker.flushall()
        except redis.RedisError:
            return False
        self.done["flush"] += 1
        return True
