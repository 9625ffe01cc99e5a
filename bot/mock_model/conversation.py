"""A request as every protocol means it, and an answer before any protocol has put it into its own form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.mock_model.script import Tokens


@dataclass(frozen=True)
class Tool:
    """A tool that the client declared. A `freeform` one takes plain text, no JSON."""

    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    namespace: str = ""
    freeform: bool = False

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its arguments' schemas by name."""
        found = self.schema.get("properties")
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class Conversation:
    """What the client sent. `told` is all that its user and its system prompt say: no tool result, nothing of ours."""

    model: str
    told: str
    tools: Sequence[Tool] = ()
    results: int = 0
    stream: bool = False
    wanted: Mapping[str, Any] | None = None  # the schema of the JSON that the answer must be


@dataclass(frozen=True)
class ToolCall:
    """A call with its arguments, or with its text where the tool is freeform."""

    id: str
    tool: Tool
    arguments: Mapping[str, Any] | str


@dataclass(frozen=True)
class Answer:
    """What the model says, before it stands in a protocol's form."""

    id: str
    model: str
    texts: Sequence[str]
    calls: Sequence[ToolCall]
    tokens: Tokens


class Wire(Protocol):
    """One protocol. Events of a stream come as its lines of text, each event one string."""

    def read(self, body: Mapping[str, Any], path: str) -> Conversation:
        """What a request means."""

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The answer in one piece."""

    def events(self, answer: Answer) -> list[str]:
        """The answer as server-sent events."""

    def error(self, status: int, message: str) -> dict[str, Any]:
        """An error's body."""


def dicts(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list, whatever was sent."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def texts(value: Any) -> str:
    """The text of a message's content, which is a string or a list of parts."""
    if isinstance(value, str):
        return value
    return "\n".join(str(part["text"]) for part in dicts(value) if isinstance(part.get("text"), str))


def pieces(text: str, length: int = 24) -> list[str]:
    """The text as it comes in a stream."""
    return [text[start : start + length] for start in range(0, len(text), length)]
