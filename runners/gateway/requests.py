"""What a request asks of a model, and whether it may go out. Pure: bytes in, a request or a refusal out.

A model's provider can itself fetch pages, call servers and run code. Whoever has taken over an agent could speak to the
world that way, so that only tools which run in the sandbox are let through, and no source but the request itself.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from runners.gateway.routes import Route

MOST_BYTES = 32 * 1024 * 1024
# Tools that the model asks the agent for. Anthropic dates its own (`bash_20250124`).
CLIENT_TOOLS = {
    "anthropic": ("custom", "bash_", "text_editor_", "memory_"),
    "openai-chat": ("function", "custom"),
    "openai-responses": ("function", "custom", "local_shell", "apply_patch", "namespace"),
}
GEMINI_TOOLS = ("functionDeclarations", "function_declarations")
# Fields that reach for something outside of the request: a page, a server, a file, an answer or a cache kept there.
OUTSIDE = {
    "anthropic": ("mcp_servers", "container"),
    "openai-chat": ("web_search_options", "store"),
    "openai-responses": ("previous_response_id", "conversation", "background", "prompt", "store"),
    "gemini": ("cachedContent", "cached_content"),
}
# What multiplies the price of an answer, and the values under which it does not.
DEARER: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "candidateCount": (1,),
    "candidate_count": (1,),
    "service_tier": ("auto", "default", "flex", "standard_only"),
    "speed": ("standard",),
    "inference_geo": ("global",),
    "audio": (),
    "modalities": (["text"],),
    "responseModalities": (["TEXT"],),
    "response_modalities": (["TEXT"],),
}
# Models that search the web by themselves.
SEARCHES = re.compile(r"search|research", re.IGNORECASE)
# An image's tokens follow from its size in pixels, not in bytes.
TOKENS_OF_AN_IMAGE = 5_000
IMAGES = ("image", "image_url", "input_image")
# … and a document's from its pages, of which nobody knows.
DOCUMENTS = ("file", "input_file", "input_audio")
# … anywhere in it.
SOURCES = ("fileData", "file_data_uri", "fileUri", "file_uri", "file_id", "file_url")


class Refused(Exception):
    """A request that does not go out: the status, and a sentence for whoever reads the agent's log."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class ModelRequest:
    """A request that may go out. `most_output` is the tokens that it allows, where it says so."""

    body: bytes
    model: str
    streams: bool
    most_output: int | None
    most_input: int  # tokens that the model may count in it


def read(route: Route, model: str | None, path: str, body: bytes) -> ModelRequest:
    """What the request asks for. Raises Refused."""
    asked = _parsed(body)
    _refuse_outside(route, asked)
    model = model or asked.get("model")
    if not isinstance(model, str) or not model:
        raise Refused(400, "The request names no model.")
    if SEARCHES.search(model):
        raise Refused(403, f"The model `{model}` may search the web; it is not let through.")
    streams = path.endswith(":streamGenerateContent") or asked.get("stream") is True
    images = sum(1 for part in _objects(asked) if _is_image(part))
    most_input = len(body) + images * TOKENS_OF_AN_IMAGE
    request = ModelRequest(body, model, streams, _most_output(route, asked), most_input)
    return _with_usage(request, asked) if route.wire == "openai-chat" and streams else request


def _parsed(body: bytes) -> dict[str, Any]:
    """One JSON object that every parser reads alike."""
    try:
        asked = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise Refused(400, "The request is nested too deep.") from None
    except ValueError as error:
        raise Refused(400, f"The request is no JSON: {error}") from None
    if not isinstance(asked, dict):
        raise Refused(400, "The request is no JSON object.")
    return asked


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is none")


