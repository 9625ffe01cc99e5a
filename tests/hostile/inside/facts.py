"""What an attacker may know of the host, and how an action is spelled."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

Facts = Mapping[str, Any]  # JSON: addresses, paths and numbers of the host
Action = Callable[[Facts], object]
Table = Mapping[str, tuple[Action, ...]]  # by what stops them

# Whatever is found that looks like this was somebody else's. No action is told one.
CANARY = re.compile(rb"canary-of-the-[a-z]+-[0-9a-f]+")


def named(action: Action, name: str) -> Action:
    """The action under a name of its own: one of many that a loop made."""
    action.__name__ = name
    return action


def canaries_in(places: Iterable[Path | str]) -> list[str] | None:
    """The files in which one is found; those that can't be read hold none for us."""
    found = []
    for place in places:
        try:
            with Path(place).open("rb") as file:
                if CANARY.search(file.read(1024**2)):
                    found.append(str(place))
        except OSError:
            continue
    return found or None


def listed(place: str) -> list[str] | None:
    """What is in a folder, if anything is."""
    return sorted(str(path) for path in Path(place).iterdir()) or None


T = TypeVar("T")


def any_of(places: Iterable[str], use: Callable[[str], T]) -> dict[str, T] | None:
    """Those for which it is no OSError."""
    got: dict[str, T] = {}
    for place in places:
        try:
            got[place] = use(place)
        except OSError:
            continue
    return got or None
