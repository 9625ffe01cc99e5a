"""What models cost and which one an agent uses, read from `agents.toml`."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "agents.toml"
PROVIDERS = ("anthropic", "openai", "gemini")
DATED = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2})$")
MILLION = 1_000_000
MOST_CONTEXT = 1_050_000  # tokens; of the models that are listed none reads more


class CatalogueError(ValueError):
    """What is wrong in `agents.toml`, for the operator who wrote it."""


def provider_of(wire: str) -> str:
    """Whose models speak this protocol: `openai-chat` is OpenAI's."""
    return wire.partition("-")[0]


@dataclass(frozen=True)
class Tokens:
    """What one answer of a model took, in tokens. `input` is what came from no cache and went into none."""

    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0

    @property
    def all_input(self) -> int:
        """Whatever the model read."""
        return self.input + self.cached + self.cache_write


@dataclass(frozen=True)
class Rates:
    """US dollars per million tokens."""

    input: float
    cached: float
    cache_write: float
    output: float

    def cost(self, tokens: Tokens) -> float:
        """What these tokens cost, in US dollars."""
        sums = (
            tokens.input * self.input,
            tokens.cached * self.cached,
            tokens.cache_write * self.cache_write,
            tokens.output * self.output,
        )
        return sum(sums) / MILLION


@dataclass(frozen=True)
class Price:
    """What a model costs, and `long` where its input is over `long_over` tokens. `most_output` is of one answer.

    `context` is the most that it reads."""

    rates: Rates
    most_output: int
    context: int
    long: Rates | None = None
    long_over: int = 0

    def cost(self, tokens: Tokens) -> float:
        """What one answer cost, in US dollars."""
        return self._of(tokens.all_input).cost(tokens)

    def most(self, input_tokens: int | None, output_tokens: int | None) -> float:
        """The most that a request of at most so many tokens can cost; None: of as many as the model takes."""
        input_tokens = self.context if input_tokens is None else input_tokens
        rates = self._of(input_tokens)
        dearest = max(rates.input, rates.cache_write)
        output = min(output_tokens or self.most_output, self.most_output)
        return (input_tokens * dearest + output * rates.output) / MILLION

    def _of(self, input_tokens: int) -> Rates:
        return self.long if self.long and input_tokens > self.long_over else self.rates


@cache
def catalogue() -> Mapping[str, Any]:
    """The file, as it is. Raises CatalogueError."""
    return read(SOURCE)


def read(file: Path) -> Mapping[str, Any]:
    """Any such file. Raises CatalogueError."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CatalogueError(f"this is no TOML: {error}") from None


@cache
def prices(provider: str) -> Mapping[str, Price]:
    """What the provider's models cost, by name."""
    return {name: _price(entry) for name, entry in catalogue()[provider].items()}


def is_known(provider: str, model: str) -> bool:
    """Whether anybody wrote down what the model costs."""
    return model in prices(provider) or DATED.sub("", model) in prices(provider)


def price_of(provider: str, model: str) -> Price:
    """The model's price; of one that nobody wrote down (on a server of the operator's own), the dearest of these."""
    known = prices(provider).get(model) or prices(provider).get(DATED.sub("", model))
    return known or max(prices(provider).values(), key=lambda price: price.rates.output)


def let_through(wire: str) -> Sequence[str]:
    """Names of fields, parts and types that the operator lets requests of this protocol hold, beside our own."""
    return tuple(catalogue().get("let_through", {}).get(wire, ()))


def default_model(agent: str, *, cheap: bool = False) -> str | None:
    """The model of an agent when nobody names one; None for agents that need none."""
    name = catalogue()["cheap" if cheap else "defaults"].get(agent)
    return None if name is None else str(name)


def _price(entry: Mapping[str, Any]) -> Price:
    long = entry.get("long")
    lengths = int(entry["most_output"]), int(entry.get("context", MOST_CONTEXT))
    return Price(_rates(entry), *lengths, _rates(long) if long else None, long["over"] if long else 0)


def _rates(entry: Mapping[str, Any]) -> Rates:
    return Rates(entry["input"], entry["cached"], entry.get("cache_write", entry["input"]), entry["output"])
