"""What is nobody's own and must be looked after: one process at a time does, under a lease in SQL.

So it is right with any number of workers, and with none, one or two beats.
"""

import time
from collections.abc import Callable

from config import leases
from handlers import forgetting, sweeping
from runners.admission import admit_everywhere
from runners.context import Context

LEASE_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 10.0  # after a look at GitHub's deliveries that failed

Work = Callable[[str], None]  # gets its own name


class Upkeep:
    """The share of one process."""

    def __init__(self, context: Context, holder: str) -> None:
        self._context, self._holder = context, holder
        self._may_look_at = 0.0

    def due(self) -> dict[str, Work]:
        """Does what is quick, and gives what takes longer; nothing while another process sees to it."""
        settings = self._context.settings
        with self._context.database.write() as connection:
            if not leases.hold(connection, "timer", self._holder, LEASE_SECONDS):
                return {}
            admit_everywhere(connection, settings.concurrent_runs)
            swept = sweeping.seconds_since(connection)
            asked_for = sweeping.is_due(connection)
            old = forgetting.is_due(connection)
        work: dict[str, Work] = {}
        if asked_for:
            work["ask for lost deliveries"] = lambda _name: sweeping.ask(self._context)
        if swept >= settings.sweep_seconds and time.monotonic() >= self._may_look_at:
            self._may_look_at = time.monotonic() + min(LOOK_AGAIN_SECONDS, settings.sweep_seconds)
            work["look for lost deliveries"] = lambda _name: sweeping.look(self._context)
        if old:
            work["forget what is old"] = lambda _name: forgetting.forget_old(self._context)
        return work
