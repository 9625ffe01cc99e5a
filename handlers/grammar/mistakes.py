"""What can be wrong with a command, and what was probably meant."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_LONGEST_TYPO = 40
_LIKENESS = 0.65
_TO_PEOPLE = frozenset({"please"})  # said to people, and like `plan` and `release` only by its letters
_LONGEST_TOKEN = 200

Kind = Literal[
    "unknown_verb",
    "missing_verb",
    "unknown_flag",
    "missing_value",
    "bad_value",
    "duplicate_flag",
    "flag_not_taken",
    "too_many",
]


@dataclass(frozen=True)
class Mistake:
    """A command that can't be read: the token that it points at, what was meant, and a sentence for its author."""

    ordinal: int
    line: int
    token: str
    kind: Kind
    near: str | None
    sentence: str


class GrammarError(ValueError):
    """A command that can't be read, in a sentence for its author; it points at `token`, and `near` may be meant."""

    def __init__(self, kind: Kind, token: str, sentence: str, near: str | None = None) -> None:
        super().__init__(sentence)
        self.kind, self.token, self.sentence, self.near = kind, token[:_LONGEST_TOKEN], sentence, near


def nearest(token: str, known: Iterable[str]) -> str | None:
    """The known word that a mistyped one most likely means, if any is close."""
    if len(token) > _LONGEST_TYPO or token.lower() in _TO_PEOPLE:
        return None
    return next(iter(difflib.get_close_matches(token.lower(), sorted(known), n=1, cutoff=_LIKENESS)), None)
