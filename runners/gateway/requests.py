"""What a request asks of a model, and whether it may go out. Pure: bytes in, a request or a refusal out.

A model's provider can itself fetch pages, call servers and run code. Whoever has taken over an agent could speak to the
world that way, so that only tools which run in the sandbox are let through, and no source but the request itself.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
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
TOKENS_OF_AN_IMAGE = 10_000
IMAGES = ("image_url", "inlineData", "inline_data", "source")
# … and a document's from its pages, of which nobody knows.
DOCUMENTS = ("file", "input_file", "input_audio")
# … anywhere in it.
SOURCES = ("fileData", "fileUri", "file_uri", "file_id", "file_url", "video_url", "audio_url", "plugins", "prediction")
# Items that fetch what is kept at the provider, or read all of a conversation once more.
KINDS = re.compile(r"item_reference|compact_.*")
# What describes data and holds none: a name means nothing there.
SCHEMAS = ("schema", "responseSchema", "response_schema", "responseJsonSchema", "response_json_schema")
NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
DEEPEST, MOST_OBJECTS = 100, 100_000


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
    most_output: int | None
    most_input: int  # tokens that the model may count in it


def read(route: Route, model: str | None, path: str, body: bytes) -> ModelRequest:
    """What the request asks for. Raises Refused."""
    asked = _parsed(body)
    images = _refuse_outside(route, asked)
    model = model or asked.get("model")
    if not isinstance(model, str) or not NAMED.fullmatch(model):
        raise Refused(400, "The request names no model, or not as models are named.")
    if SEARCHES.search(model):
        raise Refused(403, f"The model `{model}` may search the web; it is not let through.")
    sent = _amended(route, asked, body)
    return ModelRequest(sent, model, _most_output(route, asked), len(sent) + images * TOKENS_OF_AN_IMAGE)


def _parsed(body: bytes) -> dict[str, Any]:
    """One JSON object in which no name stands twice."""
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


def _refuse_outside(route: Route, asked: dict[str, Any]) -> int:
    """Raises Refused for what reaches outside of the request or costs more than it says; how many images it has."""
    for name in OUTSIDE[route.wire]:
        if asked.get(name) not in (None, False):
            raise Refused(403, f"`{name}` would let the provider reach outside of the request; it is not let through.")
    if not isinstance(asked.get("tools"), list | None):
        raise Refused(400, "`tools` is no list.")
    configuration = asked.get("generationConfig") or asked.get("generation_config")
    for place in (asked, configuration if isinstance(configuration, dict) else {}):
        _refuse_dearer(place)
    images = 0
    for part in _objects(route, asked):
        if route.wire == "gemini":
            _refuse_twice(part)
        if isinstance(part.get("tools"), list):
            _refuse_tools(route, part["tools"])
        _refuse_source(part)
        images += any(name in part for name in IMAGES)
    return images


def _refuse_dearer(place: dict[str, Any]) -> None:
    for name, values in DEARER.items():
        if place.get(name) is not None and place[name] not in values:
            raise Refused(403, f"`{name}` would make the answer cost more than its tokens; it is not let through.")


def _refuse_twice(part: dict[str, Any]) -> None:
    """Gemini takes each name as `camelCase` and as `snake_case`, and we could look at the wrong one."""
    if len({name.replace("_", "").lower() for name in part}) < len(part):
        raise Refused(400, "A name stands twice in one object, spelled in two ways.")


def _refuse_tools(route: Route, tools: list[Any]) -> None:
    """Tools that run at the provider, wherever in the request they are offered, and within whatever other tools."""
    left = list(tools)
    while left:
        tool = left.pop()
        if not isinstance(tool, dict):
            raise Refused(400, "A tool is no JSON object.")
        named = _hosted(route, tool)
        if named is not None:
            raise Refused(403, f"The tool `{named}` runs at the provider; only tools of the sandbox are let through.")
        inner = tool.get("tools")
        if not isinstance(inner, list | None):
            raise Refused(400, "`tools` is no list.")
        left += inner or []


def _hosted(route: Route, tool: dict[str, Any]) -> str | None:
    """The tool's name, if it is not one of the sandbox's."""
    if route.wire == "gemini":
        return next((name for name in tool if name not in GEMINI_TOOLS), None)
    kind = str(tool.get("type", "custom" if route.wire == "anthropic" else ""))
    # Anthropic's own come with a date, all others by their exact name.
    known = (kind == name or (name.endswith("_") and kind.startswith(name)) for name in CLIENT_TOOLS[route.wire])
    return None if any(known) else kind


def _refuse_source(part: dict[str, Any]) -> None:
    for name in SOURCES:
        if part.get(name) is not None:
            raise Refused(403, f"`{name}` names something outside of the request; it is not let through.")
    kind, source = part.get("type"), part.get("source")
    if isinstance(kind, str) and KINDS.fullmatch(kind):
        raise Refused(403, f"`{kind}` takes more than stands in the request; it is not let through.")
    inline = part.get("inlineData") or part.get("inline_data")
    mime = (inline.get("mimeType") or inline.get("mime_type")) if isinstance(inline, dict) else "image/"
    of_source = source.get("type") if isinstance(source, dict) else None
    document = kind == "document" and of_source not in ("text", "content")
    if kind in DOCUMENTS or document or not str(mime).startswith("image/"):
        raise Refused(403, "Nobody knows how many tokens a document or a sound has; it is not let through.")
    if of_source in ("url", "file"):
        raise Refused(403, f"A source of type `{of_source}` lies outside of the request; it is not let through.")
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else image
    if url is not None and not str(url).startswith("data:"):
        raise Refused(403, "An image's address lies outside of the request; it is not let through.")


def _objects(route: Route, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object that the provider takes for more than data: no tool's description, nor what one is called with."""
    left: list[tuple[Any, int]] = [(asked, 0)]
    count = 0
    while left:
        value, depth = left.pop()
        count += 1
        if depth > DEEPEST or count > MOST_OBJECTS:
            raise Refused(400, "The request is nested too deep, or has too many parts.")
        if isinstance(value, dict):
            yield value
            inner = [item for name, item in value.items() if not _is_data(route, value, name)]
        else:
            inner = value
        left += [(item, depth + 1) for item in inner if isinstance(item, dict | list)]


