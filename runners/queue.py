"""Wake-ups over Celery: hints that work is waiting in SQL. Losing one costs a few seconds, never the work."""

import queue
import threading
import time
from collections.abc import Sequence

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from config.broker import broker_urls
from config.database import WakeUp
from config.settings import Settings
from runners.queues import DELIVERY, POOLS

MOST_WAITING = 10_000
MOMENT_SECONDS = 0.05  # between two rounds of sending
LONGEST_MOMENT = 0.5
SHARE = 0.05  # of the time is for sending, up to the longest moment: one message costs as much as ten deliveries
MOST_MESSAGES = 4  # that the deliveries of one round are dealt out to
SILENT_SECONDS = 5.0  # after a broker failed, wake-ups are not even tried for so long

log = structlog.get_logger()


def celery_app(settings: Settings) -> Celery:
    """The Celery application of this deployment: early acknowledgement, no results, nothing that SQL does better."""
    app = Celery("async-code", broker=broker_urls(settings).celery, backend=None)
    app.conf.update(
        task_acks_late=False,
        task_ignore_result=True,
        task_publish_retry=False,
        task_default_queue=POOLS["control"][0],
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_soft_shutdown_timeout=25,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_acquire_timeout=2,
        broker_transport_options={
            "socket_timeout": 5,
            "socket_connect_timeout": 3,
            "socket_keepalive": not broker_urls(settings).celery.startswith("redis+socket"),
            "retry_on_timeout": True,
            "health_check_interval": 10,
            "max_retries": 0,  # to publish; a worker that consumes tries for ever
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
        },
        accept_content=["json"],
        task_serializer="json",
        timezone="UTC",
    )
    return app


class Sender:
    """Sends wake-ups by name, from a thread of its own: whoever commits must not wait for a broker that is away.

    One is sent at once. What comes within the next moment goes together, and deliveries share messages then: to
    publish a message costs more than to accept a delivery.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._waiting: queue.SimpleQueue[WakeUp | None] = queue.SimpleQueue()
        self._silent_until = 0.0
        self._reached_since: float | None = None
        self._thread = threading.Thread(target=self._send_until_closed, name="wake-ups", daemon=True)
        self._thread.start()

    def send(self, wake_ups: list[WakeUp]) -> None:
        """Sends them soon, or never where the broker is away: work is found in SQL meanwhile."""
        for wake_up in wake_ups[: max(0, MOST_WAITING - self._waiting.qsize())]:
            self._waiting.put(wake_up)

    def reached_since(self) -> float | None:
        """Since when (monotonic) every wake-up could be sent; None where the last one could not."""
        return self._reached_since

    def close(self) -> None:
        """Ends the thread, after what it still holds."""
        self._waiting.put(None)
        self._thread.join()

    def _send_until_closed(self) -> None:
        closed = False
        while not closed:
            arrived, began = [self._waiting.get()], time.monotonic()
            while not self._waiting.empty():
                arrived.append(self._waiting.get())
            for message in together([wake_up for wake_up in arrived if wake_up]):
                if time.monotonic() >= self._silent_until:
                    self._send(message)
            closed = None in arrived
            if not closed:
                time.sleep(min(max(MOMENT_SECONDS, (time.monotonic() - began) / SHARE), LONGEST_MOMENT))

    def _send(self, message: list[WakeUp]) -> None:
        first, subjects = message[0], [wake_up.subject for wake_up in message]
        try:
            self._app.send_task(first.name, args=subjects, queue=first.queue, ignore_result=True)
            self._reached_since = self._reached_since or time.monotonic()
        except (OperationalError, OSError) as error:
            self._reached_since = None
            self._silent_until = time.monotonic() + SILENT_SECONDS
            log.warning("broker.unreachable", error=str(error))


def together(wake_ups: Sequence[WakeUp]) -> list[list[WakeUp]]:
    """Which wake-ups share a message: deliveries, dealt out to a few, so that several slots decide them."""
    deliveries = [wake_up for wake_up in wake_ups if wake_up.name == DELIVERY]
    others = [[wake_up] for wake_up in wake_ups if wake_up.name != DELIVERY]
    return others + [deliveries[start::MOST_MESSAGES] for start in range(min(MOST_MESSAGES, len(deliveries)))]
