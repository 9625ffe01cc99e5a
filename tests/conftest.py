"""What tests ask for by name."""

import shutil
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import make_url

from config.database import Database
from config.schema import migrate
from tests.postgres import fresh_postgres
from tests.serving import living
from tests.world import World, make_world

pytest_plugins = ["tests.requirements"]
# How long something takes is measured in `benchmarks/`: a busy machine is no failure.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

MakeWorld = Callable[..., World]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """An empty database: SQLite in the bot's data directory, and one of Postgres."""
    return None if request.param == "sqlite" else fresh_postgres(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy: to migrate takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "database.sqlite3"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> str:
    """The name of a migrated database to copy."""
    url = fresh_postgres(postgres_url)
    _migrate(url)
    name = make_url(url).database
    assert name
    return name


def _migrate(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated database of each kind."""
    if request.param == "postgres":
        like = request.getfixturevalue("migrated_postgres")
        return fresh_postgres(request.getfixturevalue("postgres_url"), like)
    return str(request.getfixturevalue("sqlite_url"))


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a migrated SQLite database."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'async-code.sqlite3')}"


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A migrated database of each kind."""
    database = Database(migrated_url)
    yield database
    database.close()


@pytest.fixture
def new_world(tmp_path: Path, migrated_url: str) -> Iterator[MakeWorld]:
    """Makes a world with the settings that the test names."""
    with ExitStack() as alive:
        yield lambda **settings: alive.enter_context(living(make_world(tmp_path, migrated_url, **settings)))


@pytest.fixture
def world(new_world: MakeWorld) -> World:
    """A world with the usual settings."""
    return new_world()


# What starts real processes, hammers, or says the same of the second database: left out by `-m "not slow"`.
SLOW_FILES = {"test_database.py", "test_hostile_texts.py", "test_publishing.py", "test_logging.py"}
SLOW_FILES |= {"test_gateway.py", "test_way_out.py", "test_proxy.py"}
SLOW_FOLDERS = {
    "agents",
    "browser",
    "chaos",
    "embedded",
    "hostile",
    "integration",
    "local_github",
    "mock_model",
    "operating",
    "real_agents",
    "runners",
    "sandboxes",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that the quick part does without, and begins with the longest: they end last."""
    for item in items:
        folders = set(item.path.relative_to(Path(__file__).parent).parts[:-1])
        again = "postgres" in item.name
        contained = in_containers(item)
        if contained:
            item.add_marker(pytest.mark.docker)
        if again or contained or folders & SLOW_FOLDERS or item.path.name in SLOW_FILES:
            item.add_marker(pytest.mark.slow)
        if again and "config" not in folders:
            item.add_marker(pytest.mark.unmeasured)
    items.sort(key=lambda item: not item.get_closest_marker("long"))


def in_containers(item: pytest.Item) -> bool:
    """Whether the test needs a container engine and its image."""
    needs = item.get_closest_marker("needs")
    given = getattr(item, "callspec", None)
    asked = (*(needs.args if needs else ()), *(given.params.values() if given else ()))
    return item.path.name == "test_docker.py" or any(one == "docker" for one in asked)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Leaves `unmeasured` tests out of coverage: to measure takes longer than many a test.

    pytest-cov's own mark for that does nothing in a worker of xdist.
    """
    if not item.get_closest_marker("unmeasured"):
        return (yield)
    of_thread, of_new_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(of_thread)
        threading.settrace(of_new_threads)
