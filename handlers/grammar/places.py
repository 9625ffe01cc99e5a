"""Where in a Markdown text commands stand: at the start of a line of a paragraph that speaks for its author.

Commands in code, quotes, HTML comments, links, tables, headings and lists are examples or other people's words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

# Stands for the number of a line in the copy that is parsed: Markdown gives it no meaning.
_MARK = "\ue000"
_MARKED = re.compile(f"{_MARK}([0-9]+){_MARK}")

# Markdown's line ends, and no others: str.splitlines knows eight more.
_AFTER_LINE = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")
_HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_QUOTING_TAG = re.compile(
    r"<(/?)(?:a|blockquote|code|del|kbd|li|pre|q|s|samp|strike|table|tt|var)(?=[\s/>])", re.IGNORECASE
)


@dataclass(frozen=True)
class Place:
    """A line that begins with our name: its index, and what stands on it after the name."""

    index: int
    rest: str


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends, as Markdown counts them."""
    return _AFTER_LINE.split(text)


def live(lines: Sequence[str], prefix: str, slug: str) -> list[Place]:
    """The places of commands, in order."""
    name = re.compile(rf"( {{0,3}})(?:{re.escape(prefix)}|@{re.escape(slug)})(?!\S)", re.IGNORECASE)
    # Python's IGNORECASE takes `ſ` for `s`; GitHub and our search of the raw body don't.
    named = {index: match for index, line in enumerate(lines) if (match := name.match(line)) and match[0].isascii()}
    if not named:
        return []
    copy = [line.replace(_MARK, "\ufffd") for line in lines]
    for index, match in named.items():
        copy[index] = f"{match[1]}{_MARK}{index}{_MARK}{copy[index][match.end() :]}"
    source = re.sub(r"\r\n?", "\n", "".join(copy))
    found = (int(mark[1]) for words in _own_words(source) for mark in _MARKED.finditer(words))
    return [Place(index, lines[index][named[index].end() :].strip()) for index in found]


def _own_words(source: str) -> Iterator[str]:
    """The stretches of paragraphs that are the author's own plain words, where a mark stands in the paragraph."""
    tokens: list[Token] = []
    env: dict[str, object] = {}
    _MARKDOWN.block.parse(source, _MARKDOWN, env, tokens)
    quoting, previous = 0, None
    for token in tokens:
        if token.type == "html_block" and token.level == 0:
            quoting = max(0, quoting + _opened(token.content))
        elif previous == ("paragraph_open", 0) and not quoting and _MARK in token.content:
            children: list[Token] = []
            _MARKDOWN.inline.parse(token.content, _MARKDOWN, env, children)
            yield from _plain(children)
        previous = (token.type, token.level)


def _plain(children: Sequence[Token]) -> Iterator[str]:
    """The text outside code, links, struck and quoting HTML."""
    depth = 0
    for child in children:
        if child.type == "html_inline":
            depth = max(0, depth + _opened(child.content))
        elif child.type.startswith(("link_", "s_")):
            depth += child.nesting
        elif child.type == "text" and not depth:
            yield child.content


def _opened(html: str) -> int:
    """How many more elements that quote or show code a piece of HTML opens than it closes."""
    return sum(-1 if tag[1] else 1 for tag in _QUOTING_TAG.finditer(_HTML_COMMENT.sub("", html)))
