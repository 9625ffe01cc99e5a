"""A pipe between the stack and a server that can go half-open: lines stand, nothing passes, and nobody hangs up."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

CHUNK = 65_536


@dataclass
class HalfOpenPipe:
    """Listens on loopback and passes on to a unix socket. While `blocked`, it swallows all that comes.

    A line that was open when it was blocked never passes anything again, as if its other end had vanished.
    """

    to: Path
    blocked: bool = False
    _lines: list[socket.socket] = field(default_factory=list)
    _generation: int = 0

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, name="pipe", daemon=True).start()

    def block(self) -> None:
        """The other end vanishes without a word."""
        self.blocked = True
        self._generation += 1

    def heal(self) -> None:
        """New lines work; the old ones stay as they are."""
        self.blocked = False

    def __enter__(self) -> "HalfOpenPipe":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for line in (self._listening, *self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._listening.accept()
                theirs = socket.socket(socket.AF_UNIX)
                theirs.connect(str(self.to))
                self._lines += [ours, theirs]
                for one, other in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=self._pass, args=(one, other, self._generation), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, generation: int) -> None:
        with suppress(OSError):
            while data := one.recv(CHUNK):
                if generation == self._generation and not self.blocked:
                    other.sendall(data)
            if generation == self._generation:
                other.shutdown(socket.SHUT_RDWR)
