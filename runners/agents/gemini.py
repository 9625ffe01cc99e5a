"""Google's Gemini CLI, by its `stream-json` output."""

import json
import re
from typing import Any

from runners.agents.adapter import BASES, AgentEvent, Brief, Exit, Outcome, Reader, Usage, Wire
from runners.agents.claude_lines import told
from runners.agents.failures import api_failure, too_many_turns
from runners.agents.foreign import MOST_TURNS, Foreign, ForeignReader, usage_event
from runners.agents.json_lines import at, count, shortened, text

# Without a chosen way to log in it refuses to start where another base URL is set.
SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "model": {"maxSessionTurns": MOST_TURNS},
    "tools": {"exclude": ["google_web_search", "web_fetch"]},
    "general": {"maxAttempts": 3, "enableAutoUpdate": False, "enableAutoUpdateNotification": False},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
}
TURNS_EXIT = 53
NOISE = re.compile(r"Warning: |YOLO mode|Ripgrep is not|\[STARTUP\]")


class Gemini(Foreign):
    """Its settings are a file of its home."""

    name = "gemini"
    description = "Google's Gemini CLI"
    wire: Wire | None = "gemini"
    program = "gemini"
    package = "@google/gemini-cli"
    version = "0.61.0"

    def argv(self, brief: Brief) -> list[str]:
        """In a folder that is not trusted it would ask before each tool, and there is nobody to answer."""
        argv = [self.program, "--yolo", "--skip-trust", "--output-format", "stream-json"]
        return argv + (["--model", brief.model] if brief.model else [])

    def env(self, brief: Brief) -> dict[str, str]:
        """The gateway as its API."""
        return {"GEMINI_API_KEY": brief.credential, "GOOGLE_GEMINI_BASE_URL": BASES["gemini"]}

    def files(self, brief: Brief) -> dict[str, str]:
        """Its settings."""
        return {".gemini/settings.json": json.dumps(SETTINGS)}

    def reader(self) -> Reader:
        """Reads `stream-json`."""
        return GeminiReader()


class GeminiReader(ForeignReader):
    """The text comes in pieces; the last line says how it went."""

    noise = NOISE

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._is_told = False
        self._result: dict[str, Any] | None = None

    def read(self, data: dict[str, Any]) -> list[AgentEvent] | None:
        """The events of one line, after the text that it ends."""
        if data.get("type") == "message":
            return self._message(data)
        events = self._other(data)
        return None if events is None else [*self._told_now(), *events]

    def _other(self, data: dict[str, Any]) -> list[AgentEvent] | None:
        match data.get("type"):
            case "init":
                return []
            case "tool_use":
                called = {"name": text(data.get("tool_name")), "text": told(data.get("parameters"))}
                return [AgentEvent("tool_call", called)]
            case "tool_result":
                came = text(data.get("output")) or text(at(data, "error", "message"))
                return [AgentEvent("tool_result", {"text": came, "failed": data.get("status") != "success"})]
            case "error":
                return [AgentEvent("error", {"text": text(data.get("message"))})]
            case "result":
                return self._end(data)
        return None

    def outcome(self, exit: Exit) -> Outcome | None:
        """By the last line, which one exit code stands for."""
        if self._result is None:
            return too_many_turns(self.usage) if exit.code == TURNS_EXIT else None
        if self._result.get("status") == "success":
            return Outcome("succeeded", summary=self._said.strip(), usage=self.usage)
        if at(self._result, "error", "type") == "FatalTurnLimitedError":
            return too_many_turns(self.usage)
        return api_failure(status_of(exit), text(at(self._result, "error", "message")), self.usage)

    def _message(self, data: dict[str, Any]) -> list[AgentEvent]:
        """The model's text grows: the log would break it into lines."""
        if data.get("role") == "assistant":
            if self._is_told:  # what stands before a tool is not the last word
                self._said, self._is_told = "", False
            self._said += text(data.get("content"))
        return []

    def _told_now(self) -> list[AgentEvent]:
        is_new, self._is_told = not self._is_told and self._said.strip(), True
        return [AgentEvent("text", {"text": shortened(self._said)})] if is_new else []

    def _end(self, data: dict[str, Any]) -> list[AgentEvent]:
        stats = data.get("stats")
        self.usage = Usage(count(at(stats, "input_tokens")), count(at(stats, "output_tokens")))
        self._result = data
        return [usage_event(self.usage)]


def status_of(exit: Exit) -> int | None:
    """It ends with the API's status, of which an exit code keeps eight bits."""
    return exit.code + 256 if 400 <= exit.code + 256 < 512 else None
