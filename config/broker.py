"""Where the broker is: the operator's own server, or the embedded one behind a unix socket."""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from config.settings import Settings

# A unix socket's path has room for 104 bytes on macOS and 108 on Linux.
LONGEST_SOCKET_PATH = 100
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")


@dataclass(frozen=True)
class BrokerUrls:
    """One server, spelled as each client wants it."""

    celery: str
    redis: str


def broker_urls(settings: Settings) -> BrokerUrls:
    """The broker of these settings. Nothing is opened or made."""
    if settings.redis_url is None:
        return urls_of_socket(socket_path(settings.data_dir))
    if settings.redis_url.startswith("unix:"):
        return BrokerUrls(celery_socket_url(settings.redis_url), settings.redis_url)
    return BrokerUrls(settings.redis_url, settings.redis_url)


def socket_path(data_dir: Path) -> Path:
    """The embedded server's socket: in the data directory or, where no URL could hold that, in a short private one."""
    beside_the_data = data_dir.absolute() / "broker" / "broker.sock"
    if len(os.fsencode(beside_the_data)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(beside_the_data)):
        return beside_the_data
    name = hashlib.sha256(os.fsencode(beside_the_data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"async-code-{name}" / "broker.sock"


def urls_of_socket(path: Path) -> BrokerUrls:
    """Database 0 of the server that listens on this socket."""
    return BrokerUrls(f"redis+socket://{path}?virtual_host=0", f"unix://{path}?db=0")


def celery_socket_url(redis_url: str) -> str:
    """kombu's spelling of redis-py's `unix://[user:password@]/path[?db=n&username=…&password=…]`."""
    parts = urlsplit(redis_url)
    query = dict(parse_qsl(parts.query))
    username = parts.username or quote(query.pop("username", ""), safe="")
    password = parts.password or quote(query.pop("password", ""), safe="")
    login = f"{username}:{password}@" if password else ""
    return f"redis+socket://{login}{parts.path}?virtual_host={query.get('db', '0')}"
