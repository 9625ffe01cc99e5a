"""One client's connection to the web process, bounded where uvicorn is not: in a request's head.

An answer's head and body leave in one call of the system: such a call costs as much as to read most deliveries.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
# Longer than who asks again on the same line: whoever hangs up first cuts off a request that is just being sent, and
# a proxy makes a 502 of it. nginx and AWS keep an idle line for 60 s, Traefik 90 s, Caddy 120 s.
IDLE_SECONDS = 150
MOST_HEAD_BYTES = 64 * 1024
MOST_KEPT_BYTES = 64 * 1024  # of an answer, until the loop's next step


class Joined:
    """A transport that sends at once what is written in one step of the loop."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._kept: list[bytes] = []
        self._bytes = 0

    def write(self, data: bytes) -> None:
        """Keeps the data until the loop's next step, or until it is much."""
        if not self._kept:
            self._loop.call_soon(self.flush)
        self._kept.append(data)
        self._bytes += len(data)
        if self._bytes > MOST_KEPT_BYTES:
            self.flush()

    def flush(self) -> None:
        """Sends what is kept."""
        kept, self._kept, self._bytes = self._kept, [], 0
        if kept and not self._transport.is_closing():
            self._transport.write(b"".join(kept))

    def close(self) -> None:
        """Sends what is kept, and hangs up."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """Hangs up on a head that does not come in time, or does not end: both would hold a place that others need."""

    _awaiting_head = True
    _head_bytes = 0
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client is there: its first head is awaited."""
        self._joined = Joined(transport, self.loop)
        super().connection_made(cast(asyncio.Transport, self._joined))  # it does all that uvicorn asks of one
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Reads on. No more of a head is read than one may have."""
        if self._awaiting_head:
            first, data = data[: MOST_HEAD_BYTES - self._head_bytes], data[MOST_HEAD_BYTES - self._head_bytes :]
            self._head_bytes += len(first)
            super().data_received(first)
            if self._awaiting_head and self._head_bytes >= MOST_HEAD_BYTES:
                self._hang_up()
        if data and not self.transport.is_closing():
            super().data_received(data)
        if self._awaiting_head:
            self._wait()

    def eof_received(self) -> None:
        """The client sends no more: what it was answered leaves before its transport closes."""
        self._joined.flush()
        super().eof_received()

    def on_message_begin(self) -> None:
        """Another request begins on the same connection. Most heads come at once; a timer is for those that do not."""
        super().on_message_begin()
        if not self._awaiting_head:
            self._awaiting_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._awaiting_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(HEAD_SECONDS, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None

    def _hang_up(self) -> None:
        self.transport.abort()
