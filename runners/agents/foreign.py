"""What the adapters of other people's agents share: a prompt on standard input, a JSON object a line on the output."""

import re
from abc import ABC, abstractmethod
from collections import deque
from typing import Any

from runners.agents.adapter import LONGEST_LINE, STOPPED, Agent, AgentEvent, Brief, Exit, Outcome, Usage
from runners.agents.failures import no_result
from runners.agents.json_lines import document, shortened
from runners.agents.prompt import prompt

MOST_TURNS = 200  # where an agent counts them; the gateway bounds money and requests for all
LONGEST_DOCUMENT = 4 * 1024 * 1024  # a written file stands in it whole
LONGEST_CHARACTER = 4  # bytes: a piece is never cut within one
LAST_LINES = 10  # of what is no JSON: an agent that can't begin says so in plain text


class Foreign(Agent):
    """An agent of other people's, by default an npm package. A subclass says how it is called."""

    program: str
    package: str = ""
    version: str  # that the adapter was made for
    needs_model = False

    def __init__(self) -> None:
        self.probe = (self.program, "--version")
        self.install = self.installation

    @property
    def installation(self) -> tuple[str, ...]:
        """See `install`."""
        return (f"npm install --prefix {{agents}} {self.package}@{self.version}",)

    def missing(self, brief: Brief) -> str | None:
        """Some don't start without a model's name."""
        if self.needs_model and not brief.model:
            return f"`{self.name}` needs the name of a model: `--model M`."
        return None

    def stdin(self, brief: Brief) -> str:
        """The prompt: an argument may not be so long, and everyone on the host could read it."""
        return prompt(brief)


class ForeignReader(ABC):
    """Keeps what every end needs. A subclass reads one document and says how it ended."""

    noise = re.compile(r"(?!)")  # plain lines that are there in every run, and tell nobody why one failed

    def __init__(self) -> None:
        self.usage = Usage()
        self._plain: deque[str] = deque(maxlen=LAST_LINES)
        self._begun = ""  # of a document that comes in pieces

    def feed(self, line: str) -> list[AgentEvent]:
        """What a line means; a line that the subclass doesn't know is `raw`."""
        goes_on = len(line.encode("utf-8", "replace")) > LONGEST_LINE - LONGEST_CHARACTER
        line, self._begun = self._begun + line, ""
        data = document(line)
        if not data and goes_on and line.startswith("{") and len(line) < LONGEST_DOCUMENT:
            self._begun = line
            return []
        events = self.read(data) if data else None
        if events is not None:
            return events
        if not data and not self.noise.match(line):
            self._plain.append(line)
        return [AgentEvent("raw", {"line": shortened(line)})] if line.strip() else []

    def finish(self, exit: Exit) -> Outcome:
        """A limit of ours first, then the agent's own word; without one, it failed."""
        if exit.killed:
            return STOPPED[exit.killed]
        return self.outcome(exit) or no_result(exit, "\n".join(self._plain), self.usage)

    @abstractmethod
    def read(self, data: dict[str, Any]) -> list[AgentEvent] | None:
        """The events of a document; None where nobody knows it."""

    @abstractmethod
    def outcome(self, exit: Exit) -> Outcome | None:
        """How it ended, if it said so."""


def usage_event(usage: Usage) -> AgentEvent:
    """What the models took so far."""
    data = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "cost_usd": usage.cost_usd}
    return AgentEvent("usage", data)
