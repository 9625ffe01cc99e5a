"""What the real agents printed, read by their adapters. `record.py` makes the recordings."""

import json
from dataclasses import dataclass
from pathlib import Path

from runners.agents import AGENTS
from runners.agents.adapter import AgentEvent, Exit, Outcome

FOLDER = Path(__file__).parent / "recordings"
EXITS = json.loads((FOLDER / "exits.json").read_text())
RECORDED = [agent.name for agent in AGENTS.values() if agent.probe]


@dataclass(frozen=True)
class Reading:
    """One recording's events and outcome."""

    events: list[AgentEvent]
    outcome: Outcome

    def of(self, kind: str) -> list[AgentEvent]:
        """The events of one kind."""
        return [event for event in self.events if event.kind == kind]


def lines_of(name: str) -> list[str]:
    """As a sandbox hands them over."""
    return (FOLDER / f"{name}.jsonl").read_text().splitlines()


def agent_of(name: str) -> str:
    """The agent of a recording."""
    return max((agent for agent in RECORDED if name.startswith(f"{agent}-")), key=len)


def read(name: str, lines: list[str] | None = None) -> Reading:
    """Its lines, or others, through the adapter's reader."""
    reader = AGENTS[agent_of(name)].reader()
    events = [event for line in (lines_of(name) if lines is None else lines) for event in reader.feed(line)]
    return Reading(events, reader.finish(Exit(EXITS[name])))


def is_kept(value: object) -> bool:
    """A scalar, so that secrets are found in it, and text that any database keeps."""
    if isinstance(value, str):
        return "\0" not in value and value == value.encode("utf-8", "replace").decode()
    return value is None or isinstance(value, int | float)
