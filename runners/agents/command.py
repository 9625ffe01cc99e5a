"""The operator's own command line as an agent: the prompt on standard input, every line of output as text."""

from collections import deque

from runners.agents.adapter import STOPPED, Agent, AgentEvent, Brief, Exit, Outcome, Reader
from runners.agents.prompt import prompt

LAST_LINES = 20  # say why it failed
MOST_LINES = 400  # are what it has to say


class Command(Agent):
    """Runs what AGENT_COMMAND names, inside the sandbox."""

    name = "command"
    description = "the operator's own command line"
    sees = True  # whatever it runs, they lie in its home

    def missing(self, brief: Brief) -> str | None:
        """The operator must have named a command line."""
        return None if brief.argv else "No command line is configured: the operator sets AGENT_COMMAND."

    def argv(self, brief: Brief) -> list[str]:
        """The operator's, untouched."""
        return list(brief.argv)

    def stdin(self, brief: Brief) -> str:
        """The prompt."""
        return prompt(brief)

    def reader(self) -> Reader:
        """Reads plain lines."""
        return CommandReader()


class CommandReader:
    """Here the exit code has to do: an unknown program has no other word."""

    def __init__(self) -> None:
        self._last: deque[str] = deque(maxlen=MOST_LINES)

    def feed(self, line: str) -> list[AgentEvent]:
        """Every line is text."""
        self._last.append(line)
        return [AgentEvent("text", {"text": line})]

    def finish(self, exit: Exit) -> Outcome:
        """Exit code 0 succeeded; else the last lines say why not."""
        if exit.killed:
            return STOPPED[exit.killed]
        said = list(self._last)
        if exit.code == 0:
            return Outcome("succeeded", summary="\n".join(said).strip())
        last = "\n".join(said[-LAST_LINES:]).strip()
        return Outcome("failed", "exit_code", f"The command ended with exit code {exit.code}.\n{last}".strip())
