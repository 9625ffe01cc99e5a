"""Gives a process that has no network ports of its own: `relay.py PORT SOCKET [PORT SOCKET]… -- ARGV…` becomes ARGV.

A child of it listens on 127.0.0.1:PORT, and passes each connection on to the unix socket at SOCKET, byte for byte. It
ends with the sandbox. Connections wait from the first moment: the ports are bound before ARGV begins.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

BACKLOG = 512
CHUNK = 64 * 1024


async def serve(ways: dict[socket.socket, str]) -> None:
    """Passes connections on, for ever."""
    servers = [await asyncio.start_server(answerer(path), sock=listener) for listener, path in ways.items()]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def answerer(path: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """What becomes of a connection that is meant for this socket."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(path)
        except OSError:
            writer.close()  # the gateway is away for a moment; whoever asked tries again
            return
        await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))

    return answer


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, to its end; the other may go on."""
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
            return
    writer.close()


def bound(port: int) -> socket.socket:
    """The listening port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(BACKLOG)
    return listener


def quiet() -> None:
    """Lets go of the agent's streams: its output ends when the agent does."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


if __name__ == "__main__":
    split = sys.argv.index("--")
    given, argv = sys.argv[1:split], sys.argv[split + 1 :]
    try:
        ways = {bound(int(port)): path for port, path in zip(given[::2], given[1::2], strict=True)}
    except OSError as error:
        sys.exit(f"the way to the gateway can't be opened: {error.strerror}")
    if not os.fork():
        quiet()
        asyncio.run(serve(ways))
        os._exit(0)
    for listener in ways:
        listener.close()
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.exit(f"{argv[0]} can't be started: {error.strerror}")
