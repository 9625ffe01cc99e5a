"""The commands that a comment holds. Pure: text in, commands and mistakes out; whether they may run is policy's."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.grammar.flags import Flags
from handlers.grammar.line import read
from handlers.grammar.mistakes import GrammarError, Mistake
from handlers.grammar.places import Place, lines_of, live
from runners.wording.cut import sound

PREFIX = "/async-code"
SLUG = "async-code"
# One comment can't make a thousand tasks.
MOST_COMMANDS = 10

# A letter, digit or dash in JSON's other spelling: `\u0061sync-code`.
_ESCAPED = re.compile(rb"\\u00(?:2[dD]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])")


@dataclass(frozen=True)
class Command:
    """One thing that was asked for: the how-manieth of its text and on which line (both from 1)."""

    ordinal: int
    verb: str
    flags: Flags
    text: str
    line: int


Found = Command | Mistake


def find(body: str, *, prefix: str = PREFIX, slug: str = SLUG) -> list[Found]:
    """The commands and mistakes of a Markdown text, in order.

    `prefix` (as `/async-code`) and `slug` (of the alias `@async-code`) are ASCII letters, digits and dashes.
    A command's text is the rest of its line without flags, and the lines up to the next command as they are written;
    only what no database takes is replaced (NUL and lone surrogates, by U+FFFD).
    """
    lines = lines_of(sound(body).replace("\0", "\ufffd"))
    places = live(lines, prefix, slug)
    ends = [place.index for place in places[1:]] + [len(lines)]
    found = [
        _read(ordinal, place, lines[place.index : end], prefix)
        for ordinal, (place, end) in enumerate(zip(places[:MOST_COMMANDS], ends, strict=False), start=1)
    ]
    return found + [_too_many(place) for place in places[MOST_COMMANDS : MOST_COMMANDS + 1]]


def new(before: Sequence[Found], after: Sequence[Found]) -> list[Found]:
    """What of a text was not in it before, wherever it stood there, and whatever other words a command has now.

    All lines below a command are its words: who mends a word in them, or thanks somebody, asks for nothing new.
    """
    there = Counter(_meaning(one) for one in before)
    added = []
    for one in after:
        if there[_meaning(one)] > 0:
            there[_meaning(one)] -= 1
        else:
            added.append(one)
    return added


def _meaning(one: Found) -> tuple[object, ...]:
    return (one.kind, one.token) if isinstance(one, Mistake) else (one.verb, one.flags)


def mentions(raw: bytes, slug: str = SLUG, prefix: str = PREFIX) -> bool:
    """Whether a JSON body (UTF-8) may hold a command: a search, so that most bodies need no parsing.

    Never False where `find` would find something in a text of the body.
    """
    lowered = raw.lower()
    names = {slug.lower().encode(), prefix.lstrip("/").lower().encode()}
    return any(name in lowered for name in names) or _ESCAPED.search(raw) is not None


def _read(ordinal: int, place: Place, lines: Sequence[str], prefix: str) -> Found:
    try:
        line = read(place.rest, prefix)
    except GrammarError as error:
        return Mistake(ordinal, place.index + 1, error.token, error.kind, error.near, error.sentence)
    own = lines[0]
    text = "".join([line.text, own[len(own.rstrip("\r\n")) :], *lines[1:]])
    return Command(ordinal, line.verb, line.flags, text.strip("\r\n"), place.index + 1)


def _too_many(place: Place) -> Mistake:
    sentence = f"One text may hold {MOST_COMMANDS} commands; line {place.index + 1} and what follows were not read."
    return Mistake(MOST_COMMANDS + 1, place.index + 1, place.rest[:60], "too_many", None, sentence)
