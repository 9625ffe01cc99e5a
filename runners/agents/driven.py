"""What the adapters of agents that come from PyPI share: a program of ours drives each by its own Python classes."""

from typing import Any

from runners.agents.adapter import BASES, AgentEvent, Brief, Exit, Outcome, Reader
from runners.agents.failures import UNREACHABLE, api_failure, too_many_turns
from runners.agents.foreign import Foreign, ForeignReader
from runners.agents.json_lines import LAST_WORDS, count, text

# On the search path lies a link into the agent's environment, whose Python stands beside what the link means.
ITS_PYTHON = 'exec "$(dirname "$(readlink -f "$(command -v "$0")")")/python" -E -s -B "$@"'


class Driven(Foreign):
    """Installed into an environment of its own: what two of them need does not go together."""

    driver: str  # the program of ours
    packages: tuple[str, ...]  # as pip takes them
    needs_model = True

    @property
    def installation(self) -> tuple[str, ...]:
        """The link comes last: what was not installed whole is not found."""
        venv = f"{{agents}}/venvs/{self.name}"
        return (
            f"{{python}} -m venv --clear {venv}",
            f"{venv}/bin/pip install --quiet --disable-pip-version-check {' '.join(self.packages)}",
            "mkdir -p {agents}/bin",
            f"ln -sfn ../venvs/{self.name}/bin/{self.program} {{agents}}/bin/{self.program}",
        )

    def argv(self, brief: Brief) -> list[str]:
        """Its own command line is never used: see the program."""
        return ["sh", "-c", ITS_PYTHON, self.program, "{programs}/run.py", self.driver, f"openai/{brief.model}"]

    def env(self, brief: Brief) -> dict[str, str]:
        """The gateway as its API; a list of prices that it need not fetch."""
        return {
            "OPENAI_API_BASE": BASES["openai-chat"],
            "OPENAI_API_KEY": brief.credential,
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }

    def reader(self) -> Reader:
        """Reads the events of our program."""
        return DrivenReader()


class DrivenReader(ForeignReader):
    """The last line says how it went, and what the API refused before it says why it failed."""

    def __init__(self) -> None:
        super().__init__()
        self._refused: tuple[int | None, str] | None = None
        self._done: dict[str, Any] | None = None

    def read(self, data: dict[str, Any]) -> list[AgentEvent] | None:
        """The events of one line."""
        said = text(data.get("text"))
        match data.get("event"):
            case "text":
                self._refused = None
                return [AgentEvent("text", {"text": said})]
            case "tool_call":
                self._refused = None
                return [AgentEvent("tool_call", {"name": text(data.get("name")), "text": said})]
            case "tool_result":
                return [AgentEvent("tool_result", {"text": said, "failed": data.get("failed") is True})]
            case "refused":
                self._refused = status_of(data), said
                return [AgentEvent("error", {"text": said})]
            case "done":
                self._done = data
                return []
        return None

    def outcome(self, exit: Exit) -> Outcome | None:
        """By the last line."""
        if self._done is None:
            return None
        said, reason = text(self._done.get("summary"), LAST_WORDS), self._done.get("reason")
        if self._done.get("status") == "succeeded":
            return Outcome("succeeded", summary=said)
        if reason == "max_turns":
            return too_many_turns()
        if reason == "too_long":
            return api_failure(413)
        return api_failure(*(self._refused or (None, said)))


def status_of(refused: dict[str, Any]) -> int | None:
    """What the API said. The library that both ask by says 500 also where nothing answered."""
    status = count(refused.get("status"))
    is_made_up = status == 500 and UNREACHABLE.search(text(refused.get("text")))
    return None if is_made_up or not status else status
