"""Claude Code, by its `stream-json` output."""

from collections.abc import Mapping
from typing import Any

from runners.agents.adapter import BASES, AgentEvent, Brief, Exit, Outcome, Reader, Usage, Wire
from runners.agents.claude_lines import ClaudeLines
from runners.agents.failures import api_failure, too_many_turns
from runners.agents.foreign import MOST_TURNS, Foreign, ForeignReader, usage_event
from runners.agents.json_lines import LAST_WORDS, at, count, dollars, mapping, text

RETRIES = 3  # by itself it tries ten times, for minutes, also where its key was refused


class ClaudeCode(Foreign):
    """Anthropic's agent. Its Read tool shows the model an image that the prompt names, also outside the workspace.

    This version was seen to read `~/images/1.png`. https://github.com/anthropics/claude-code/issues/1518
    """

    name = "claude-code"
    description = "Anthropic's Claude Code"
    wire: Wire | None = "anthropic"
    program = "claude"
    package = "@anthropic-ai/claude-code"
    version = "2.1.197"
    sees = True

    def argv(self, brief: Brief) -> list[str]:
        """The repository's own settings are left out: they could run hooks, and name another API."""
        argv = [self.program, "--print", "--output-format", "stream-json", "--verbose"]
        argv += ["--dangerously-skip-permissions", "--no-session-persistence"]
        argv += ["--strict-mcp-config", "--setting-sources", "user", "--disallowedTools", "WebFetch,WebSearch"]
        argv += ["--max-turns", str(MOST_TURNS)]
        return argv + (["--model", brief.model] if brief.model else [])

    def env(self, brief: Brief) -> dict[str, str]:
        """The gateway as its API, nothing else that it would call."""
        return {
            "ANTHROPIC_BASE_URL": BASES["anthropic"],
            "ANTHROPIC_AUTH_TOKEN": brief.credential,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": str(RETRIES),
        }

    def reader(self) -> Reader:
        """Reads `stream-json`."""
        return ClaudeReader()


class ClaudeReader(ForeignReader):
    """The last line says how it went: `subtype` alone does not, it is `success` where the API failed."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = ClaudeLines()
        self._result: Mapping[str, Any] | None = None

    def read(self, data: dict[str, Any]) -> list[AgentEvent] | None:
        """The result is kept for the end; all else is of the conversation."""
        if data.get("type") != "result":
            return self._lines.read(data)
        self._result = data
        self.usage = usage_of(data)
        return [usage_event(self.usage)]

    def outcome(self, exit: Exit) -> Outcome | None:
        """By the result line; None where none came, as after a signal."""
        if self._result is None:
            return None
        subtype, said = self._result.get("subtype"), text(self._result.get("result"), LAST_WORDS)
        if subtype == "error_max_turns":
            return too_many_turns(self.usage)
        if subtype == "error_max_budget_usd":
            return Outcome("limit", "budget", "The agent spent more than it may.", self.usage)
        if subtype == "success" and self._result.get("is_error") is False:
            return Outcome("succeeded", summary=said, usage=self.usage)
        return failure(self._result, said or text(self._result.get("errors")), self.usage)


def failure(result: Mapping[str, Any], said: str, usage: Usage) -> Outcome:
    """Without a key it asks nobody, and has no status to tell."""
    if said.startswith("Not logged in"):
        return api_failure(401, said, usage)
    return api_failure(count(result.get("api_error_status")) or None, said, usage)


def usage_of(result: Mapping[str, Any]) -> Usage:
    """By model: what stands under `usage` leaves sub-agents out, and part of a run that ended early."""
    models = [mapping(model) for model in mapping(result.get("modelUsage")).values()]
    inputs = ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
    return Usage(
        input_tokens=sum(count(at(model, name)) for model in models for name in inputs),
        output_tokens=sum(count(at(model, "outputTokens")) for model in models),
        cost_usd=dollars(result.get("total_cost_usd")),
    )
