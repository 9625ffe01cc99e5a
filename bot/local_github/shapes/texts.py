"""Small parts that every shape uses: dates and node ids."""

import base64
from datetime import datetime


def date(moment: datetime | None) -> str | None:
    """GitHub's way to write a date: `2026-01-31T12:00:00Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def node_id(kind: str, number: int) -> str:
    """A GraphQL id; opaque to clients."""
    return base64.b64encode(f"{len(kind):03}:{kind}{number}".encode()).decode()
