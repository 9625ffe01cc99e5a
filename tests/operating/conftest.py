"""The command line of an operator over a world's database."""

from collections.abc import Callable, Iterator

import pytest
import structlog
from click.testing import CliRunner, Result

from bot.cli import cli
from config.settings import Settings
from tests.world import World

Operate = Callable[..., Result]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The web process of the tests logs from threads of its own, in the middle of what a command prints."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def operate(world: World, monkeypatch: pytest.MonkeyPatch) -> Operate:
    """Runs the command line on the world's deployment."""
    return operating(world, monkeypatch)


def operating(world: World, monkeypatch: pytest.MonkeyPatch) -> Operate:
    """A command line that has the deployment's settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(world.settings.data_dir)
    names = ("data_dir", "database_url", "github_base_url", "concurrent_runs")
    given = {name: getattr(world.settings, name) for name in names}
    settings = {name.upper(): str(value) for name, value in given.items() if value is not None}

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, words, env=settings, catch_exceptions=False)

    return invoke
