"""Cutting texts where a reader doesn't trip: between what people see as one character, with open code fences closed.

Without Unicode's full table of grapheme clusters this is a best effort: combining marks, variation selectors, joined
emoji, skin tones, flags, conjoining Hangul and CR LF stay whole; a few Indic conjuncts and prepended marks may not.
"""

import re
import unicodedata

# A "character" of more parts than this is an attack on the reader (or on us), and is cut anywhere.
_LONGEST_CHARACTER = 64

_JOINER = "\u200d"
_EXTENDERS = re.compile("[\u200d\u1160-\u11ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_FLAG_HALF = re.compile("[\U0001f1e6-\U0001f1ff]")
# What may stand before a fence (quote marks, list markers, indentation), the fence itself, the rest of its line.
_FENCE = re.compile(r"^((?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})([^\r\n]*)", re.MULTILINE)
_BACKTICKS = re.compile(r"(?<!\\)`+")


def sound(text: str) -> str:
    """The same text, encodable as UTF-8: surrogate pairs are joined, lone ones become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters (code points), with an ellipsis as the last where something was left out."""
    text = sound(text)
    return text if len(text) <= limit else text[: _boundary(text, max(limit - 1, 0))] + "…"


def first_bytes(text: str, max_bytes: int) -> str:
    """The longest beginning of at most `max_bytes` UTF-8 bytes that splits no visible character."""
    text = sound(text)
    # A code point takes at least a byte, so that the slice spares encoding what can't be kept.
    kept = text[: max(max_bytes, 0)].encode()[: max(max_bytes, 0)].decode(errors="ignore")
    return text[: _boundary(text, len(kept))]


def cut(text: str, max_bytes: int) -> str:
    """Markdown of at most `max_bytes` UTF-8 bytes; where it was cut, open code is closed and the missing is counted.

    Outside a fence the cut falls on the end of a line: half a line could be half a code span, whose content would
    then be live Markdown.
    """
    text = sound(text)
    if len(text.encode()) <= max_bytes:
        return text
    room = max_bytes
    while room > 0:
        kept = first_bytes(text, room)
        fence = _open_fence(kept)
        if fence is None:
            kept = _whole_lines(kept)
        whole = kept + ("" if fence is None else f"\n{fence}") + left_out(len(text) - len(kept))
        if (excess := len(whole.encode()) - max_bytes) <= 0:
            return whole
        room -= excess
    return ""


def left_out(characters: int) -> str:
    """The paragraph that says how much of a text is not shown."""
    return f"\n\n… {characters:,} more characters are not shown."


def _whole_lines(text: str) -> str:
    """Without the last line; where there is no other, without the code span in which it ends."""
    head, newline, _ = text.rpartition("\n")
    if newline and head.strip():
        return head.rstrip()
    opened: re.Match[str] | None = None
    for run in _BACKTICKS.finditer(text):
        if opened is None:
            opened = run
        elif len(run[0]) == len(opened[0]):
            opened = None
    return text if opened is None else text[: opened.start()]


def _open_fence(text: str) -> str | None:
    """The line that closes the code fence in which a text ends, or None."""
    opened: tuple[str, str] | None = None
    for prefix, fence, rest in _FENCE.findall(text):
        if opened is None:
            # A backtick fence has no backtick in its info string: that would be a code span.
            opened = None if fence[0] == "`" and "`" in rest else (prefix, fence)
        elif fence.startswith(opened[1]) and not rest.strip():
            opened = None
    if opened is None:
        return None
    return re.sub(r"[^ \t>]", " ", opened[0]) + opened[1]


def _boundary(text: str, index: int) -> int:
    """The last place at or before `index` where no visible character is split."""
    place = index
    while 0 < place < len(text) and index - place < _LONGEST_CHARACTER:
        if not _joined(text, place):
            return place
        place -= 1
    return place if place in (0, len(text)) else index


def _joined(text: str, place: int) -> bool:
    """Whether the code points before and after a place are parts of one visible character."""
    before, after = text[place - 1], text[place]
    return (
        before == _JOINER
        or (before == "\r" and after == "\n")
        or bool(_EXTENDERS.match(after))
        or unicodedata.category(after).startswith("M")
        or bool(_FLAG_HALF.match(after) and _flag_halves_before(text, place) % 2)
    )


def _flag_halves_before(text: str, place: int) -> int:
    start = place
    while start > 0 and place - start < _LONGEST_CHARACTER and _FLAG_HALF.match(text[start - 1]):
        start -= 1
    return place - start
