"""The conversation in the lines that Claude Code, and agents made like it, print."""

from collections.abc import Mapping
from typing import Any

from runners.agents.adapter import AgentEvent
from runners.agents.json_lines import at, count, objects, text

# What a tool is called with, in the order in which it tells most.
TELLING = ("command", "file_path", "path", "pattern", "patchText", "description", "prompt")


class ClaudeLines:
    """Knows which sub-agent a message came from."""

    def __init__(self) -> None:
        self._roles: dict[str, str] = {}  # of a sub-agent, by the call that started it

    def read(self, data: Mapping[str, Any]) -> list[AgentEvent] | None:
        """The events of one line; None where nobody knows it."""
        match data.get("type"):
            case "assistant":
                return self._assistant(data)
            case "user":
                return self._user(data)
            case "system":
                return self._system(data)
        return None

    def _assistant(self, data: Mapping[str, Any]) -> list[AgentEvent]:
        events = []
        for block in objects(at(data, "message", "content")):
            if block.get("type") == "text":
                events.append(AgentEvent("text", {"text": text(block.get("text")), **self._who(data)}))
            if block.get("type") == "tool_use":
                called = {"name": text(block.get("name")), "text": told(block.get("input"))}
                events.append(AgentEvent("tool_call", {**called, **self._who(data)}))
        return events

    def _user(self, data: Mapping[str, Any]) -> list[AgentEvent]:
        """Only what tools answered; what a sub-agent is told is known from its call."""
        events = []
        for block in objects(at(data, "message", "content")):
            if block.get("type") == "tool_result":
                came = {"text": text(block.get("content")), "failed": block.get("is_error") is True}
                events.append(AgentEvent("tool_result", {**came, **self._who(data)}))
        return events

    def _system(self, data: Mapping[str, Any]) -> list[AgentEvent] | None:
        match data.get("subtype"):
            case "init" | "task_updated":
                return []
            case "api_retry":
                return [retry(data)]
            case "task_started":
                role = text(data.get("subagent_type"))
                self._roles[text(data.get("tool_use_id"))] = role
                return [AgentEvent("agent_spawned", {**self._task(data), "text": text(data.get("description"))})]
            case "task_progress":
                return [AgentEvent("agent_progress", {**self._task(data), "text": text(data.get("description"))})]
            case "task_notification":
                end = {"status": text(data.get("status")), "text": text(data.get("summary"))}
                return [AgentEvent("agent_finished", {**self._task(data), **end})]
        return None

    def _task(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Whose event it is, and what that sub-agent took until now."""
        role = data.get("subagent_type") or self._roles.get(text(data.get("tool_use_id")))
        usage = {"tokens": count(at(data, "usage", "total_tokens")), "tools": count(at(data, "usage", "tool_uses"))}
        return {"agent": text(data.get("task_id")), "role": text(role), **usage}

    def _who(self, data: Mapping[str, Any]) -> dict[str, str]:
        parent = data.get("parent_tool_use_id")
        return {"role": self._roles.get(text(parent), "sub-agent")} if parent else {}


def retry(data: Mapping[str, Any]) -> AgentEvent:
    """It waits for the API, and asks again."""
    status = count(data.get("error_status"))
    said = f"the model API answered {status}" if status else "the model API did not answer"
    tried = f"{said}; try {count(data.get('attempt'))} of {count(data.get('max_retries'))}"
    return AgentEvent("retry", {"text": tried, "status": status, "seconds": count(data.get("retry_delay_ms")) / 1000})


def told(given: Any) -> str:
    """A tool's arguments in a line: the one that tells most, or all of them."""
    telling = next((at(given, name) for name in TELLING if at(given, name)), None)
    return text(telling if isinstance(telling, str) else given)
