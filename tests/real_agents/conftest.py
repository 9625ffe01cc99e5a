"""A world in which real coding agents work, locked in: the gateway is their way out, a mock model behind it."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.mock_model import MockModel, Script
from bot.mock_model.script import Step
from runners.agents import AGENTS
from tests.requirements import need
from tests.sandboxes.running import usable
from tests.serving import living, living_gateway
from tests.world import REPO, World, make_world

KEY = "sk-real-key-of-the-operator"
COMMAND = "/async-code implement make the failing test pass --agent {}"


@dataclass
class Agency:
    """A world with one agent, and the model that it asks."""

    world: World
    model: MockModel
    agent: str

    def implement(self, flags: str = "") -> Any:
        """Somebody asks for work, and it is done; the run's row."""
        self.world.comment(f"{COMMAND.format(self.agent)} {flags}")
        self.world.work()
        (run,) = self.world.run_rows()
        return run

    def file(self, path: str) -> str | None:
        """A file as the pull request has it."""
        return self.world.hub.file_at(REPO, self.world.pull_request.head, path)

    @property
    def said(self) -> str:
        """The bot's comment."""
        return self.world.reply(1)


def need_in(sandbox: str, agent: str) -> None:
    """Skips the test unless the agent is there: on this machine, or in the image."""
    if sandbox != "docker":
        need(agent, sandbox)
    elif not usable(sandbox).has(AGENTS[agent].probe[0], None):
        pytest.skip(f"{agent} is missing: it is not in the image; ./async-code image")


Hire = Callable[..., Agency]


@pytest.fixture
def hire(tmp_path: Path, sqlite_url: str) -> Iterator[Hire]:
    """Puts an agent to work in a sandbox, for a model that follows a script."""
    with ExitStack() as held:

        def start(agent: str, sandbox: str, script: Script | Sequence[Step], **settings: Any) -> Agency:
            need_in(sandbox, agent)
            model = held.enter_context(MockModel(script))
            given = {
                "sandbox": sandbox,
                "agents_dir": os.environ.get("AGENTS_DIR"),
                "anthropic_api_key": KEY,
                "anthropic_base_url": f"{model.url}/anthropic",
                "openai_api_key": KEY,
                "openai_base_url": f"{model.url}/openai/v1",
                "gemini_api_key": KEY,
                "gemini_base_url": f"{model.url}/gemini",
                "run_minutes": 2,
            }
            world = held.enter_context(living(make_world(tmp_path, sqlite_url, **given | settings)))
            held.enter_context(living_gateway(world.settings, world.database))
            return Agency(world, model, agent)

        yield start
