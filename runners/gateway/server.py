"""The gateway's process: its application behind a unix socket, in a folder that sandboxes see."""

import asyncio
import fcntl
import resource
import secrets
import socket
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import structlog
import uvicorn
import uvloop
from uvicorn.protocols.http.h11_impl import H11Protocol

from config.database import Database, DatabaseError, require_schema
from config.settings import Settings, SettingsError
from runners import refused_hosts, runs, tasks, usage
from runners.gateway.app import Gateway, application
from runners.gateway.attempts import Attempts
from runners.gateway.charge import Till
from runners.gateway.proxy import Proxy, Tenant
from runners.gateway.refused import Asked, Refused
from runners.gateway.shares import Strangers
from runners.reach import reach
from runners.sandboxes.places import MODELS, TUNNELS
from runners.sockets import listen
from runners.way_out import folder_of

SECONDS_TO_FINISH = 10
TIDY_SECONDS = 2.0
MOST_HEAD_BYTES = 64 * 1024
MOST_CONNECTIONS = 2000  # of all runs; beyond them it answers 503

log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Lets sandboxes of this host out until it is told to stop. Raises SettingsError."""
    # httpcore asks for it several times a request; to be told that it is not installed takes as long as all the rest.
    # https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # None forbids the import
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (most_files, most_files)
    )  # each connection is one, its other end another
    database, folder = Database(settings.database), folder_of(settings)
    require_schema(database)
    with identity(folder) as host:
        with database.write() as connection:
            left = usage.settle_left_over(connection, host)
        if left:
            log.warning("gateway.settled_left_over", requests=left)
        with listening(folder / MODELS) as models, listening(folder / TUNNELS) as tunnels:
            try:
                uvloop.run(Doors(settings, database, host).serve(models, tunnels))
            finally:
                database.close()


class Doors:
    """Both of them, served in one loop until `server` is told to stop."""

    def __init__(self, settings: Settings, database: Database, host: str) -> None:
        self._attempts, self._till = attempts_of(database), Till(database, host)
        self._gateway = Gateway(settings, self._till, self._attempts)
        self._refused = refused_of(database)
        self._proxy = proxy_of(settings, database, self._refused, self._attempts)
        self.server = server_of(self._gateway)

    async def serve(self, models: socket.socket, tunnels: socket.socket) -> None:
        """Serves them."""
        try:
            async with await asyncio.start_unix_server(self._proxy.answer, sock=tunnels), asyncio.TaskGroup() as both:
                tidying = both.create_task(self._tidy())
                await self.server.serve(sockets=[models])
                tidying.cancel()
        finally:
            await self._gateway.close()
            await self._refused.flush()

    async def _tidy(self) -> None:
        """Now and then: what has outlived its attempt is cut off, what could not be settled is."""
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            try:
                await self._attempts.look()
                await asyncio.to_thread(self._till.tidy)
                await self._refused.flush()
            except DatabaseError as error:
                log.warning("gateway.not_tidied", error=type(error).__name__)


def attempts_of(database: Database) -> Attempts:
    """What is open of attempts, by what SQL says of them."""

    def at_work(credentials: Collection[str]) -> Collection[str]:
        with database.read() as connection:
            return runs.credentials_at_work(connection, credentials)

    return Attempts(at_work)


def refused_of(database: Database) -> Refused:
    """What the proxy refuses, in SQL."""

    def write(owed: Mapping[Asked, int]) -> None:
        with database.write() as connection:
            for (run_id, host), count in owed.items():
                refused_hosts.add(connection, run_id, host, count)

    return Refused(write)


def proxy_of(settings: Settings, database: Database, refused: Refused, attempts: Attempts) -> Proxy:
    """The proxy, with its tenants in SQL."""
    return Proxy(partial(tenant_of, settings, database), refused, attempts)


def tenant_of(settings: Settings, database: Database, credential: str) -> Tenant | None:
    """The run that is at work under this credential, with the hosts that it may reach; None for any other."""
    with database.read() as connection:
        run = runs.of_credential(connection, credential) if credential else None
        task = tasks.get(connection, run.task_id) if run else None
    return Tenant(run.id, run.credential, reach(settings, task.bounds or {})) if run and task else None


def server_of(gateway: Gateway) -> uvicorn.Server:
    """What serves it."""
    return uvicorn.Server(
        uvicorn.Config(
            application(gateway),
            http=connection_of(Strangers()),
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


def connection_of(strangers: Strangers) -> type[H11Protocol]:
    """A connection that is a stranger's until its request has shown a credential, and again once that is answered.

    It is h11's since that bounds a request's head; httptools takes one without end.
    """

    class Connection(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            strangers.came(transport)
            known = partial(strangers.left, transport)
            self.app_state = {**self.app_state, "known": known, "hang_up": transport.abort}

        def connection_lost(self, exc: Exception | None) -> None:
            strangers.left(self.transport)
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            if not self.transport.is_closing():
                strangers.came(self.transport)
            super().on_response_complete()

    return Connection


@contextmanager
def identity(folder: Path) -> Iterator[str]:
    """The name of this host's gateway, the same in every life of it: a container's host name is not.

    Nobody else has it meanwhile. Raises SettingsError where another gateway does, since it has the sockets, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "gateway.id").open("a+") as kept:
        try:
            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(
                f"Another gateway serves {folder.parent}. Stop that one first, or set DATA_DIR to another directory."
            ) from None
        kept.seek(0)
        name = kept.read()
        if not name:
            name = secrets.token_hex(8)
            kept.write(name)
            kept.flush()
        yield name


def listening(path: Path) -> socket.socket:
    """The socket. Whoever sees the folder may connect, since a sandbox's user is not ours; only we and sandboxes do."""
    listener = listen(path)
    path.parent.chmod(0o755)
    path.chmod(0o666)
    return listener
