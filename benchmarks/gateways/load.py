"""Asks for streams, and notes when their tokens come."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateways.provider import TOKENS_A_SECOND

BODY_BYTES = 50_000  # of a coding agent's request


@dataclass(frozen=True)
class Way:
    """Where requests go: a TCP port, or the gateway's unix socket."""

    name: str
    path: str
    port: int | None = None
    socket: str | None = None
    credentials: Sequence[str] = ("",)  # of runs that take turns: one asks for so many answers at once and no more

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection."""
        if self.socket:
            return await asyncio.open_unix_connection(self.socket)
        return await asyncio.open_connection("127.0.0.1", self.port)


@dataclass
class Heard:
    """Seconds to the first token of each stream, how late each later token came, and what was wrong."""

    first: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)


def request(way: Way, tokens: int, number: int = 0) -> bytes:
    """One request of an agent, as large as theirs are."""
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 1000, "stream": True, "metadata": {"tokens": tokens}}
    body = json.dumps({**asked, "messages": [{"role": "user", "content": "x" * BODY_BYTES}]}).encode()
    head = f"POST {way.path} HTTP/1.1\r\nhost: model\r\nx-api-key: {way.credentials[number % len(way.credentials)]}\r\n"
    return f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


async def one(way: Way, tokens: int, heard: Heard, wait: float = 0.0, number: int = 0) -> None:
    """One stream, from its request to its end."""
    await asyncio.sleep(wait)
    loop = asyncio.get_running_loop()
    reader, writer = await way.open()
    asked, first, count, answered = loop.time(), 0.0, 0, False
    writer.write(request(way, tokens, number))
    try:
        while not (chunk := await reader.read(65536)).endswith(b"0\r\n\r\n") and chunk:
            at = loop.time()
            if not answered and b" 200 " not in chunk[:20]:
                heard.wrong.append(chunk[:300])
                return
            answered = True
            if not first and b"message_start" in chunk:
                first = at
                heard.first.append(at - asked)
            for _ in range(chunk.count(b"text_delta")):
                heard.late.append(at - first - count / TOKENS_A_SECOND)
                count += 1
        if count < tokens - 1:
            heard.wrong.append(b"ended early")
    finally:
        writer.close()


async def in_turn(way: Way, requests: int) -> Heard:
    """Short requests, one after the other."""
    heard = Heard()
    for _ in range(requests):
        await one(way, 1, heard)
    return heard


async def at_once(way: Way, streams: int, seconds: float) -> Heard:
    """So many streams together, begun over one second."""
    heard = Heard()
    tokens = round(seconds * TOKENS_A_SECOND)
    await asyncio.gather(*(one(way, tokens, heard, number / streams, number) for number in range(streams)))
    return heard
