"""A gateway that is served as its process serves it, a provider behind it, and runs that may ask."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from config.database import Database
from config.settings import Settings, load
from runners import claims, runs
from runners.claims import Claim
from runners.sandboxes.places import MODELS
from runners.way_out import folder_of
from tests.gateway.provider import Provider
from tests.runners.rows import claimed, new_run, row, write
from tests.serving import living_gateway, served

KEY = "sk-real-key-of-the-operator"
MODEL = "claude-sonnet-4-5"


@dataclass
class Ground:
    """What a test of the gateway stands on."""

    settings: Settings
    database: Database
    provider: Provider
    client: httpx.Client  # what a sandbox's relay would connect to

    @property
    def provider_port(self) -> int:
        """Where the provider listens on this machine."""
        port = urlsplit(self.settings.anthropic_base_url).port
        assert port
        return port

    def run(self, credential: str, budget_usd: float = 5.0, number: int = 1) -> Claim:
        """A run at work that the gateway knows by this credential."""
        return self.attempt(new_run(self.database, number), credential, budget_usd)

    def attempt(self, run_id: str, credential: str, budget_usd: float = 5.0) -> Claim:
        """The next attempt at a run."""
        claim = claimed(self.database, run_id)
        known = {"credential": runs.digest(credential), "budget_usd": budget_usd}
        write(self.database, lambda connection: claims.note(connection, claim, **known))
        return claim

    def row(self, claim: Claim) -> Any:
        """The run's row."""
        return row(self.database, claim.run_id)

    def ask(self, credential: str, path: str = "/anthropic/v1/messages", **fields: Any) -> httpx.Response:
        """One request of an agent's."""
        words = (
            {"input": [], "max_output_tokens": 1000} if "responses" in path else {"messages": [], "max_tokens": 1000}
        )
        asked = {"model": MODEL, "stream": True, **words, **fields}
        return self.client.post(path, json=asked, headers={"x-api-key": credential})


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """SQLite: what differs on Postgres is `tests/runners/test_usage.py`'s."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def provider() -> Provider:
    """Answers as it is told."""
    return Provider()


@pytest.fixture
def ground(tmp_path: Path, database: Database, provider: Provider) -> Iterator[Ground]:
    """A gateway on a unix socket, in front of the provider."""
    with ExitStack() as held:
        url = held.enter_context(served(provider.app))
        settings = load(
            _env_file=None,
            data_dir=tmp_path / "bot",
            anthropic_api_key=KEY,
            anthropic_base_url=url,
            openai_api_key=KEY,
            openai_base_url=f"{url}/v1",
            gemini_api_key=KEY,
            gemini_base_url=url,
        )
        held.enter_context(living_gateway(settings, database))
        transport = httpx.HTTPTransport(verify=False, uds=str(folder_of(settings) / MODELS))
        client = held.enter_context(httpx.Client(transport=transport, base_url="http://gateway", timeout=20))
        yield Ground(settings, database, provider, client)


Later = Callable[[Callable[[], Any]], threading.Thread]


@pytest.fixture
def in_background() -> Iterator[Later]:
    """Does something in a thread, joined at the end of the test."""
    threads: list[threading.Thread] = []

    def start(work: Callable[[], Any]) -> threading.Thread:
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(20)
