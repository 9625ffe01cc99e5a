"""GitHub's Copilot CLI with the operator's own model: it needs no account of GitHub's, and asks GitHub nothing."""

from typing import Any

from runners.agents.adapter import BASES, AgentEvent, Brief, Exit, Outcome, Reader, Wire
from runners.agents.claude_lines import told
from runners.agents.failures import api_failure
from runners.agents.foreign import Foreign, ForeignReader
from runners.agents.json_lines import LAST_WORDS, at, count, objects, shortened, text


class Copilot(Foreign):
    """Its newer models are meant to be reached by the Responses API."""

    name = "copilot"
    description = "GitHub Copilot CLI, with a key of the operator's own"
    wire: Wire | None = "openai-responses"
    program = "copilot"
    package = "@github/copilot"
    version = "1.0.102"
    needs_model = True

    def argv(self, brief: Brief) -> list[str]:
        """The folder is not trusted: its hooks, skills and servers stay unread."""
        argv = [self.program, "--allow-all-tools", "--no-ask-user", "--output-format", "json", "--no-auto-update"]
        return [*argv, "--disable-builtin-mcps", "--no-remote", "--no-remote-export", "--no-color"]

    def env(self, brief: Brief) -> dict[str, str]:
        """Offline it has no web tools, and no telemetry."""
        return {
            "COPILOT_OFFLINE": "true",
            "COPILOT_AUTO_UPDATE": "false",
            "COPILOT_PROVIDER_BASE_URL": BASES["openai-responses"],
            "COPILOT_PROVIDER_WIRE_API": "responses",
            "COPILOT_PROVIDER_API_KEY": brief.credential,
            "COPILOT_MODEL": str(brief.model),
        }

    def reader(self) -> Reader:
        """Reads `--output-format json`."""
        return CopilotReader()


class CopilotReader(ForeignReader):
    """It tells no tokens: the gateway counts them."""

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._status = 0
        self._error: str | None = None
        self._exit: Any = None

    def read(self, data: dict[str, Any]) -> list[AgentEvent] | None:
        """The events of one line. What is marked as passing is only for a screen, except that it tries again."""
        kind, given = data.get("type"), data.get("data")
        match kind:
            case "assistant.message":
                self._said = text(at(given, "content"), LAST_WORDS) or self._said
                return [AgentEvent("text", {"text": shortened(self._said)})] if at(given, "content") else []
            case "tool.execution_start":
                called = {"name": text(at(given, "toolName")), "text": told(at(given, "arguments"))}
                return [AgentEvent("tool_call", called)]
            case "tool.execution_complete":
                return [result(given)]
            case "model.call_failure":
                self._status = count(at(given, "statusCode"))
                return []
            case "assistant.turn_retry":
                said = f"the model API answered {self._status}" if self._status else "the model API did not answer"
                return [AgentEvent("retry", {"text": f"{said}; it tries again", "status": self._status})]
            case "session.error":
                self._error = text(at(given, "message"))
                return [AgentEvent("error", {"text": self._error})]
            case "result":
                self._exit = data.get("exitCode")
                return []
        return [] if data.get("ephemeral") is True or kind in QUIET else None

    def outcome(self, exit: Exit) -> Outcome | None:
        """By the last line and the error before it."""
        if self._error is not None:
            return api_failure(self._status or None, self._error)
        return Outcome("succeeded", summary=self._said) if self._exit == 0 else None


QUIET = ("user.message", "assistant.turn_start", "assistant.turn_end", "system.message", "session.start")


def result(given: Any) -> AgentEvent:
    """What a tool answered."""
    came = text(at(given, "result", "content")) or text(at(given, "error", "message"))
    exits = [at(given, "shellExecution", "exitCode"), *(item.get("exitCode") for item in objects(at(given, "shells")))]
    failed = at(given, "success") is not True or any(code not in (None, 0) for code in exits)
    return AgentEvent("tool_result", {"text": came, "failed": failed})
