"""Drives one of the project's own programs: the brief goes in as one JSON document, JSON lines come out."""

import json
from dataclasses import asdict
from typing import Any

from runners.agents.adapter import STOPPED, Agent, AgentEvent, Brief, Exit, Outcome, Reader
from runners.agents.json_lines import document

KINDS = ("text", "tool_call", "tool_result")
SCALARS = (str, int, float, bool, type(None))
STATUSES = ("succeeded", "failed", "limit")


class Program(Agent):
    """What the adapters of `programs/` share; `name` is also the program's module."""

    def argv(self, brief: Brief) -> list[str]:
        """`-B`: the folder of programs may be writable, and must stay as it is."""
        return ["{python}", "-E", "-s", "-B", "{programs}/run.py", self.name]

    def stdin(self, brief: Brief) -> str:
        """The whole brief as JSON."""
        return json.dumps(asdict(brief))

    def reader(self) -> Reader:
        """Reads the program's JSON lines."""
        return ProgramReader()


class ProgramReader:
    """Reads `{"event": …}` lines. Only a `done` line says how it went; the last one counts."""

    def __init__(self) -> None:
        self._outcome: Outcome | None = None

    def feed(self, line: str) -> list[AgentEvent]:
        """What a line means; a line that is not one of ours is `raw`."""
        data = parse(line)
        event = data.pop("event", None)
        if event == "done" and data.get("status") in STATUSES:
            self._outcome = Outcome(data["status"], str(data.get("reason", "")), str(data.get("summary", "")))
            return []
        if event in KINDS:
            return [AgentEvent(event, data)]
        return [AgentEvent("raw", {"line": line})] if line else []

    def finish(self, exit: Exit) -> Outcome:
        """The program's own word, unless a limit of ours ended it first."""
        if exit.killed:
            return STOPPED[exit.killed]
        if self._outcome is None:
            return Outcome("failed", "no_result", f"The agent ended with exit code {exit.code} and without a result.")
        return self._outcome


def parse(line: str) -> dict[str, Any]:
    """The scalars of the line's JSON object."""
    return {key: item for key, item in document(line).items() if isinstance(item, SCALARS)}
