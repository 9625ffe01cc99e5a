"""Taking out of a text what people don't see on GitHub, before an agent or another person reads it (threat 14)."""

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.token import Token

from runners.wording.cut import sound

_ANSI = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b\n]{0,1000}(?:\x07|\x1b\\))")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, but for tab and line ends
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # fillers, joiners and marks without a shape
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"  # zero-width, line separators, bidi, annotations
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical format controls
    "\U000e0000-\U000e0fff"  # tag characters and the variation selectors that smuggle bytes
    "]"
    "|(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]"  # one variation selector is an emoji's; a row of them is a message
)

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<[A-Za-z][^<>]{0,5000}>")
_ATTRIBUTE = re.compile(
    r"""\s(?:alt|title|placeholder|aria-[a-z]+|data-[a-z-]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+)""", re.IGNORECASE
)
_ALT = re.compile(r"!\[[^\[\]]{0,2000}\](?=[(\[])")
_TITLE = re.compile(
    r"""(\]\([^\s()]{0,2000}|^ {0,3}\[[^\[\]]{1,999}\]:\s{0,9}\S{1,2000})"""
    r"""\s{1,9}(?:"[^"]{0,2000}"|'[^']{0,2000}'|\([^()]{0,2000}\))""",
    re.MULTILINE,
)

_BLOCKS = MarkdownIt("commonmark")


def bare(text: str) -> str:
    """Without characters that nobody sees: control, zero-width, bidi, tags, terminal colours; lines end in LF."""
    text = _ANSI.sub("", re.sub(r"\r\n?", "\n", sound(text)))
    return _INVISIBLE.sub("", text)


def visible(text: str) -> str:
    """What a person sees of Markdown: `bare`, and outside code blocks no HTML comments, no alt and title texts.

    A code block keeps its comments, since there they are shown, and may be what an issue is about.
    Containment and not this is what holds an agent: a text can persuade in plain sight.
    """
    return _outside_code(bare(text), _unhidden)


def _unhidden(text: str) -> str:
    text = _COMMENT.sub("", text)
    text = _TAG.sub(lambda tag: _ATTRIBUTE.sub("", tag[0]), text)
    return _TITLE.sub(r"\1", _ALT.sub("![]", text))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Applies a change to the stretches between code blocks."""
    lines = re.split(r"(?<=\n)", text)
    tokens: list[Token] = []
    _BLOCKS.block.parse(text, _BLOCKS, {}, tokens)
    changed, done = [], 0
    for token in tokens:
        if token.type in ("fence", "code_block") and token.map and token.map[0] >= done:
            start, end = token.map
            changed += [change("".join(lines[done:start])), *lines[start:end]]
            done = end
    return "".join([*changed, change("".join(lines[done:]))])
