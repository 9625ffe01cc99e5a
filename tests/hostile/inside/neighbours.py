"""Harm to others who share the machine, bounded so that it is none where nothing bounds it."""

import socket
import sys
import time
from pathlib import Path

CONNECTIONS, BODIES, FILES = 2100, 40, 40_000


def hold_connections(place: str) -> None:
    """Opens a great many to the gateway, asks nothing, and keeps them."""
    held = []
    for _ in range(CONNECTIONS):
        held.append(socket.socket(socket.AF_UNIX))
        held[-1].connect(place)
    wait()


def hold_bodies(place: str, credential: str) -> None:
    """Announces large requests, and sends a byte of each."""
    held = []
    lines = ("POST /anthropic/v1/messages HTTP/1.1", "Host: x", f"x-api-key: {credential}", "Content-Length: 9000000")
    head = "\r\n".join(lines) + "\r\n\r\n{"
    for _ in range(BODIES):
        held.append(socket.socket(socket.AF_UNIX))
        held[-1].connect(place)
        held[-1].sendall(head.encode())
    wait()


def make_files(place: str) -> None:
    """Empty ones: they take no block of a disk, and there are only so many."""
    for folder in range(FILES // 1000):
        inner = Path(place, str(folder))
        inner.mkdir()
        for number in range(1000):
            (inner / str(number)).touch()
    wait()


def wait() -> None:
    """Says that the harm is done, and stays."""
    sys.stdout.write("done\n")
    sys.stdout.flush()
    time.sleep(600)
