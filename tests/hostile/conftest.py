"""What the hostile tests ask for by name."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.sandboxes import SANDBOXES
from tests.sandboxes.running import usable

from .scene import Scene, set_scene

ISOLATING = [sandbox.name for sandbox in SANDBOXES if sandbox.isolates]


@pytest.fixture(scope="module", params=ISOLATING)
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> Iterator[Scene]:
    """A world in each sandbox that isolates and works here."""
    usable(request.param)
    directory = tmp_path_factory.mktemp("scene")
    with set_scene(directory, new_database(migrated_sqlite, directory), request.param) as scene:
        yield scene


def new_database(migrated: Path, directory: Path) -> str:
    """The address of an empty one."""
    return f"sqlite:///{shutil.copy(migrated, directory / 'async-code.sqlite3')}"
