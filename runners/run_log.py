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
        self._written = self._left_out = 0
        self._flushed = time.monotonic()

    def add(self, events: list[AgentEvent]) -> None:
        """Keeps the events, and writes what is kept if it is time. Raises LeaseLost."""
        for event in events:
            self._keep(event)
        if self._pending and time.monotonic() - self._flushed > FLUSH_SECONDS:
            self._flush()

    def close(self) -> None:
        """Writes the rest. Raises LeaseLost."""
        if self._left_out:
            said = f"… {self._left_out:,} more were left out"
            self._pending.append(AgentEvent("text", {"text": said}))
        if self._pending:
            self._flush()

    def _keep(self, event: AgentEvent) -> None:
        if event.kind in ("text", "raw") and not str(event.data.get("text", event.data.get("line", ""))).strip():
            return
        if self._joins(event):
            last = self._pending[-1].data["text"]
            self._pending[-1] = AgentEvent("text", {"text": f"{last}\n{event.data['text']}"})
        elif self._written + len(self._pending) < MOST_EVENTS:
            self._pending.append(event)
        else:
            self._left_out += 1

    def _joins(self, event: AgentEvent) -> bool:
        last = self._pending[-1] if self._pending else None
        if last is None or last.kind != "text" or event.kind != "text":
            return False
        return len(str(last.data["text"])) + len(str(event.data["text"])) < LONGEST_TEXT

    def _flush(self) -> None:
        """A database that is away for a moment must not cost the agent's work: the next lines try again."""
        self._flushed = time.monotonic()
        try:
            self._attempt.tell(self._pending)
        except DatabaseError as error:
            log.warning("run.log_not_written", error=type(error).__name__)
            return
        self._written += len(self._pending)
        self._pending = []
