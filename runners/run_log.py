"""A run's log as it grows: written a few times a second at most, and bounded, whatever an agent prints."""

import time

import structlog

from config.database import DatabaseError
from runners.agents.adapter import AgentEvent
from runners.attempt import Attempt

FLUSH_SECONDS = 1.0
MOST_EVENTS = 1000
LONGEST_TEXT = 16_000  # of one event

log = structlog.get_logger()


class RunLog:
    """Gathers an agent's events and writes them in order; texts that follow each other become one event."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._pending: list[AgentEvent] = []
        self._texts: list[str] = []  # of the text event that still grows
        self._length = 0
        self._written = self._left_out = 0
        self._flushed = time.monotonic()

    def add(self, events: list[AgentEvent]) -> None:
        """Keeps the events, and writes what is kept if it is time. Raises LeaseLost."""
        for event in events:
            if self._written + len(self._pending) >= MOST_EVENTS:
                self._left_out += 1
            elif event.kind == "text":
                self._grow(str(event.data["text"]))
            else:
                self._close_text()
                self._pending.append(event)
        if (self._pending or self._texts) and time.monotonic() - self._flushed > FLUSH_SECONDS:
            self._flush()

    def close(self) -> None:
        """Writes the rest. Raises LeaseLost."""
        if self._left_out:
            self._grow(f"… {self._left_out:,} more were left out")
        self._flush()

    def _grow(self, text: str) -> None:
        if self._length + len(text) > LONGEST_TEXT:
            self._close_text()
        self._texts.append(text)
        self._length += len(text) + 1

    def _close_text(self) -> None:
        if self._texts:
            self._pending.append(AgentEvent("text", {"text": "\n".join(self._texts)}))
        self._texts, self._length = [], 0

    def _flush(self) -> None:
        """A database that is away for a moment must not cost the agent's work: the next lines try again."""
        self._close_text()
        self._flushed = time.monotonic()
        try:
            self._attempt.tell(self._pending)
        except DatabaseError as error:
            log.warning("run.log_not_written", error=type(error).__name__)
            return
        self._written += len(self._pending)
        self._pending = []
