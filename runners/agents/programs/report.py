"""What a program says to the host: one JSON object a line on standard output."""

import json
import sys
from typing import Any, Literal


def say(text: str) -> None:
    """A line of progress for people."""
    emit("text", text=text)


def emit(event: str, **data: Any) -> None:
    """One event. Flushed at once: the host counts silence as idling."""
    sys.stdout.write(json.dumps({"event": event, **data}) + "\n")
    sys.stdout.flush()


def done(status: Literal["succeeded", "failed"], reason: str, summary: str) -> None:
    """The last line of every program."""
    emit("done", status=status, reason=reason, summary=summary)


def refused(error: Exception) -> None:
    """A model's API did not answer: with which status, if it said one."""
    status = getattr(error, "status_code", None)
    emit("refused", status=status if isinstance(status, int) else 0, text=str(error))