def _refuse_outside(route: Route, asked: dict[str, Any]) -> None:
    for name in OUTSIDE[route.wire]:
        if asked.get(name) not in (None, False):
            raise Refused(403, f"`{name}` would let the provider reach outside of the request; it is not let through.")
    configuration = asked.get("generationConfig") or asked.get("generation_config")
    for place in (asked, configuration if isinstance(configuration, dict) else {}):
        _refuse_dearer(place)
    for tool in _list(asked.get("tools")):
        _refuse_tool(route, tool)
    for part in _objects(asked):
        _refuse_source(part)


def _refuse_dearer(place: dict[str, Any]) -> None:
    for name, values in DEARER.items():
        if place.get(name) is not None and place[name] not in values:
            raise Refused(403, f"`{name}` would make the answer cost more than its tokens; it is not let through.")


def _refuse_tool(route: Route, tool: Any) -> None:
    if not isinstance(tool, dict):
        raise Refused(400, "A tool is no JSON object.")
    if route.wire == "gemini":
        named = [name for name in tool if name not in GEMINI_TOOLS]
    else:
        kind = tool.get("type", "custom" if route.wire == "anthropic" else "")
        # Anthropic's own come with a date, all others by their exact name.
        known = [name for name in CLIENT_TOOLS[route.wire] if kind == name or name.endswith("_")]
        named = [] if any(str(kind).startswith(name) for name in known) else [str(kind)]
        named += [str(inner.get("type")) for inner in _list(tool.get("tools")) if _runs_elsewhere(route, inner)]
    if named:
        raise Refused(403, f"The tool `{named[0]}` runs at the provider; only tools of the sandbox are let through.")


def _runs_elsewhere(route: Route, tool: Any) -> bool:
    return not isinstance(tool, dict) or tool.get("type") not in CLIENT_TOOLS[route.wire]


def _refuse_source(part: dict[str, Any]) -> None:
    for name in SOURCES:
        if part.get(name) is not None:
            raise Refused(403, f"`{name}` names something outside of the request; it is not let through.")
    inline = part.get("inlineData") or part.get("inline_data")
    mime = (inline.get("mimeType") or inline.get("mime_type")) if isinstance(inline, dict) else "image/"
    document = part.get("type") == "document" and _type_of(part.get("source")) not in ("text", "content")
    if part.get("type") in DOCUMENTS or document or not str(mime).startswith("image/"):
        raise Refused(403, "Nobody knows how many tokens a document or a sound has; it is not let through.")
    source = part.get("source")
    if isinstance(source, dict) and source.get("type") in ("url", "file"):
        raise Refused(403, f"A source of type `{source['type']}` lies outside of the request; it is not let through.")
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else image
    if url is not None and not str(url).startswith("data:"):
        raise Refused(403, "An image's address lies outside of the request; it is not let through.")


def _type_of(value: Any) -> Any:
    return value.get("type") if isinstance(value, dict) else None


def _is_image(part: dict[str, Any]) -> bool:
    return part.get("type") in IMAGES or "inlineData" in part or "inline_data" in part


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, but for what describes a tool or is one's argument: there a name means nothing."""
    if isinstance(value, dict):
        yield value
        for name, inner in value.items():
            if name not in ("tools", "input_schema", "parameters", "args", "arguments") and not (
                name == "input" and value.get("type") == "tool_use"
            ):
                yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(400, "`tools` is no list.")
    return value


def _most_output(route: Route, asked: dict[str, Any]) -> int | None:
    configuration = asked.get("generationConfig")
    found = {
        "anthropic": asked.get("max_tokens"),
        "openai-chat": asked.get("max_completion_tokens") or asked.get("max_tokens"),
        "openai-responses": asked.get("max_output_tokens"),
        "gemini": configuration.get("maxOutputTokens") if isinstance(configuration, dict) else None,
    }[route.wire]
    return found if isinstance(found, int) and found > 0 else None


def _with_usage(request: ModelRequest, asked: dict[str, Any]) -> ModelRequest:
    """Without being asked for it, a chat's stream does not say what it took."""
    options = asked.get("stream_options")
    asked["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    return replace(request, body=json.dumps(asked).encode())
