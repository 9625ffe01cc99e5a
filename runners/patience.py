"""A database that is away for a moment, less than a lease lasts, must not cost an attempt's work."""

import threading
from collections.abc import Callable
from typing import TypeVar

import structlog

from config.database import DatabaseError

WAITS = (1.0, 2.0, 4.0, 8.0)  # seconds before the same is tried again

T = TypeVar("T")

log = structlog.get_logger()


def persistently(act: Callable[[], T]) -> T:
    """Does it, again and again while the database is away. What was written and not heard of is written twice."""
    for wait in WAITS:
        try:
            return act()
        except DatabaseError as error:
            log.warning("database.unreachable", error=type(error).__name__, again_in=wait)
            threading.Event().wait(wait)
    return act()
