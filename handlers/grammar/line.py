"""Reading one command's line: a verb, then flags and free text in any order; after a lone `--` all is text.

The `--` itself is dropped behind the verb or a flag. Between words it stays: there it was meant as a dash.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from handlers.grammar.flags import FLAGS, Flag, Flags
from handlers.grammar.mistakes import GrammarError, nearest
from handlers.grammar.verbs import SPELLINGS, VERBS, Verb
from runners.wording.safe import quoted

# Inline code is one word, so that a flag that is talked about is not obeyed.
_WORD = re.compile(r"(?:`[^`]*`|[^\s`]|`)+")
_FLAG = re.compile(r"--([A-Za-z][^\s=]*)(=)?")
# What phones make of two dashes, and what tired fingers do.
_NEARLY_FLAG = re.compile(r"(?:-|---+|[‐‑‒–—―−][-‐‑‒–—―−]*)([A-Za-z][A-Za-z-]*)(?:=.*)?")
_QUOTED = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|[“”]([^“”]*)[“”]|[‘’]([^‘’]*)[‘’])(?!\S)""")
_GIVEN_VALUE = re.compile(r"(\S+)")
_NEXT_VALUE = re.compile(r"\s+(?!--)(\S+)")


@dataclass(frozen=True)
class Line:
    """What a command's own line says."""

    verb: str
    flags: Flags
    text: str


def read(rest: str, prefix: str) -> Line:
    """What stands on a line after our name. Raises GrammarError."""
    reading = _Reading(rest, f"`{prefix} help`")
    while word := _WORD.search(rest, reading.position):
        reading.position = word.end()
        if word[0] == "--":
            reading.keep(word.end(), len(rest))
            break
        _take(reading, word)
    return _whole(reading)


@dataclass
class _Reading:
    """How far a line is read."""

    rest: str
    help: str  # the command that asks for help, as code
    position: int = 0
    verb: Verb | None = None
    values: dict[str, Any] = field(default_factory=dict)
    flags: list[Flag] = field(default_factory=list)
    text: list[tuple[int, int]] = field(default_factory=list)  # stretches that are not flags
    in_text: bool = False  # the last word was text, so that what stands between it and the next one stays

    def keep(self, start: int, end: int) -> None:
        """Keeps a stretch as text."""
        if self.in_text:
            start, _ = self.text.pop()
        self.text.append((start, end))
        self.in_text = True


def _take(reading: _Reading, word: re.Match[str]) -> None:
    verb = SPELLINGS.get(word[0].lower()) if reading.verb is None else None
    if verb is None and (flag := _flag(word[0])):
        reading.in_text = False
        _take_flag(reading, flag, word)
    elif reading.verb is None:
        reading.verb = verb or _verb(word[0], reading.help)
    else:
        reading.keep(word.start(), word.end())


def _verb(token: str, help: str) -> Verb:
    bare = token.rstrip(":,.;!?")
    if bare.lower() in SPELLINGS:
        return SPELLINGS[bare.lower()]
    near = nearest(bare, VERBS)
    meant = f"; did you mean `{near}`?" if near else "."
    raise GrammarError(
        "unknown_verb", token, f"There is no verb {quoted(token, 60)}{meant} {help} lists them all.", near
    )


def _flag(token: str) -> Flag | None:
    """The flag that a word is, None where it is text."""
    if written := _FLAG.match(token):
        name = f"--{written[1]}".lower()
        if name in FLAGS:
            return FLAGS[name]
        near = nearest(written[1], (known.removeprefix("--") for known in FLAGS))
        raise _no_flag(token, near and f"--{near}")
    nearly = _NEARLY_FLAG.fullmatch(token)
    if nearly and (name := f"--{nearly[1]}".lower()) in FLAGS:
        raise _no_flag(token, name)
    return None


def _no_flag(token: str, near: str | None) -> GrammarError:
    name = token.partition("=")[0]
    meant = f"; did you mean `{near}`?" if near else "."
    sentence = f"There is no flag {quoted(name, 60)}{meant} If it is part of the task, write a lone `--` before it."
    return GrammarError("unknown_flag", name, sentence, near)


def _take_flag(reading: _Reading, flag: Flag, word: re.Match[str]) -> None:
    if any(flag.field == used.field for used in reading.flags):
        sentence = f"`{flag.name}` says again what was said before on this line; say it once."
        raise GrammarError("duplicate_flag", flag.name, sentence)
    value, reading.position = _value(reading.rest, flag, word)
    try:
        reading.values[flag.field] = flag.read(value)
    except ValueError as wanted:
        sentence = f"`{flag.name}` wants {wanted}, not {quoted(value, 60)}."
        raise GrammarError("bad_value", value, sentence) from None
    reading.flags.append(flag)


def _value(rest: str, flag: Flag, word: re.Match[str]) -> tuple[str, int]:
    """A flag's value, empty for a switch, and where it ends."""
    written = _FLAG.match(word[0])
    given = bool(written and written[2])
    if not flag.takes:
        if given:
            raise GrammarError("bad_value", word[0], f"`{flag.name}` takes no value.")
        return "", word.end()
    start = word.start() + len(written[0]) if written else word.end()
    value = _QUOTED.match(rest, start) or (_NEXT_VALUE, _GIVEN_VALUE)[given].match(rest, start)
    text = next((part for part in value.groups() if part is not None), "") if value else ""
    if value is None or not text:
        sentence = f"`{flag.name}` wants a value: `{flag.name} {flag.takes}`."
        raise GrammarError("missing_value", flag.name, sentence)
    return text, value.end()


def _whole(reading: _Reading) -> Line:
    verb = reading.verb
    text = " ".join(reading.rest[start:end].strip() for start, end in reading.text).strip()
    if verb is None:
        if reading.flags or text:
            sentence = f"A command begins with a verb. {reading.help} lists them all."
            raise GrammarError("missing_verb", "", sentence)
        verb = VERBS["help"]
    for flag in reading.flags:
        if flag.name not in verb.flags:
            sentence = f"`{verb.name}` takes no `{flag.name}`."
            raise GrammarError("flag_not_taken", flag.name, sentence)
    return Line(verb.name, Flags(**reading.values), text)
