"""An ASGI application served on loopback by a thread of this process."""

import asyncio
import socket
import threading
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.connection import IDLE_SECONDS

STARTING = 10  # seconds that a start may take
LEAVING = 2  # seconds that requests may go on after a stop


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, which also hands the application a way to cut the line."""

    def connection_made(self, transport: Any) -> None:
        """Puts `hang_up` into the state that each request of this connection sees."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "hang_up": transport.abort}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class LoopbackServer:
    """Serves until stopped; it can be started again, on the same port or another. `name` is what errors call it."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self.app = app
        self.name = name
        self.port = 0
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it answers."""
        return self._server is not None

    def bind(self, port: int) -> socket.socket:
        """Takes the port (0: any free one); nobody is answered before `serve`."""
        # Named as TCP, or asyncio leaves Nagle's delay on and each answer takes 40 ms.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port))
        except OSError:
            listening.close()
            raise
        self.port = listening.getsockname()[1]
        return listening

    def serve(self, listening: socket.socket) -> None:
        """Answers from now on."""
        config = uvicorn.Config(
            self.app,
            http=Connection,
            loop="asyncio",  # git's processes are started from this thread, which uvloop does not promise
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=LEAVING,
        )
        self._server = server = _Server(config)
        self._thread = threading.Thread(target=self._run, args=(server, listening), name=self.name, daemon=True)
        self._thread.start()
        if not server.ready.wait(STARTING):
            raise RuntimeError(f"{self.name} did not start within {STARTING} s")

    @staticmethod
    def _run(server: _Server, listening: socket.socket) -> None:
        with listening:
            asyncio.run(server.serve([listening]))

    def stop(self) -> None:
        """Answers no more."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()
        self._server = self._thread = None
