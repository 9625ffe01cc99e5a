"""OpenAI's Codex, by the JSON lines of `codex exec`."""

from collections.abc import Mapping
from typing import Any

from runners.agents.adapter import BASES, AgentEvent, Brief, Exit, Outcome, Reader, Usage, Wire
from runners.agents.failures import api_failure
from runners.agents.foreign import Foreign, ForeignReader, usage_event
from runners.agents.json_lines import LAST_WORDS, at, count, document, objects, shortened, text

KEY = "GATEWAY_TOKEN"
# It would ignore OPENAI_BASE_URL, and try a WebSocket first where it knows the provider.
PROVIDER = (
    f'{{name="gateway",base_url="{BASES["openai-responses"]}",env_key="{KEY}",wire_api="responses",'
    "request_max_retries=2,stream_max_retries=2}"
)
SETTINGS = (
    "analytics.enabled=false",
    "project_doc_max_bytes=0",  # a pull request could bring its own instructions; it is told those of the base branch
    "check_for_update_on_startup=false",
    'web_search="disabled"',
    "model_provider=gateway",
    f"model_providers.gateway={PROVIDER}",
)
HIGH_DEMAND = "experiencing high demand"
RECONNECTS = "Reconnecting"


class Codex(Foreign):
    """Speaks the Responses API only. Images go with the first message, by name, as this version was seen to do.

    https://developers.openai.com/codex/cli/reference
    """

    name = "codex"
    description = "OpenAI's Codex"
    wire: Wire | None = "openai-responses"
    program = "codex"
    package = "@openai/codex"
    version = "0.169.0"
    sees = True

    def argv(self, brief: Brief) -> list[str]:
        """Plugins and apps would be fetched from the network; its own sandbox can't be made inside ours.

        An image's name stands before a flag: it would take a word behind it for another one.
        """
        images = [word for path in brief.images for word in ("--image", f"{{home}}/{path}")]
        argv = [self.program, "exec", *images, "--json", "--ephemeral", "--skip-git-repo-check"]
        argv += ["--dangerously-bypass-approvals-and-sandbox", "--disable", "plugins", "--disable", "apps"]
        argv += [word for setting in SETTINGS for word in ("-c", setting)]
        return [*argv, *(["-m", brief.model] if brief.model else []), "-"]

    def env(self, brief: Brief) -> dict[str, str]:
        """The key of the provider that the settings name."""
        return {KEY: brief.credential}

    def reader(self) -> Reader:
        """Reads `--json`."""
        return CodexReader()


class CodexReader(ForeignReader):
    """Only `turn.completed` is success; an error line may be one of many tries."""

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._completed = False
        self._failed: str | None = None

    def read(self, data: dict[str, Any]) -> list[AgentEvent] | None:
        """Items are what it does, turns are how it goes."""
        match data.get("type"):
            case "thread.started" | "turn.started":
                return []
            case "item.started" | "item.updated" | "item.completed":
                return self._item(str(data["type"]), at(data, "item"))
            case "turn.completed":
                return self._end(data)
            case "turn.failed":
                self._failed = text(at(data, "error", "message"))
                return []
            case "error":
                said = text(data.get("message"))
                return [AgentEvent("retry" if said.startswith(RECONNECTS) else "error", {"text": said})]
        return None

    def outcome(self, exit: Exit) -> Outcome | None:
        """By how the turn ended."""
        if self._failed is not None:
            return failure(self._failed, self.usage)
        return Outcome("succeeded", summary=self._said, usage=self.usage) if self._completed else None

    def _end(self, data: Mapping[str, Any]) -> list[AgentEvent]:
        usage = data.get("usage")
        self.usage = Usage(count(at(usage, "input_tokens")), count(at(usage, "output_tokens")))
        self._completed, self._failed = True, None
        return [usage_event(self.usage)]

    def _item(self, moment: str, item: Any) -> list[AgentEvent] | None:
        begun, done = moment == "item.started", moment == "item.completed"
        match at(item, "type"):
            case "agent_message":
                self._said = text(at(item, "text"), LAST_WORDS) if done else self._said
                return [AgentEvent("text", {"text": shortened(self._said)})] if done else []
            case "command_execution" if begun:
                return [AgentEvent("tool_call", {"name": "exec_command", "text": text(at(item, "command"))})]
            case "command_execution" if done:
                failed = at(item, "exit_code") != 0
                return [AgentEvent("tool_result", {"text": text(at(item, "aggregated_output")), "failed": failed})]
            case "file_change" if done:
                return [file_change(item)]
            case "command_execution" | "file_change" | "reasoning" | "todo_list":
                return []
            case "error" if done:  # a warning: what ends the turn comes with the turn
                return [AgentEvent("raw", {"line": text(at(item, "message"))})]
        return None


def failure(said: str, usage: Usage) -> Outcome:
    """Two kinds come without a status: a bad request, as the API worded it, and a failure of the API's own."""
    if at(document(said), "error", "type") == "invalid_request_error":
        return api_failure(400, said, usage)
    if HIGH_DEMAND in said:
        return Outcome("failed", "overloaded", "The model API is overloaded or failed; try again later.", usage)
    return api_failure(None, said, usage)


def file_change(item: Any) -> AgentEvent:
    """A patch that was applied: the call and its result at once."""
    changes = [f"{text(change.get('kind'))} {text(change.get('path'))}" for change in objects(at(item, "changes"))]
    return AgentEvent("tool_call", {"name": "apply_patch", "text": "\n".join(changes)})
