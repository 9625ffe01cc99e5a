"""Deliveries kept by one thread with one connection: all that arrive during a commit share the next one."""

import asyncio
import queue
import threading
import time
from typing import NamedTuple

import structlog

from config.database import Database, WakeUp, wake_after_commit
from handlers.inbox import NewDelivery, store
from runners.queues import DELIVERY, GITHUB

MOST_A_COMMIT = 200
MOST_WAITING = 5000
GATHER_SECONDS = 0.002  # before a commit while several come at once: fewer commits leave more time to take deliveries

log = structlog.get_logger()


class NotKept(Exception):
    """The database did not take a delivery: it must not be acknowledged."""


class _Waiting(NamedTuple):
    delivery: NewDelivery
    kept: "asyncio.Future[bool]"


class Writer:
    """Keeps deliveries durably, for one event loop. `keep` returns after the commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._arrived: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)
        self._thread.start()

    async def keep(self, delivery: NewDelivery) -> bool:
        """Whether the delivery was new. Raises NotKept. How long that may take is the caller's to say."""
        if self._arrived.qsize() >= MOST_WAITING:
            raise NotKept("too many deliveries wait for the database")
        waiting = _Waiting(delivery, asyncio.get_running_loop().create_future())
        self._arrived.put(waiting)
        return await waiting.kept

    def close(self) -> None:
        """Ends the thread, after what it still holds."""
        self._arrived.put(None)
        self._thread.join()

    def _write(self) -> None:
        busy = False
        while (first := self._arrived.get()) is not None:
            if busy:
                time.sleep(GATHER_SECONDS)
            batch = self._with_others(first)
            busy = len(batch) > 1
            self._commit(batch)

    def _with_others(self, first: _Waiting) -> list[_Waiting]:
        """All that wait by now, up to what a commit may hold."""
        batch = [first]
        while len(batch) < MOST_A_COMMIT and not self._arrived.empty():
            another = self._arrived.get()
            if another is None:
                self._arrived.put(None)
                break
            batch.append(another)
        return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            with self._database.write() as connection:
                new = store(connection, [waiting.delivery for waiting in batch])
                for waiting in batch:
                    if waiting.delivery.guid in new:
                        wake_after_commit(connection, WakeUp(DELIVERY, waiting.delivery.guid, GITHUB))
        except Exception as error:  # whatever it is, those who wait must hear, and the next batch must be tried
            log.exception("writer.failed")
            _tell(batch, NotKept(f"{type(error).__name__}: {error}"[:300]))
        else:
            _tell(batch, new)


def _tell(batch: list[_Waiting], outcome: set[str] | NotKept) -> None:
    """Tells all who wait at once, in their own thread."""

    def settle() -> None:
        for delivery, kept in batch:
            if kept.done():
                continue  # the client is gone; the row stands
            if isinstance(outcome, NotKept):
                kept.set_exception(outcome)
            else:
                kept.set_result(delivery.guid in outcome)
        if isinstance(outcome, set):
            # One line a commit: a line a delivery would cost more than the delivery.
            known = {delivery.guid for delivery, _ in batch} - outcome
            log.info("deliveries.kept", new=" ".join(sorted(outcome)), known=" ".join(sorted(known)))

    batch[0].kept.get_loop().call_soon_threadsafe(settle)
