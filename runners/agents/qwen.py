"""Qwen Code, by its `stream-json` output, which is like Claude Code's."""

import re
from typing import Any

from runners.agents.adapter import BASES, AgentEvent, Brief, Exit, Outcome, Reader, Usage, Wire
from runners.agents.claude_lines import ClaudeLines
from runners.agents.failures import api_failure, too_many_turns
from runners.agents.foreign import MOST_TURNS, Foreign, ForeignReader, usage_event
from runners.agents.json_lines import at, count, text

API_ERROR = re.compile(r"\[API Error: ([^\[]+)\](?:\n[^\n]+)?\Z")  # ends its last text
TURNS_EXIT = 53


class Qwen(Foreign):
    """Any model that is reached by OpenAI's Chat Completions.

    Where the API is overloaded it waits for minutes and says nothing: the clocks of the sandbox end that.
    """

    name = "qwen"
    description = "Qwen Code, with any model behind OpenAI's Chat API"
    wire: Wire | None = "openai-chat"
    program = "qwen"
    package = "@qwen-code/qwen-code"
    version = "0.15.10"
    needs_model = True

    def argv(self, brief: Brief) -> list[str]:
        """Bare, it reads no settings of the repository, which could run commands, and has but a shell and an editor."""
        argv = [self.program, "--bare", "--yolo", "--output-format", "stream-json", "--auth-type", "openai"]
        argv += ["--max-session-turns", str(MOST_TURNS), "--exclude-tools", "web_fetch", "--chat-recording", "false"]
        return [*argv, "--openai-base-url", BASES["openai-chat"], "--model", str(brief.model)]

    def env(self, brief: Brief) -> dict[str, str]:
        """The key."""
        return {"OPENAI_API_KEY": brief.credential}

    def reader(self) -> Reader:
        """Reads `stream-json`."""
        return QwenReader()


class QwenReader(ForeignReader):
    """Where the API fails, it says `success` and puts the error into its last text."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = ClaudeLines()
        self._result: dict[str, Any] | None = None

    def read(self, data: dict[str, Any]) -> list[AgentEvent] | None:
        """The result is kept for the end; all else is of the conversation."""
        if data.get("type") != "result":
            return self._lines.read(data)
        self._result, usage = data, data.get("usage")
        self.usage = Usage(count(at(usage, "input_tokens")), count(at(usage, "output_tokens")))
        return [usage_event(self.usage)]

    def outcome(self, exit: Exit) -> Outcome | None:
        """By the last line; at the limit of turns there is none, only an exit code."""
        if self._result is None:
            return too_many_turns(self.usage) if exit.code == TURNS_EXIT else None
        said = text(self._result.get("result")) or text(at(self._result, "error", "message"))
        error = API_ERROR.search(said)
        if error or self._result.get("is_error") is not False:
            return api_failure(None, error[1] if error else said, self.usage)
        return Outcome("succeeded", summary=said, usage=self.usage)
