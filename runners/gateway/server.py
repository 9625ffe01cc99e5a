"""The gateway's process: its application behind a unix socket, in a folder that sandboxes see."""

import secrets
import socket
from pathlib import Path

import structlog
import uvicorn
import uvloop

from config.database import Database, require_schema
from config.settings import Settings
from runners import usage
from runners.gateway.app import Gateway, application
from runners.sandboxes.places import MODELS
from runners.sockets import listen
from runners.way_out import folder_of

SECONDS_TO_FINISH = 10

log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Lets sandboxes of this host out until it is told to stop. Raises SettingsError."""
    database = Database(settings.database)
    require_schema(database)
    host = identity(folder_of(settings))
    with database.write() as connection:
        left = usage.settle_left_over(connection, host)
    if left:
        log.warning("gateway.settled_left_over", requests=left)
    with listening(folder_of(settings) / MODELS) as models:
        try:
            uvloop.run(_serve(Gateway(settings, database, host), models))
        finally:
            database.close()


async def _serve(gateway: Gateway, models: socket.socket) -> None:
    try:
        await server_of(gateway).serve(sockets=[models])
    finally:
        await gateway.close()


def server_of(gateway: Gateway) -> uvicorn.Server:
    """What serves it."""
    return uvicorn.Server(
        uvicorn.Config(
            application(gateway),
            http="httptools",
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
