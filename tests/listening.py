"""A host on loopback that remembers every request, and answers each as it is told."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TYPE = {"Content-Type": "image/png"}


@dataclass
class Listener:
    """What it was asked for, with which headers (in lower case); and what it answers."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    sent: Mapping[str, str] = field(default_factory=lambda: TYPE)
    body: bytes = b""


@contextmanager
def listening(**answer: Any) -> Iterator[Listener]:
    """Listens meanwhile; `answer` are fields of a Listener."""
    listener = Listener(**answer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listener.paths.append(self.path)
            listener.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(listener.status)
            for name, value in listener.sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(listener.body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listener
        finally:  # a test that fails is to end too
            server.shutdown()
            thread.join()
