"""opencode, by the JSON lines of `opencode run`."""

import json
from typing import Any

from runners.agents.adapter import BASES, AgentEvent, Brief, Exit, Outcome, Reader, Usage, Wire
from runners.agents.claude_lines import told
from runners.agents.failures import api_failure
from runners.agents.foreign import Foreign, ForeignReader, usage_event
from runners.agents.json_lines import LAST_WORDS, at, count, shortened, text

PROVIDER = "gateway"
TITLE = "async-code"  # it would ask a model for one


class OpenCode(Foreign):
    """By OpenAI's Responses: with Chat Completions its requests are refused by OpenAI's newer models."""

    name = "opencode"
    description = "opencode, with any model behind OpenAI's Responses API"
    wire: Wire | None = "openai-responses"
    program = "opencode"
    package = "opencode-ai"
    version = "1.18.33"
    needs_model = True

    def argv(self, brief: Brief) -> list[str]:
        """Without `--auto` it would reject what it may not ask for."""
        argv = [self.program, "run", "--format", "json", "--auto", "--pure", "--title", TITLE]
        return [*argv, "--model", f"{PROVIDER}/{brief.model}"]

    def env(self, brief: Brief) -> dict[str, str]:
        """The provider is inside the program: nothing is downloaded. The repository's own settings are left out.

        Not its plugins: this version runs what lies in `.opencode/plugin`, and nothing turns that off.
        """
        options = {"baseURL": BASES["openai-responses"], "apiKey": brief.credential}
        provider = {"npm": "@ai-sdk/openai", "options": options, "models": {str(brief.model): {}}}
        config = {
            "share": "disabled",
            "autoupdate": False,
            "provider": {PROVIDER: provider},
            "permission": {"webfetch": "deny", "websearch": "deny"},
        }
        return {
            "OPENCODE_CONFIG_CONTENT": json.dumps(config),
            "OPENCODE_DISABLE_PROJECT_CONFIG": "1",
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
        }

    def reader(self) -> Reader:
        """Reads `--format json`."""
        return OpenCodeReader()


class OpenCodeReader(ForeignReader):
    """There is no last line: a step that ended with `stop` is success, unless an error came after it."""

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._stopped = False
        self._error: Any = None

    def read(self, data: dict[str, Any]) -> list[AgentEvent] | None:
        """The events of one line."""
        part = data.get("part")
        match data.get("type"):
            case "step_start":
                self._stopped = False
                return []
            case "text":
                self._said = text(at(part, "text"), LAST_WORDS)
                return [AgentEvent("text", {"text": shortened(self._said)})]
            case "reasoning":
                return []
            case "tool_use":
                return tool(part)
            case "step_finish":
                return self._step(part)
            case "error":
                self._error = data.get("error")
                said = text(at(self._error, "data", "message")) or text(at(self._error, "name"))
                return [AgentEvent("error", {"text": said})]
        return None

    def outcome(self, exit: Exit) -> Outcome | None:
        """By the last step, and the error if there was one."""
        if self._error is not None:
            said = text(at(self._error, "data", "message")) or text(at(self._error, "name"))
            return api_failure(count(at(self._error, "data", "statusCode")) or None, said, self.usage)
        return Outcome("succeeded", summary=self._said, usage=self.usage) if self._stopped else None

    def _step(self, part: Any) -> list[AgentEvent]:
        self._stopped = at(part, "reason") == "stop"
        tokens = at(part, "tokens")
        inputs = (at(tokens, "input"), at(tokens, "cache", "read"), at(tokens, "cache", "write"))
        outputs = (at(tokens, "output"), at(tokens, "reasoning"))
        self.usage = Usage(
            self.usage.input_tokens + sum(map(count, inputs)),
            self.usage.output_tokens + sum(map(count, outputs)),
        )
        return [usage_event(self.usage)]


def tool(part: Any) -> list[AgentEvent]:
    """A tool that has ended: its call and its result."""
    state = at(part, "state")
    failed = at(state, "status") != "completed" or at(state, "metadata", "exit") not in (None, 0)
    came = text(at(state, "output")) or text(at(state, "error"))
    called = {"name": text(at(part, "tool")), "text": told(at(state, "input"))}
    return [AgentEvent("tool_call", called), AgentEvent("tool_result", {"text": came, "failed": failed})]
