"""Unix sockets at paths of any length: the kernel's own limit is 108 bytes, and a data directory may lie deep."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any


def listen(path: Path) -> socket.socket:
    """A listening socket in a folder that is made for it, in place of one that a dead process left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    _by_folder(listener.bind, path)
    return listener


def connect(client: socket.socket, path: Path) -> None:
    """Connects to the socket at this path. Raises OSError."""
    _by_folder(client.connect, path)


def _by_folder(act: Callable[[str], Any], path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        act(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
