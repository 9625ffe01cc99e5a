"""Keeping several processes alive together, in an order, and ending them in the reverse order without leaving one."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bot.embedded import StackError
from bot.embedded.keeper import Keeper, Place, Service, Tell
from bot.embedded.lifeline import Lifeline
from bot.embedded.logs import Echo, opened, tail
from bot.embedded.processes import end_noted, record_of

DEATHS_TO_DESPAIR = 3
SECONDS_FOR_LEFTOVERS = 10.0


class Supervisor:
    """Services kept alive under one data directory. One thread starts and stops it; another may `hurry`."""

    def __init__(self, data_dir: Path, on_event: Tell) -> None:
        self.logs = data_dir.absolute() / "logs"
        self._data_dir = data_dir
        self._on_event = on_event
        self._keepers: dict[str, Keeper] = {}
        self._beginnings: dict[Path, int] = {}
        self._lifeline: Lifeline | None = None
        self._hurried = threading.Event()

    def end_left_over(self, seconds: float = SECONDS_FOR_LEFTOVERS) -> None:
        """Ends what a killed supervisor left in this data directory."""
        for record in sorted(record_of(self._data_dir, "any").parent.glob("*.pid")):
            end_noted(record, seconds)

    def start(self, services: Sequence[Service]) -> None:
        """Starts these, after those that were started before. Returns at once."""
        self._lifeline = lifeline = self._lifeline or Lifeline()
        for service in services:
            log = self.log_of(service.name)
            self._beginnings[log] = opened(log)
            place = Place(log, record_of(self._data_dir, service.name), (lifeline.read_end,))
            held = replace(service, env={**service.env, **lifeline.environment()})
            keeper = self._keepers[service.name] = Keeper(held, place, self._on_event)
            keeper.start()

    def await_ready(self, seconds: float) -> None:
        """Waits until all are ready. Raises StackError with the last lines of the one that is not."""
        deadline = time.monotonic() + seconds
        for keeper in self._keepers.values():
            while not keeper.ready.wait(min(0.1, max(0, deadline - time.monotonic()))):
                if keeper.deaths_before_ready >= DEATHS_TO_DESPAIR:
                    raise StackError(_complaint(keeper, "ends as soon as it starts"))
                if time.monotonic() >= deadline:
                    raise StackError(_complaint(keeper, f"was not ready within {seconds:g} seconds"))

    def stop(self) -> None:
        """Stops all in the reverse order, each within its own time."""
        for keeper in reversed(self._keepers.values()):
            keeper.stop(0 if self._hurried.is_set() else keeper.service.stop_seconds)
        self._keepers.clear()
        if self._lifeline:
            self._lifeline.let_go()
        self._lifeline = None
        self._hurried.clear()

    def hurry(self) -> None:
        """Makes a stop that is under way, or comes, kill instead of wait."""
        self._hurried.set()
        for keeper in list(self._keepers.values()):
            keeper.kill()

    def echo(self, say: Callable[[str], None]) -> Echo:
        """Repeats what was said since the start, and what is said while the echo is open."""
        return Echo(self._beginnings, say)

    def pid(self, name: str) -> int | None:
        """The process of a service; None while it is between two lives. Raises KeyError for an unknown name."""
        return self._keepers[name].pid

    def log_of(self, name: str) -> Path:
        """The file that a service's output is appended to."""
        return self.logs / f"{name}.log"


def _complaint(keeper: Keeper, what: str) -> str:
    last = tail(keeper.place.log)
    return f"{keeper.service.name} {what}. Its log, {keeper.place.log}, ends:\n{last or '(empty)'}"
