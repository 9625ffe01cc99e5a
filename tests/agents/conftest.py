"""Agents at work in all sandboxes, where they work."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runners.agents import AGENTS
from runners.agents.adapter import AgentEvent, Brief, Outcome
from runners.sandboxes.interface import Errand, Sandbox
from tests.sandboxes.running import ALL, run, usable

Work = Callable[[str, Path, Brief], tuple[Outcome, list[AgentEvent]]]


@pytest.fixture(params=[sandbox.name for sandbox in ALL])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return usable(request.param)


def at_work(sandbox: Sandbox) -> Work:
    """Runs an agent by name on a tree: its outcome and its events."""

    def work(name: str, tree: Path, brief: Brief) -> tuple[Outcome, list[AgentEvent]]:
        agent = AGENTS[name]
        texts = agent.stdin(brief), agent.env(brief), agent.files(brief)
        lines, exit = run(sandbox, Errand(agent.argv(brief), tree, *texts, seconds=brief.minutes * 60))
        reader = agent.reader()
        events = [event for line in lines for event in reader.feed(line)]
        return reader.finish(exit), events

    return work


@pytest.fixture
def work(sandbox: Sandbox) -> Work:
    return at_work(sandbox)


@pytest.fixture
def plain() -> Work:
    """For what a sandbox makes no difference to."""
    return at_work(usable("none"))
