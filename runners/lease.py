"""Holding a run while working on it: a thread renews the lease and hears of a cancel, whatever the work waits for."""

import threading
import time
from collections.abc import Callable
from types import TracebackType

import structlog

from config.database import DatabaseError
from runners import claims, outbox
from runners.agents.adapter import Killed
from runners.claims import Claim, LeaseLost
from runners.context import Context

POLL_SECONDS = 2.0
RENEWALS_A_LEASE = 4
FIRST_EDIT = 10.0  # seconds into the work; then every half minute, later every minute
# Nothing is written to GitHub with less of the lease left than a request may take, and some more.
NEEDED_FOR_A_WRITE = 20.0

log = structlog.get_logger()


class Cancelled(Exception):
    """Somebody asked for the run to be stopped; the message names who."""


class Drained(Exception):
    """This worker was told to stop: the run goes back to the queue, counted as nothing."""


class Lease:
    """One attempt's hold on its run. Enter it to start the keeper."""

    def __init__(self, context: Context, claim: Claim, task_id: str) -> None:
        self.claim = claim
        self._context, self._task_id = context, task_id
        self._ended = threading.Event()
        self._stopped: Exception | None = None
        self._on_stop: Callable[[Killed], None] = lambda why: None
        self._next_edit = FIRST_EDIT
        self._thread = threading.Thread(target=self._keep, name=f"lease {claim.run_id}", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def on_stop(self, stop: Callable[[Killed], None]) -> None:
        """Calls `stop(why)` as soon as the run must end; at once if it must already."""
        self._on_stop = stop
        if self._stopped:
            stop(_why(self._stopped))

    def check(self) -> None:
        """Raises LeaseLost, Cancelled or Drained if the work must stop here."""
        if self._stopped:
            raise self._stopped

    def for_write(self) -> None:
        """Makes sure that the lease outlasts one write to GitHub, which can't see our fence. Raises as `check`."""
        self.check()
        with self._context.database.write() as connection:
            claims.renew(connection, self.claim)
            by = claims.cancelled_by(connection, self.claim)
            if by is not None:
                raise Cancelled(by)
            if claims.seconds_left(connection, self.claim) < min(NEEDED_FOR_A_WRITE, self.claim.lease_seconds * 0.8):
                raise LeaseLost(self.claim.run_id)

    def drain(self) -> None:
        """Gives the run back to the queue soon."""
        self._stop(Drained())

    def _keep(self) -> None:
        began = renewed = time.monotonic()
        pause = min(POLL_SECONDS, self.claim.lease_seconds / RENEWALS_A_LEASE)
        while not self._ended.wait(pause):
            try:
                if time.monotonic() - renewed >= self.claim.lease_seconds / RENEWALS_A_LEASE:
                    self._renew()
                    renewed = time.monotonic()
                self._look(time.monotonic() - began)
            except LeaseLost as lost:
                self._stop(lost)
                return
            except DatabaseError as error:
                # The lease may lapse meanwhile; the next write finds out by its fence.
                log.warning("lease.database_unreachable", run=self.claim.run_id, error=type(error).__name__)

    def _renew(self) -> None:
        with self._context.database.write() as connection:
            claims.renew(connection, self.claim)

    def _look(self, elapsed: float) -> None:
        with self._context.database.read() as connection:
            by = claims.cancelled_by(connection, self.claim)
        if by is not None:
            self._stop(Cancelled(by))
        if elapsed >= self._next_edit:
            self._next_edit += 30 if elapsed < 60 else 60
            with self._context.database.write() as connection:
                outbox.want(connection, "status", self._task_id)

    def _stop(self, why: Exception) -> None:
        if self._stopped is None:
            self._stopped = why
            self._on_stop(_why(why))


def _why(stopped: Exception) -> Killed:
    return "cancelled" if isinstance(stopped, Cancelled) else "lost"
