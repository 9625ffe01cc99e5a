"""Anthropic's Messages API."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.mock_model.conversation import Answer, Conversation, Tool, dicts, pieces, texts
from bot.mock_model.wires.sse import event

ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def read(body: Mapping[str, Any], path: str) -> Conversation:
    """What a request means."""
    messages = dicts(body.get("messages"))
    blocks = [block for message in messages for block in dicts(message.get("content"))]
    said = [texts(message.get("content")) for message in messages if message.get("role") == "user"]
    return Conversation(
        model=str(body.get("model", "")),
        told="\n".join([texts(body.get("system")), *said]),
        tools=[Tool(str(tool.get("name")), tool.get("input_schema") or {}) for tool in dicts(body.get("tools"))],
        results=sum(block.get("type") == "tool_result" for block in blocks),
        stream=body.get("stream") is True,
        wanted=((body.get("output_config") or {}).get("format") or {}).get("schema"),
    )


def whole(answer: Answer) -> dict[str, Any]:
    """The answer in one piece."""
    blocks = [{"type": "text", "text": text} for text in answer.texts]
    blocks += [_tool_use(call.id, call.tool.name, call.arguments) for call in answer.calls]
    return _message(answer) | {
        "content": blocks,
        "stop_reason": _stop_reason(answer),
        "usage": _usage(answer, answer.tokens.output),
    }


def events(answer: Answer) -> list[str]:
    """The answer as server-sent events."""
    start = _message(answer) | {"content": [], "stop_reason": None, "usage": _usage(answer, 1)}
    data: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, (block, deltas) in enumerate(_blocks(answer)):
        data.append({"type": "content_block_start", "index": index, "content_block": block})
        data += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        data.append({"type": "content_block_stop", "index": index})
    stop = {"stop_reason": _stop_reason(answer), "stop_sequence": None}
    data.append({"type": "message_delta", "delta": stop, "usage": {"output_tokens": answer.tokens.output}})
    data.append({"type": "message_stop"})
    return [event(item, item["type"]) for item in data]


def error(status: int, message: str) -> dict[str, Any]:
    """An error's body."""
    return {"type": "error", "error": {"type": ERRORS.get(status, "api_error"), "message": message}}


def _blocks(answer: Answer) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each block as it starts, and what is added to it."""
    for text in answer.texts:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces(text)]
    for call in answer.calls:
        parts = pieces(json.dumps(call.arguments))
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in parts]
        yield _tool_use(call.id, call.tool.name, {}), deltas


def _tool_use(id: str, name: str, arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{id}", "name": name, "input": arguments}


def _message(answer: Answer) -> dict[str, Any]:
    return {
        "id": f"msg_{answer.id}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "stop_sequence": None,
    }


def _stop_reason(answer: Answer) -> str:
    return "tool_use" if answer.calls else "end_turn"


def _usage(answer: Answer, output: int) -> dict[str, int]:
    """Here `input_tokens` are those that came from no cache."""
    return {
        "input_tokens": answer.tokens.input - answer.tokens.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": answer.tokens.cached,
        "output_tokens": output,
    }
