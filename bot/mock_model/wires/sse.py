"""Server-sent events."""

import json
from typing import Any


def event(data: Any, name: str = "") -> str:
    """One event, with its name where the protocol has names."""
    text = data if isinstance(data, str) else json.dumps(data)
    return f"event: {name}\ndata: {text}\n\n" if name else f"data: {text}\n\n"
