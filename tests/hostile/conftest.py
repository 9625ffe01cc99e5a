"""What the hostile tests ask for by name."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.field import Field, set_field
from tests.hostile.scene import Scene, set_scene
from tests.sandboxes.running import ALL, usable

ISOLATING = [sandbox.name for sandbox in ALL if sandbox.isolates]
QUICKEST = ("bubblewrap", "docker")


@pytest.fixture(scope="package")
def scene(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Scene]:
    """A world with the quickest sandbox that isolates here: what the host makes of it is the same behind each."""
    working = [sandbox.name for sandbox in ALL if sandbox.isolates and sandbox.unusable() is None]
    sandbox = next((name for name in QUICKEST if name in working), QUICKEST[0])
    usable(sandbox)
    directory = tmp_path_factory.mktemp("scene")
    with set_scene(directory, new_database(migrated_sqlite, directory), sandbox) as scene:
        yield scene


def new_database(migrated: Path, directory: Path) -> str:
    """The address of an empty one."""
    return f"sqlite:///{shutil.copy(migrated, directory / 'async-code.sqlite3')}"


@pytest.fixture(scope="package", params=ISOLATING)
def field(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> Iterator[Field]:
    """A field with each sandbox that isolates and works here. Names of `.example` lead to where they should not."""
    sandbox = usable(request.param)
    directory = tmp_path_factory.mktemp("field")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", leading_inside(socket.getaddrinfo))
        with set_field(directory, new_database(migrated_sqlite, directory), sandbox) as field:
            yield field


def leading_inside(real: Any) -> Any:
    """A name server that is the attacker's."""

    def getaddrinfo(host: Any, port: Any, *words: Any, **options: Any) -> Any:
        if not str(host).endswith(".example"):
            return real(host, port, *words, **options)
        public = real("192.88.98.1", port, *words, **options) if str(host).startswith("both.") else []
        return public + real("127.0.0.1", port, *words, **options)

    return getaddrinfo


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them take long, and are a part of their own."""
    for item in items:
        if item.nodeid.startswith("tests/hostile/"):
            item.add_marker(pytest.mark.hostile)
