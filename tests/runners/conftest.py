"""A GitHub that the runners' modules talk with, and the broker that they share tokens in."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.embedded.broker import Broker
from config.broker import broker_urls
from config.secrets import envelope
from runners.github import Api
from runners.github_types import Where
from runners.tokens import TokenCache
from tests.world import REPO, World, make_world


@pytest.fixture
def world(tmp_path: Path, sqlite_url: str) -> Iterator[World]:
    """A GitHub that has the App on `octo`, and an issue; no web process, and tokens are kept in memory."""
    world = make_world(tmp_path, sqlite_url)
    world.hub.install("octo")
    world.hub.open_issue(REPO, "Wrong", None, by="alice")
    yield world
    world.close()


@pytest.fixture
def where(world: World) -> Where:
    """`octo/app` as the App asks about it."""
    (installation,) = world.hub.site.ledger.installations
    return Where(installation, REPO, world.hub.repository(REPO).id)


@pytest.fixture
def broker(world: World) -> Iterator[str]:
    """The address of the embedded broker, served."""
    broker = Broker(world.settings)
    broker.prepare()
    with subprocess.Popen(broker.argv(), stdout=subprocess.DEVNULL, start_new_session=True) as process:
        broker.await_ready(10)
        yield broker_urls(world.settings).redis
        process.kill()


@pytest.fixture
def shared_api(world: World, broker: str) -> Iterator[Callable[[], Api]]:
    """Makes what another process would have: an Api of its own over the same broker."""
    made: list[Api] = []

    def make() -> Api:
        settings = world.settings
        tokens = TokenCache(broker, settings.host_name, envelope(settings))
        made.append(Api(settings, tokens, world.context.github.pace))
        return made[-1]

    yield make
    for api in made:
        api.close()
