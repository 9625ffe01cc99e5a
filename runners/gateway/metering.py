"""What an answer of a model took, read from a copy of it as it passes by: all four protocols, streamed or not."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from config.catalogue import Tokens
from runners.agents.adapter import Wire

LONGEST = 8 * 1024 * 1024  # bytes of a line, or of an answer that is not streamed; of a longer one nothing is known
MARKS = (b'"usage', b'"usage_metadata"')  # `usage` and Gemini's `usageMetadata`


class Meter:
    """Fed with an answer's bytes; `tokens` is what it has said so far, None while it has said nothing."""

    def __init__(self, wire: Wire, *, streamed: bool) -> None:
        self._wire, self._streamed = wire, streamed
        self._rest = bytearray()
        self._too_long = False
        self._said: dict[str, int] = {}

    @property
    def tokens(self) -> Tokens | None:
        """What the answer took, as far as it has said."""
        return READERS[self._wire](self._said) if self._said else None

    def feed(self, chunk: bytes) -> None:
        """Reads on."""
        if not self._streamed:
            self._keep(chunk)
            return
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            self._keep(line)
            self._line()
        self._keep(rest)

    def end(self) -> None:
        """The answer is complete."""
        self._line() if self._streamed else self._read(bytes(self._rest))

    def _keep(self, part: bytes) -> None:
        if len(self._rest) + len(part) > LONGEST:
            self._too_long = True
            self._rest.clear()
        elif not self._too_long:
            self._rest += part

    def _line(self) -> None:
        line, self._too_long = bytes(self._rest), False
        self._rest.clear()
        if line.startswith(b"data:"):
            self._read(line[5:])

    def _read(self, text: bytes) -> None:
        if not any(mark in text for mark in MARKS):
            return
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return
        for found in usages(data):
            self._said.update(counts(found))


def usages(data: Any) -> list[Mapping[str, Any]]:
    """Where each protocol says it: at the top, in Anthropic's `message`, in the `response` of OpenAI's events."""
    places = [data] if isinstance(data, dict) else [item for item in data if isinstance(item, dict)] if data else []
    found = []
    for place in places:
        for holder in (place, place.get("message"), place.get("response")):
            if isinstance(holder, dict):
                found += [holder[name] for name in ("usage", "usageMetadata") if isinstance(holder.get(name), dict)]
    return found


def counts(usage: Mapping[str, Any]) -> dict[str, int]:
    """Its numbers, those one level down by `outer.inner`; where it lists several turns of the model, their sum.

    Anthropic's own numbers are those of the last turn then.
    """
    flat: dict[str, Any] = {}
    for name, value in usage.items():
        flat.update({f"{name}.{inner}": count for inner, count in value.items()} if isinstance(value, dict) else {})
        flat[name] = value
    said = {name: value for name, value in flat.items() if type(value) is int and value >= 0}
    turns: Counter[str] = Counter()
    for turn in flat["iterations"] if isinstance(flat.get("iterations"), list) else ():
        turns.update(counts({**turn, "iterations": None}) if isinstance(turn, dict) else {})
    return {name: max(said.get(name, 0), turns[name]) for name in {*said, *turns}}


def _anthropic(said: Mapping[str, int]) -> Tokens:
    return Tokens(
        input=said.get("input_tokens", 0),
        cached=said.get("cache_read_input_tokens", 0),
        cache_write=said.get("cache_creation_input_tokens", 0),
        output=said.get("output_tokens", 0),
    )


def _openai_chat(said: Mapping[str, int]) -> Tokens:
    cached = said.get("prompt_tokens_details.cached_tokens", 0)
    return Tokens(max(0, said.get("prompt_tokens", 0) - cached), cached, 0, said.get("completion_tokens", 0))


def _openai_responses(said: Mapping[str, int]) -> Tokens:
    cached = said.get("input_tokens_details.cached_tokens", 0)
    return Tokens(max(0, said.get("input_tokens", 0) - cached), cached, 0, said.get("output_tokens", 0))


def _gemini(said: Mapping[str, int]) -> Tokens:
    cached = said.get("cachedContentTokenCount", 0)
    read = said.get("promptTokenCount", 0) + said.get("toolUsePromptTokenCount", 0)
    written = said.get("candidatesTokenCount", 0) + said.get("thoughtsTokenCount", 0)
    return Tokens(max(0, read - cached), cached, 0, written)


READERS = {
    "anthropic": _anthropic,
    "openai-chat": _openai_chat,
    "openai-responses": _openai_responses,
    "gemini": _gemini,
}
