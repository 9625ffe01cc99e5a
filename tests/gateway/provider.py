"""A model's provider that answers as it is told, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


def event(data: Any) -> bytes:
    """One event of a stream."""
    return f"data: {json.dumps(data)}\n\n".encode()


def started(input_tokens: int) -> bytes:
    """How an answer of Anthropic's begins."""
    return event({"type": "message_start", "message": {"usage": {"input_tokens": input_tokens, "output_tokens": 1}}})


def ended(output_tokens: int) -> bytes:
    """… and how it ends."""
    return event({"type": "message_delta", "usage": {"output_tokens": output_tokens}})


@dataclass
class Asked:
    """What the provider heard."""

    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Provider:
    """Answers every request with `chunks`; before the last it waits for `last`, where a test holds that back."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    chunks: list[bytes] = field(default_factory=lambda: [started(1000), ended(100)])
    asked: list[Asked] = field(default_factory=list)
    at_once: int = 0  # requests under way
    most_at_once: int = 0
    holding: bool = False
    breaks: bool = False
    _waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """What is served."""
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["POST"])])

    def go_on(self) -> None:
        """Sends what was held back."""
        self.holding = False
        for loop, event in self._waiting:
            loop.call_soon_threadsafe(event.set)

    async def _answer(self, request: Request) -> Response:
        self.asked.append(Asked(request.url.path, request.url.query, dict(request.headers), await request.body()))
        return StreamingResponse(self._chunks(), self.status, self.headers)

    async def _chunks(self) -> AsyncIterator[bytes]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            for chunk in self.chunks[:-1]:
                yield chunk
            if self.holding:
                held = asyncio.Event()
                self._waiting.append((asyncio.get_running_loop(), held))
                await held.wait()
            if self.breaks:
                raise ConnectionAbortedError
            yield self.chunks[-1]
        finally:
            self.at_once -= 1