def _is_data(route: Route, holder: dict[str, Any], name: str) -> bool:
    if name == "tools" or name in SCHEMAS:
        return True
    if route.wire == "anthropic":
        return name == "input" and holder.get("type") == "tool_use" and "name" in holder and "messages" not in holder
    return route.wire == "gemini" and name in ("args", "response") and "name" in holder and "contents" not in holder


def _most_output(route: Route, asked: dict[str, Any]) -> int | None:
    configuration = asked.get("generationConfig")
    found = {
        "anthropic": asked.get("max_tokens"),
        "openai-chat": asked.get("max_completion_tokens") or asked.get("max_tokens"),
        "openai-responses": asked.get("max_output_tokens"),
        "gemini": configuration.get("maxOutputTokens") if isinstance(configuration, dict) else None,
    }[route.wire]
    return found if type(found) is int and found > 0 else None


def _amended(route: Route, asked: dict[str, Any], body: bytes) -> bytes:
    """What goes out. OpenAI keeps answers unless it is told not to, and a chat's stream says what it took if asked."""
    more: dict[str, Any] = {}
    if route.provider == "openai" and asked.get("store") is not False:
        more["store"] = False
    if route.wire == "openai-chat" and asked.get("stream") is True:
        options = asked.get("stream_options")
        more["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    try:
        return json.dumps({**asked, **more}, allow_nan=False).encode() if more else body
    except ValueError:
        raise Refused(400, "A number in the request is larger than any.") from None
