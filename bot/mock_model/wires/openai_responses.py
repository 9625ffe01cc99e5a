"""OpenAI's Responses API."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.mock_model.conversation import Answer, Conversation, Tool, ToolCall, dicts, pieces, texts
from bot.mock_model.wires.openai_chat import error
from bot.mock_model.wires.sse import event

__all__ = ["error", "events", "read", "whole"]


def read(body: Mapping[str, Any], path: str) -> Conversation:
    """What a request means."""
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else dicts(given)
    said = [item for item in items if item.get("role") in ("system", "developer", "user")]
    return Conversation(
        model=str(body.get("model", "")),
        told="\n".join([texts(body.get("instructions")), *(texts(item.get("content")) for item in said)]),
        tools=list(_tools(body.get("tools"), "")),
        results=sum(str(item.get("type", "")).endswith("_call_output") for item in items),
        stream=body.get("stream") is True,
        wanted=((body.get("text") or {}).get("format") or {}).get("schema"),
    )


def _tools(declared: Any, namespace: str) -> Iterator[Tool]:
    for tool in dicts(declared):
        name, kind = str(tool.get("name", "")), tool.get("type")
        if kind == "namespace":
            yield from _tools(tool.get("tools"), name)
        elif kind in ("function", "custom"):
            yield Tool(name, tool.get("parameters") or {}, namespace, freeform=kind == "custom")


def whole(answer: Answer) -> dict[str, Any]:
    """The answer in one piece."""
    return _response(answer, "completed") | {"output": [item for item, _ in _items(answer)], "usage": _usage(answer)}


def events(answer: Answer) -> list[str]:
    """The answer as server-sent events."""
    begun = _response(answer, "in_progress")
    data: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
    data.append({"type": "response.in_progress", "response": begun})
    for index, (item, deltas) in enumerate(_items(answer)):
        place = {"output_index": index}
        data.append({"type": "response.output_item.added", "item": _begun(item)} | place)
        data += [delta | place | {"item_id": item["id"]} for delta in deltas]
        data.append({"type": "response.output_item.done", "item": item} | place)
    data.append({"type": "response.completed", "response": whole(answer)})
    return [event(item | {"sequence_number": number}, item["type"]) for number, item in enumerate(data)]


def _items(answer: Answer) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each item when it is complete, and what is streamed of it before."""
    for index, text in enumerate(answer.texts):
        content = {"type": "output_text", "text": text, "annotations": []}
        item = {"id": f"msg_{answer.id}_{index}", "type": "message", "role": "assistant", "content": [content]}
        deltas = [{"type": "response.output_text.delta", "content_index": 0, "delta": piece} for piece in pieces(text)]
        part = {"type": "response.content_part.added", "content_index": 0, "part": content | {"text": ""}}
        yield item | {"status": "completed"}, [part, *deltas]
    for call in answer.calls:
        yield _call(call)


def _call(call: ToolCall) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    item = {"id": f"fc_{call.id}", "call_id": f"call_{call.id}", "name": call.tool.name, "status": "completed"}
    if call.tool.namespace:
        item["namespace"] = call.tool.namespace
    if isinstance(call.arguments, str):
        kind, given, delta = "custom_tool_call", {"input": call.arguments}, "response.custom_tool_call_input.delta"
    else:
        kind, given = "function_call", {"arguments": json.dumps(call.arguments)}
        delta = "response.function_call_arguments.delta"
    (text,) = given.values()
    return item | {"type": kind} | given, [{"type": delta, "delta": piece} for piece in pieces(text)]


def _begun(item: Mapping[str, Any]) -> dict[str, Any]:
    empty = {"content": [], "arguments": "", "input": ""}
    return {**item, **{name: nothing for name, nothing in empty.items() if name in item}, "status": "in_progress"}


def _response(answer: Answer, status: str) -> dict[str, Any]:
    return {
        "id": f"resp_{answer.id}",
        "object": "response",
        "created_at": 0,
        "status": status,
        "model": answer.model,
        "output": [],
        "error": None,
        "incomplete_details": None,
        "usage": None,
    }


def _usage(answer: Answer) -> dict[str, Any]:
    return {
        "input_tokens": answer.tokens.input,
        "input_tokens_details": {"cached_tokens": answer.tokens.cached},
        "output_tokens": answer.tokens.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": answer.tokens.input + answer.tokens.output,
    }
