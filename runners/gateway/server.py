"""The gateway's process: its application behind a unix socket, in a folder that sandboxes see."""

import asyncio
import secrets
import socket
import sys
from pathlib import Path

import structlog
import uvicorn
import uvloop

from config.database import Database, require_schema
from config.settings import Settings
from runners import refused_hosts, runs, usage
from runners.gateway.app import Gateway, application
from runners.gateway.proxy import Proxy, Tenant
from runners.sandboxes.places import MODELS, TUNNELS
from runners.sockets import listen
from runners.way_out import folder_of

SECONDS_TO_FINISH = 10
MOST_HEAD_BYTES = 64 * 1024
MOST_CONNECTIONS = 2000  # of all runs; beyond them it answers 503

log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Lets sandboxes of this host out until it is told to stop. Raises SettingsError."""
    # httpcore asks for it several times a request; to be told that it is not installed takes as long as all the rest.
    # https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # None forbids the import
    database = Database(settings.database)
    require_schema(database)
    host = identity(folder_of(settings))
    with database.write() as connection:
        left = usage.settle_left_over(connection, host)
    if left:
        log.warning("gateway.settled_left_over", requests=left)
    folder = folder_of(settings)
    with listening(folder / MODELS) as models, listening(folder / TUNNELS) as tunnels:
        try:
            uvloop.run(Doors(settings, database, host).serve(models, tunnels))
        finally:
            database.close()


class Doors:
    """Both of them, served in one loop until `server` is told to stop."""

    def __init__(self, settings: Settings, database: Database, host: str) -> None:
        self._gateway, self._proxy = Gateway(settings, database, host), proxy_of(settings, database)
        self.server = server_of(self._gateway)

    async def serve(self, models: socket.socket, tunnels: socket.socket) -> None:
        """Serves them."""
        try:
            async with await asyncio.start_unix_server(self._proxy.answer, sock=tunnels):
                await self.server.serve(sockets=[models])
        finally:
            await self._gateway.close()


def proxy_of(settings: Settings, database: Database) -> Proxy:
    """The proxy, with its tenants and what it refused in SQL."""

    def tenant_of(credential: str) -> Tenant | None:
        with database.read() as connection:
            run = runs.of_credential(connection, credential) if credential else None
        return Tenant(run.id, settings.hosts_allowed) if run else None

    def refused(run_id: str, host: str) -> None:
        with database.write() as connection:
            refused_hosts.add(connection, run_id, host)

    return Proxy(tenant_of, refused)


def server_of(gateway: Gateway) -> uvicorn.Server:
    """What serves it."""
    return uvicorn.Server(
        uvicorn.Config(
            application(gateway),
            http="h11",  # it bounds a request's head; httptools takes one without end
            h11_max_incomplete_event_size=MOST_HEAD_BYTES,
            limit_concurrency=MOST_CONNECTIONS,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
        )
    )


def identity(folder: Path) -> str:
    """The name of this host's gateway, the same in every life of it: a container's host name is not."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder.parent / "gateway.id"
    if not kept.exists():
        kept.write_text(secrets.token_hex(8))
    return kept.read_text()


def listening(path: Path) -> socket.socket:
    """The socket. Whoever sees the folder may connect, since a sandbox's user is not ours; only we and sandboxes do."""
    listener = listen(path)
    path.parent.chmod(0o755)
    path.chmod(0o666)
    return listener
