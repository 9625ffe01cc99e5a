"""A running local GitHub with one organisation, its repository, its people, and the App installed."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.local_github import LocalGitHub
from tests.local_github.callers import Api

REPO = "octo-org/till"
MANIFEST = """\
name: async-code
url: https://example.com
public: false
default_permissions: {contents: write, issues: write, pull_requests: write, checks: write, metadata: read}
default_events:
  - issue_comment
  - issues
  - pull_request
  - pull_request_review
  - pull_request_review_comment
  - pull_request_review_thread
  - check_run
  - check_suite
  - repository
"""


def planted(directory: Path, creations: tuple[int, int] | None = None) -> LocalGitHub:
    """A hub that was not started yet."""
    manifest = directory / "app.yml"
    manifest.write_text(MANIFEST)
    return LocalGitHub(directory / "hub", manifest, creations=creations)


def plant(hub: LocalGitHub) -> None:
    """octo-org/till with mona, who may write, and sam, a stranger."""
    hub.add_organisation("octo-org")
    for login in ("mona", "sam"):
        hub.add_user(login)
    hub.add_repository("octo-org", "till", {"README.md": "# till\n", "till/basket.py": "limit = 10\n"})
    hub.set_role(REPO, "mona", "write")
    hub.install("octo-org")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LocalGitHub]:
    with planted(tmp_path) as running:
        plant(running)
        yield running


@pytest.fixture
def api(hub: LocalGitHub) -> Iterator[Api]:
    with Api(hub) as caller:
        yield caller


@dataclass
class Received:
    """What the App's webhook address was sent: headers in lower case, and the raw body."""

    url: str = ""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 202


@pytest.fixture
def receiver() -> Iterator[Received]:
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.requests.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(received.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    received.url = f"http://127.0.0.1:{server.server_address[1]}/github/webhooks"
    yield received
    server.shutdown()
    server.server_close()
    thread.join()
