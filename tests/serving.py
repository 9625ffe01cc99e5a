"""The bot's web process served by a thread of the test, over real HTTP."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from bot.app import application
from config.database import Database
from config.settings import Settings
from runners.gateway.server import Doors, listening
from runners.sandboxes.places import MODELS, TUNNELS
from runners.way_out import folder_of
from tests.world import World, serve


@contextmanager
def living(world: World) -> Iterator[World]:
    """The world, with its web process, to which GitHub delivers; all of it is gone at the end."""
    running = served(application(world.settings))
    serve(world, running.__enter__())
    try:
        yield world
    finally:
        with ThreadPoolExecutor() as together:  # servers take a moment to stop
            ends = (world.close, lambda: running.__exit__(None, None, None))
            list(together.map(lambda end: end(), ends))


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of the application while it is served on a free loopback port."""
    # Named as TCP, or asyncio leaves Nagle's delay on and each answer takes 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, http="bot.connection:Connection", ws="none")
        )
        ready = threading.Event()
        startup = server.startup

        async def tell(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets)
            ready.set()

        server.startup = tell  # type: ignore[method-assign]  # uvicorn tells nobody when it is ready
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
        thread.start()
        assert ready.wait(10), "the web process did not start"
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def living_gateway(settings: Settings, database: Database) -> Iterator[None]:
    """The gateway in a thread, ready when this begins."""
    doors, ready = Doors(settings, database, "this-host"), threading.Event()

    async def serve() -> None:
        task = asyncio.create_task(doors.serve(models, tunnels))
        while not doors.server.started:
            await asyncio.sleep(0.01)
        ready.set()
        await task

    folder = folder_of(settings)
    with listening(folder / MODELS) as models, listening(folder / TUNNELS) as tunnels:
        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        assert ready.wait(10), "the gateway did not start"
        try:
            yield
        finally:
            doors.server.should_exit = True
            thread.join()
