"""Google's Gemini API."""

from collections.abc import Mapping
from typing import Any

from bot.mock_model.conversation import Answer, Conversation, Tool, dicts, pieces, texts
from bot.mock_model.wires.sse import event

ERRORS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


def read(body: Mapping[str, Any], path: str) -> Conversation:
    """What a request means. The model and the wish for a stream stand in its path."""
    model, _, method = path.rpartition("/")[2].partition(":")
    contents = dicts(body.get("contents"))
    parts = [part for content in contents for part in dicts(content.get("parts"))]
    said = [texts(content.get("parts")) for content in contents if content.get("role", "user") == "user"]
    system = body.get("systemInstruction") or {}
    declared = [item for tool in dicts(body.get("tools")) for item in dicts(tool.get("functionDeclarations"))]
    wanted = body.get("generationConfig") or {}
    return Conversation(
        model=model,
        told="\n".join([system if isinstance(system, str) else texts(system.get("parts")), *said]),
        tools=[
            Tool(str(item.get("name")), item.get("parametersJsonSchema") or item.get("parameters") or {})
            for item in declared
        ],
        results=sum("functionResponse" in part for part in parts),
        stream=method == "streamGenerateContent",
        wanted=wanted.get("responseJsonSchema") or wanted.get("responseSchema"),
    )


def whole(answer: Answer) -> dict[str, Any]:
    """The answer in one piece."""
    return _chunk(answer, [*({"text": text} for text in answer.texts), *_calls(answer)], "STOP")


def events(answer: Answer) -> list[str]:
    """The answer as server-sent events: each is an answer of its own, the last one says why it ends."""
    texts = [_chunk(answer, [{"text": piece}], None) for text in answer.texts for piece in pieces(text)]
    return [*map(event, texts), event(_chunk(answer, _calls(answer) or [{"text": ""}], "STOP"))]


def error(status: int, message: str) -> dict[str, Any]:
    """An error's body."""
    return {"error": {"code": status, "message": message, "status": ERRORS.get(status, "INTERNAL")}}


def _calls(answer: Answer) -> list[dict[str, Any]]:
    return [
        {"functionCall": {"id": f"fc_{call.id}", "name": call.tool.name, "args": call.arguments}}
        for call in answer.calls
    ]


def _chunk(answer: Answer, parts: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    return {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": answer.tokens.input,
            "cachedContentTokenCount": answer.tokens.cached,
            "candidatesTokenCount": answer.tokens.output if reason else 1,
            "totalTokenCount": answer.tokens.input + (answer.tokens.output if reason else 1),
        },
        "modelVersion": answer.model,
        "responseId": answer.id,
    }
