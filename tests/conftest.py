"""What tests ask for by name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import application
from config.database import Database
from config.schema import migrate
from tests.postgres import fresh_postgres
from tests.serving import served
from tests.world import World, make_world, serve

pytest_plugins = ["tests.requirements"]

MakeWorld = Callable[..., World]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """An empty database: SQLite in the bot's data directory, and one of Postgres."""
    return None if request.param == "sqlite" else fresh_postgres(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(tmp_path: Path, database_url: str | None) -> Iterator[Database]:
    """A migrated database of each kind."""
    database = Database(database_url or f"sqlite:///{tmp_path}/test.sqlite3")
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def new_world(tmp_path: Path, database_url: str | None) -> Iterator[MakeWorld]:
    """Makes a world with the settings that the test names."""
    ends: list[Callable[[], Any]] = []

    def make(**settings: Any) -> World:
        world = make_world(tmp_path, database_url, **settings)
        ends.append(world.close)
        running = served(application(world.settings))
        serve(world, running.__enter__())
        ends.append(lambda: running.__exit__(None, None, None))
        return world

    yield make
    for end in reversed(ends):
        end()


@pytest.fixture
def world(new_world: MakeWorld) -> World:
    """A world with the usual settings."""
    return new_world()


# What starts real processes, hammers, or says the same of the second database: left out by `-m "not slow"`.
SLOW_FILES = {"test_database.py", "test_hostile_texts.py", "test_publishing.py", "test_logging.py"}
SLOW_FOLDERS = {"agents", "browser", "chaos", "embedded", "integration", "local_github", "runners", "sandboxes"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that the quick part does without, and begins with the longest: they end last."""
    for item in items:
        folders = set(item.path.relative_to(Path(__file__).parent).parts[:-1])
        if folders & SLOW_FOLDERS or item.path.name in SLOW_FILES or "postgres" in item.name:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: not item.get_closest_marker("long"))
