"""Deliveries kept by one thread with one connection: all that arrive during a commit share the next one."""

import asyncio
import queue
import threading
from dataclasses import dataclass

import structlog

from config.database import Database, WakeUp, wake_after_commit
from handlers.inbox import NewDelivery, store
from runners.queues import GITHUB

MOST_A_COMMIT = 200
MOST_WAITING = 5000
KEEP_SECONDS = 8.0  # GitHub gives up after ten

log = structlog.get_logger()


class NotKept(Exception):
    """The database did not take a delivery: it must not be acknowledged."""


@dataclass(frozen=True)
class _Waiting:
    delivery: NewDelivery
    loop: asyncio.AbstractEventLoop
    kept: "asyncio.Future[bool]"


class Writer:
    """Keeps deliveries durably. `keep` returns after the commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._arrived: queue.Queue[_Waiting | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)
        self._thread.start()

    async def keep(self, delivery: NewDelivery) -> bool:
        """Whether the delivery was new. Raises NotKept."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(delivery, loop, loop.create_future())
        try:
            self._arrived.put_nowait(waiting)
            return await asyncio.wait_for(waiting.kept, KEEP_SECONDS)
        except queue.Full:
            raise NotKept("too many deliveries wait for the database") from None
        except TimeoutError:
            raise NotKept(f"the database took longer than {KEEP_SECONDS:g} s") from None

    def close(self) -> None:
        """Ends the thread, after what it still holds."""
        self._arrived.put(None)
        self._thread.join()

    def _write(self) -> None:
        while (first := self._arrived.get()) is not None:
            batch = [first]
            while len(batch) < MOST_A_COMMIT and not self._arrived.empty():
                another = self._arrived.get()
                if another is None:
                    self._arrived.put(None)
                    break
                batch.append(another)
            self._commit(batch)

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            with self._database.write() as connection:
                new = store(connection, [waiting.delivery for waiting in batch])
                for waiting in batch:
                    if waiting.delivery.guid in new and not waiting.delivery.error:
                        wake_after_commit(connection, WakeUp("delivery", waiting.delivery.guid, GITHUB))
        except Exception as error:  # whatever it is, those who wait must hear, and the next batch must be tried
            log.exception("writer.failed")
            failure = NotKept(f"{type(error).__name__}: {error}"[:300])
            for waiting in batch:
                _tell(waiting, failure)
            return
        for waiting in batch:
            _tell(waiting, waiting.delivery.guid in new)


def _tell(waiting: _Waiting, outcome: bool | NotKept) -> None:
    def settle() -> None:
        if waiting.kept.done():
            return  # the client is gone; the row stands
        if isinstance(outcome, NotKept):
            waiting.kept.set_exception(outcome)
        else:
            waiting.kept.set_result(outcome)

    waiting.loop.call_soon_threadsafe(settle)
