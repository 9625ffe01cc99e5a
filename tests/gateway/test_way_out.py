"""A locked-in process and its only way out: the gateway's ports inside of the sandbox, and nothing beside them."""

import json
from pathlib import Path

import pytest

from config.database import Database
from runners import refused_hosts
from runners.sandboxes.interface import Errand, Sandbox
from runners.way_out import folder_of, proxied
from tests.gateway.conftest import KEY, MODEL, Ground
from tests.sandboxes.running import ALL, run, usable

ASKS = f"""
import json, urllib.request
asked = json.dumps({{"model": "{MODEL}", "max_tokens": 10, "stream": True}}).encode()
request = urllib.request.Request(
    "http://127.0.0.1:4100/anthropic/v1/messages", asked, {{"x-api-key": "secret", "content-type": "application/json"}}
)
print(urllib.request.urlopen(request).read())
"""
TRIES = """
import urllib.request
for url in ("https://evil.example/", "https://169.254.169.254/latest/meta-data", "https://127.0.0.1/"):
    try:
        urllib.request.urlopen(url, timeout=10)
    except OSError as error:
        print(error)
"""
LOOKS = """
import os, socket
print([name for _, name in socket.if_nameindex()])
for family, address in ((socket.AF_INET, ("127.0.0.1", {port})), (socket.AF_INET, ("10.0.0.1", 443))):
    try:
        socket.create_connection(address, timeout=5)
        print("reached", address)
    except OSError as error:
        print("not reached")
try:
    print(socket.getaddrinfo("example.org", 443))
except OSError:
    print("no name")
"""


@pytest.fixture(params=[sandbox.name for sandbox in ALL if sandbox.isolates])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Whatever locks in."""
    return usable(request.param)


def inside(sandbox: Sandbox, ground: Ground, tree: Path, code: str, **env: str) -> list[str]:
    """What a program prints that is locked in, with the gateway as its way out."""
    argv = ["{python}", "-I", "-c", code]
    lines, exit = run(sandbox, Errand(argv, tree, env=env, seconds=60, gateway=folder_of(ground.settings)))
    assert exit.code == 0, lines
    return lines


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A workspace."""
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


def test_a_model_is_reached_from_inside(sandbox: Sandbox, ground: Ground, tree: Path) -> None:
    ground.run("secret")
    (line,) = inside(sandbox, ground, tree, ASKS)
    assert "message_start" in line
    (asked,) = ground.provider.asked
    assert asked.headers["x-api-key"] == KEY
    assert json.loads(asked.body)["model"] == MODEL


def test_a_host_that_is_not_listed_is_refused_and_noted(sandbox: Sandbox, ground: Ground, tree: Path) -> None:
    claim = ground.run("secret")
    lines = inside(sandbox, ground, tree, TRIES, **proxied("secret"))
    evil, metadata, here = lines
    assert "evil.example:443 is not among the hosts that this run may reach" in evil
    assert "403" in metadata
    assert "refused" in here  # by nobody being there
    assert noted(ground.database, claim.run_id) == [("169.254.169.254:443", 1), ("evil.example:443", 1)]


def test_there_is_no_other_way(sandbox: Sandbox, ground: Ground, tree: Path) -> None:
    port = ground.provider_port
    lines = inside(sandbox, ground, tree, LOOKS.format(port=port))
    assert lines == ["['lo']", "not reached", "not reached", "no name"]


def noted(database: Database, run_id: str) -> list[tuple[str, int]]:
    with database.read() as connection:
        return list(refused_hosts.of_run(connection, run_id))
