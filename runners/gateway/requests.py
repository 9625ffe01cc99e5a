"""What a request asks of a model, and whether it may go out. Pure: bytes in, a request or a refusal out.

A model's provider can itself fetch pages, call servers and run code. Whoever has taken over an agent could speak to the
world that way, so that a request holds only words that are known to be harmless, only tools which run in the sandbox,
and no source but itself.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from runners.agents.adapter import Wire
from runners.gateway.routes import Route
from runners.gateway.vocabulary import VOCABULARIES, Words, undated

MOST_BYTES = 32 * 1024 * 1024
# Fields that go out with these values only: others multiply the price of an answer, or keep it at the provider.
VALUES: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "candidateCount": (1,),
    "service_tier": ("auto", "default", "flex", "standard_only"),
    "speed": ("standard",),
    "inference_geo": ("global",),
    "modalities": (["text"],),
    "responseModalities": (["TEXT"],),
    "store": (False,),
    "background": (False,),
}
# What holds an image or a file itself where it could name a place that the provider would fetch.
INLINE = {"url", "image_url", "file_data"}
# Models that search the web by themselves.
SEARCHES = re.compile(r"search|research", re.IGNORECASE)
# An image's tokens follow from its size in pixels, not in bytes.
TOKENS_OF_AN_IMAGE = 10_000
DOCUMENTS = ("application/pdf", "text/")
NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
DEEPEST, MOST_OBJECTS = 100, 100_000
UNLISTED = "`{}` is not among what a request to this API may hold here; the operator can list it in config/agents.toml."


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
    most_input: int | None  # tokens that the model may count in it; None: as many as it takes, since nobody knows


def read(route: Route, model: str | None, path: str, body: bytes) -> ModelRequest:
    """What the request asks for. Raises Refused."""
    asked = _parsed(body)
    images, documents = _refuse_outside(route.wire, asked)
    model = model or asked.get("model")
    if not isinstance(model, str) or not NAMED.fullmatch(model):
        raise Refused(400, "The request names no model, or not as models are named.")
    if SEARCHES.search(model):
        raise Refused(403, f"The model `{model}` may search the web; it is not let through.")
    sent = _amended(route, asked, body)
    most_input = None if documents else len(sent) + images * TOKENS_OF_AN_IMAGE
    return ModelRequest(sent, model, _most_output(route, asked), most_input)


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


def _refuse_outside(wire: Wire, asked: dict[str, Any]) -> tuple[int, int]:
    """Raises Refused for what may reach outside of the request; how many images and documents it has."""
    found = [_judged(wire, *place) for place in _objects(wire, asked)]
    return found.count("image"), found.count("document")


def _judged(wire: Wire, where: str, part: dict[str, Any]) -> str | None:
    """What the object under the name `where` is, as far as that costs more than its bytes. Raises Refused."""
    _refuse_unlisted(wire, where, part)
    plain = VOCABULARIES[wire].plainly(part)
    if len(plain) < len(part):
        raise Refused(400, "A name stands twice in one object, spelled in two ways.")
    _refuse_values(wire, plain)
    if not isinstance(plain.get("tools"), list | None):
        raise Refused(400, "`tools` is no list.")
    if where == "tools":
        _refuse_tool(wire, plain)
    elif not _is_known_type(wire, where, plain):
        raise Refused(403, UNLISTED.format(f"type {plain.get('type')}"))
    return _kind(plain)


def _refuse_unlisted(wire: Wire, where: str, part: dict[str, Any]) -> None:
    listed = _words(wire).names if where else _words(wire).fields
    for name, value in part.items():
        if name not in listed and VOCABULARIES[wire].plain(name) not in listed and value is not None:
            raise Refused(403, UNLISTED.format(name))


def _refuse_values(wire: Wire, plain: dict[str, Any]) -> None:
    for name in plain.keys() & _values(wire).keys():
        values = _values(wire)[name]
        if plain[name] is not None and plain[name] not in values:
            raise Refused(403, f"`{name}` goes out only as {values[0]!r}: else it costs or keeps more than it says.")
    for name in plain.keys() & INLINE:
        if not isinstance(plain[name], dict | None) and not str(plain[name]).startswith("data:"):
            raise Refused(403, f"`{name}` lies outside of the request; an image or file goes out only within it.")


def _refuse_tool(wire: Wire, tool: dict[str, Any]) -> None:
    """A tool that runs at the provider. Gemini's are told by their names, which are judged as all others."""
    kind = tool.get("type", "custom" if wire == "anthropic" else "")
    if wire != "gemini" and undated(str(kind)) not in _words(wire).tools:
        raise Refused(403, f"The tool `{kind}` runs at the provider; only tools of the sandbox are let through.")


def _is_known_type(wire: Wire, where: str, plain: dict[str, Any]) -> bool:
    kind = plain.get("type")
    if kind is None:  # an item of a conversation without a role would be what the provider keeps under an id
        return where != "input" or "role" in plain
    return isinstance(kind, str) and undated(kind) in _words(wire).types


def _kind(plain: dict[str, Any]) -> str | None:
    """Raises Refused for what is neither text nor image nor document."""
    if "image_url" in plain:
        return "image"
    if "file_data" in plain or (plain.get("type") == "base64" and "media_type" not in plain):
        return "document"
    mime = next((str(plain[name]) for name in ("media_type", "mimetype") if name in plain), "text/plain")
    if mime.startswith("image/"):
        return "image"
    if not mime.startswith(DOCUMENTS):
        raise Refused(403, f"`{mime}`: nobody knows how many tokens a sound or a film has; it is not let through.")
    return "document" if mime == DOCUMENTS[0] else None


@cache
def _values(wire: Wire) -> dict[str, tuple[Any, ...]]:
    return VOCABULARIES[wire].plainly(VALUES)


@cache
def _words(wire: Wire) -> Words:
    return VOCABULARIES[wire].words(wire)


def _objects(wire: Wire, asked: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object that the provider takes for more than data, and the name that it stands under."""
    vocabulary, words = VOCABULARIES[wire], _words(wire)
    left: list[tuple[str, Any, int]] = [("", asked, 0)]
    count = 0
    while left:
        where, value, depth = left.pop()
        count += 1
        if depth > DEEPEST or count > MOST_OBJECTS:
            raise Refused(400, "The request is nested too deep, or has too many parts.")
        if isinstance(value, dict):
            yield where, value
            inner = [(name, item) for name, item in value.items() if vocabulary.plain(name) not in words.data]
        elif where == "tools":
            inner = [(where, item if isinstance(item, dict) else _no_tool()) for item in value]
        else:
            inner = [(where, item) for item in value]
        left += [(name, item, depth + 1) for name, item in inner if isinstance(item, dict | list)]


def _no_tool() -> NoReturn:
    raise Refused(400, "A tool is no JSON object.")


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
