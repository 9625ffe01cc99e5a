"""The flags, in one table: how each is written, how its value is read, and what a command's flags come to."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

MOST_AGENTS = 8

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+\[\]-]{0,99}")
_AMOUNT = re.compile(r"\$?(\d{1,6}(?:\.\d{1,4})?)", re.ASCII)
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+#=-]{0,199}")
# git's own rules (git help check-ref-format), and names that it takes for something else than a branch.
_NO_BRANCH = re.compile(r"\.\.|//|/\.|\.lock(?:/|\Z)|[./]\Z|\Arefs/|\AHEAD\Z|\A[0-9a-fA-F]{40}\Z")


@dataclass(frozen=True)
class Flags:
    """What a command's flags say; None and empty where they say nothing."""

    agents: tuple[str, ...] = ()
    model: str | None = None
    base: str | None = None
    draft: bool | None = None
    budget_usd: float | None = None
    timeout_minutes: float | None = None
    cheap: bool = False

    def as_json(self) -> dict[str, Any]:
        """The flags as JSON's types."""
        return asdict(self) | {"agents": list(self.agents)}


@dataclass(frozen=True)
class Flag:
    """One flag. `takes` shows its value, empty for a switch; `read` raises ValueError with what it wants."""

    name: str
    takes: str
    help: str
    field: str  # of Flags
    read: Callable[[str], object]


def _agents(value: str) -> tuple[str, ...]:
    names = tuple(value.lower().split(","))
    if len(names) > MOST_AGENTS or not all(map(_NAME.fullmatch, names)):
        raise ValueError(f"one to {MOST_AGENTS} names of agents with commas and no spaces, as in `mend,patch`")
    return names


def _model(value: str) -> str:
    if not _MODEL.fullmatch(value):
        raise ValueError("the name of a model")
    return value


def _base(value: str) -> str:
    if not _BRANCH.fullmatch(value) or _NO_BRANCH.search(value):
        raise ValueError("the name of a branch in ASCII letters, digits and `._/+#=-`, as in `main`")
    return value


def _above_zero(wanted: str) -> Callable[[str], float]:
    def read(value: str) -> float:
        amount = _AMOUNT.fullmatch(value)
        if amount is None or float(amount[1]) <= 0:
            raise ValueError(wanted)
        return float(amount[1])

    return read


_ALL = (
    Flag("--agent", "NAME", "the agent to work; with commas several, for `compare`", "agents", _agents),
    Flag("--model", "M", "the model that the agent asks", "model", _model),
    Flag("--base", "BRANCH", "the branch to start from", "base", _base),
    Flag("--draft", "", "open the pull request as a draft", "draft", lambda _: True),
    Flag("--no-draft", "", "open it ready for review", "draft", lambda _: False),
    Flag("--budget", "USD", "the most it may cost", "budget_usd", _above_zero("US dollars above 0, as in `2.50`")),
    Flag("--timeout", "MIN", "the most it may take", "timeout_minutes", _above_zero("minutes above 0, as in `20`")),
    Flag("--cheap", "", "prefer a cheap agent or model", "cheap", lambda _: True),
)

FLAGS: Mapping[str, Flag] = MappingProxyType({flag.name: flag for flag in _ALL})
