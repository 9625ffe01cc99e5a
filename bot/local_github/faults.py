"""Faults on request: an error in place of an answer, an answer that is lost after its effect, a slow one.

`tell` is no fault by itself: it calls somebody at the moment of a request, who may then harm the one who asked.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Literal, NamedTuple

Status = int | Literal["lost_response"]
Moment = Literal["before", "after"]


class SeenCall(NamedTuple):
    """A request as it was answered; status 0 where the answer was lost."""

    method: str
    path: str
    status: int


class Asked(NamedTuple):
    """A request that is held while somebody is told of it. `port` is the asking end of its connection."""

    method: str
    path: str
    port: int


class HangUp(Exception):
    """A witness wants the line cut: what was not done yet is never done, what was done is never told."""


Witness = Callable[[Asked], None]


@dataclass(frozen=True)
class Fault:
    """What goes wrong: a status that is answered without any effect, or a lost answer."""

    status: Status
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """GitHub's words where a program may look for them."""
        limited = self.status == 429 or (
            self.status == 403 and any(name.lower() == "retry-after" for name in self.headers)
        )
        return "You have exceeded a secondary rate limit." if limited else "Server Error"


@dataclass(frozen=True)
class Course:
    """How one request goes: who is told before its effect and after it, how slow it is, and what goes wrong."""

    fault: Fault | None = None
    seconds: float = 0.0
    before: tuple[Witness, ...] = ()
    after: tuple[Witness, ...] = ()


@dataclass
class _Rule:
    method: str
    path: re.Pattern[str]
    left: float  # how often it still happens
    rate: float = 1.0
    chance: Random = field(default_factory=Random)
    fault: Fault | None = None
    seconds: float = 0.0
    moment: Moment = "before"
    witness: Witness | None = None

    def meets(self, method: str, path: str) -> bool:
        """Whether it happens to this request, counted as used if so."""
        fits = self.left > 0 and self.method in ("*", method) and self.path.search(path) is not None
        happens = fits and (self.rate >= 1 or self.chance.random() < self.rate)
        self.left -= happens
        return happens


class Faults:
    """The rules; of several faults that a request meets it gets the first. `*` is any method, a path has a match."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rules: list[_Rule] = []

    def add(
        self, method: str, path: str, status: Status = 502, times: int = 1, headers: Mapping[str, str] | None = None
    ) -> None:
        """Lets so many requests of that method fail whose path has a match of the regular expression."""
        self._add(_Rule(method.upper(), re.compile(path), times, fault=Fault(status, dict(headers or {}))))

    def randomly(self, method: str, path: str, status: Status, rate: float, seed: int) -> None:
        """Lets this part of the requests fail from now on, chosen by a generator of its own."""
        chance = Random(seed)  # noqa: S311  # repeatable, and no secret
        self._add(_Rule(method.upper(), re.compile(path), float("inf"), rate, chance, Fault(status)))

    def slow(self, method: str, path: str, seconds: float) -> None:
        """Lets requests wait so long before anything happens."""
        self._add(_Rule(method.upper(), re.compile(path), float("inf"), seconds=seconds))

    def tell(self, method: str, path: str, moment: Moment, witness: Witness, times: float = float("inf")) -> None:
        """Calls the witness, in a thread, before the request's effect or between that and its answer; it is held."""
        self._add(_Rule(method.upper(), re.compile(path), times, moment=moment, witness=witness))

    def clear(self) -> None:
        """Lets everything work again."""
        with self._lock:
            self._rules.clear()

    def course(self, method: str, path: str) -> Course:
        """How this request goes; the rules that it meets are counted as used."""
        with self._lock:
            met: list[_Rule] = []
            for rule in self._rules:
                used_up = rule.fault and any(one.fault for one in met)
                if not used_up and rule.meets(method, path):
                    met.append(rule)
        return Course(
            next((rule.fault for rule in met if rule.fault), None),
            sum(rule.seconds for rule in met),
            tuple(rule.witness for rule in met if rule.witness and rule.moment == "before"),
            tuple(rule.witness for rule in met if rule.witness and rule.moment == "after"),
        )

    def _add(self, rule: _Rule) -> None:
        with self._lock:
            self._rules.append(rule)
