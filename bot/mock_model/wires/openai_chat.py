"""OpenAI's Chat Completions API."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.mock_model.conversation import Answer, Conversation, Tool, ToolCall, dicts, pieces, texts
from bot.mock_model.wires.sse import event

ERRORS = {401: "invalid_api_key", 403: "permission_denied", 404: "model_not_found", 429: "rate_limit_exceeded"}


def read(body: Mapping[str, Any], path: str) -> Conversation:
    """What a request means."""
    messages = dicts(body.get("messages"))
    said = [message for message in messages if message.get("role") in ("system", "developer", "user")]
    wanted = (body.get("response_format") or {}).get("json_schema") or {}
    return Conversation(
        model=str(body.get("model", "")),
        told="\n".join(texts(message.get("content")) for message in said),
        tools=[_tool(tool) for tool in dicts(body.get("tools"))],
        results=sum(message.get("role") == "tool" for message in messages),
        stream=body.get("stream") is True,
        wanted=wanted.get("schema"),
    )


def _tool(tool: Mapping[str, Any]) -> Tool:
    declared = tool.get(str(tool.get("type"))) or {}
    return Tool(str(declared.get("name")), declared.get("parameters") or {}, freeform=tool.get("type") == "custom")


def whole(answer: Answer) -> dict[str, Any]:
    """The answer in one piece."""
    message: dict[str, Any] = {"role": "assistant", "content": "".join(answer.texts) or None}
    if answer.calls:
        message["tool_calls"] = [_call(call) for call in answer.calls]
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(answer), "logprobs": None}
    return _completion(answer, "chat.completion") | {"choices": [choice], "usage": _usage(answer)}


def events(answer: Answer) -> list[str]:
    """The answer as server-sent events. The usage comes last: every agent asks for it."""
    chunk = _completion(answer, "chat.completion.chunk")
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in _deltas(answer)]
    last = {"index": 0, "delta": {}, "finish_reason": _finish_reason(answer)}
    chunks = [chunk | {"choices": [choice]} for choice in [*choices, last]]
    chunks.append(chunk | {"choices": [], "usage": _usage(answer)})
    return [*map(event, chunks), event("[DONE]")]


def error(status: int, message: str) -> dict[str, Any]:
    """An error's body."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": ERRORS.get(status)}}


def _deltas(answer: Answer) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for piece in pieces("".join(answer.texts)):
        yield {"content": piece}
    for index, call in enumerate(answer.calls):
        kind, name, text = _told(call)
        yield {"tool_calls": [_part(call, "") | {"index": index}]}
        for piece in pieces(text):
            yield {"tool_calls": [{"index": index, kind: {name: piece}}]}


def _call(call: ToolCall) -> dict[str, Any]:
    return _part(call, _told(call)[2])


def _part(call: ToolCall, text: str) -> dict[str, Any]:
    kind, name, _ = _told(call)
    return {"id": f"call_{call.id}", "type": kind, kind: {"name": call.tool.name, name: text}}


def _told(call: ToolCall) -> tuple[str, str, str]:
    """The call's kind, and what it is told under which name."""
    if isinstance(call.arguments, str):
        return "custom", "input", call.arguments
    return "function", "arguments", json.dumps(call.arguments)


def _completion(answer: Answer, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{answer.id}", "object": kind, "created": 0, "model": answer.model}


def _finish_reason(answer: Answer) -> str:
    return "tool_calls" if answer.calls else "stop"


def _usage(answer: Answer) -> dict[str, Any]:
    return {
        "prompt_tokens": answer.tokens.input,
        "completion_tokens": answer.tokens.output,
        "total_tokens": answer.tokens.input + answer.tokens.output,
        "prompt_tokens_details": {"cached_tokens": answer.tokens.cached},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
