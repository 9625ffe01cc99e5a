"""Faults on request: an error in place of an answer, or an answer that is lost after its effect."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, NamedTuple


class SeenCall(NamedTuple):
    """A request as it was answered; status 0 where the answer was lost."""

    method: str
    path: str
    status: int


@dataclass(frozen=True)
class Fault:
    """What goes wrong: a status that is answered without any effect, or a lost answer."""

    status: int | Literal["lost_response"]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """GitHub's words where a program may look for them."""
        limited = self.status == 429 or (
            self.status == 403 and any(name.lower() == "retry-after" for name in self.headers)
        )
        return "You have exceeded a secondary rate limit." if limited else "Server Error"


@dataclass
class _Rule:
    method: str
    path: re.Pattern[str]
    fault: Fault
    left: int


class Faults:
    """The rules, first come first served; each is used up after `times` requests."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rules: list[_Rule] = []

    def add(
        self,
        method: str,
        path: str,
        status: int | Literal["lost_response"] = 502,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Lets requests of that method (`*` for any) fail whose path has a match of the regular expression."""
        rule = _Rule(method.upper(), re.compile(path), Fault(status, dict(headers or {})), times)
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Lets everything work again."""
        with self._lock:
            self._rules.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, counted as used."""
        with self._lock:
            for rule in self._rules:
                if rule.left > 0 and rule.method in ("*", method) and rule.path.search(path):
                    rule.left -= 1
                    return rule.fault
        return None
