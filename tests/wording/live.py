"""What would act on GitHub in a text of ours: read off the rendered Markdown, and off the text as it stands."""

import re
from collections.abc import Collection, Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from handlers.grammar import find

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

# GitHub looks for these in what is rendered, outside code.
_IN_WORDS = {
    "mention": re.compile(r"@[A-Za-z0-9]"),
    "reference": re.compile(r"#\d|\bGH-\d", re.IGNORECASE),
    "address": re.compile(r"(?:https?|ftp)://|\bwww\.\w|mailto:\w|xmpp:\w", re.IGNORECASE),
    "invisible": re.compile("[\u200c-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f\x00-\x08\x1b]"),
}
# And these wherever they stand: we and others look for them in the raw text.
_RAW = {
    "keyword": re.compile(
        r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)[\s:]{1,9}(?:[\w./-]*#\d|gh-\d|https?:)", re.IGNORECASE
    ),
    "skip": re.compile(r"\[(?:(?:skip|no) (?:ci|actions)|(?:ci|actions) skip)\]", re.IGNORECASE),
    "marker": re.compile(r"<!--\s*async-code", re.IGNORECASE),
}


def acting(text: str, hosts: Collection[str] = ()) -> set[str]:
    """The kinds of live things in a Markdown text; links to `hosts` are none."""
    found = {"command" for _ in find(text)}
    found |= {kind for kind, pattern in _RAW.items() if pattern.search(text)}
    for token in _every(_MARKDOWN.parse(text)):
        if token.type in ("image", "html_inline", "html_block"):
            found.add(token.type)
        elif token.type == "link_open":
            address = str(token.attrGet("href"))
            if not any(address.startswith(f"https://{host}/") for host in hosts):
                found.add("link")
        elif token.type == "inline":
            found |= {kind for kind, pattern in _IN_WORDS.items() if pattern.search(shown(token))}
    return found


def shown(token: Token) -> str:
    """An inline token's words as the page's text has them, code left out."""
    return "".join(
        {"text": child.content, "softbreak": "\n", "hardbreak": "\n"}.get(child.type, "\x01")
        for child in token.children or []
    ).replace("\x01", " ")


def _every(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _every(token.children or [])


def shown_html(text: str) -> set[str]:
    """The tags of a Markdown text that a browser would be given."""
    tokens = [token for token in _every(_MARKDOWN.parse(text)) if token.type in ("html_inline", "html_block")]
    return {tag for token in tokens for tag in re.findall(r"<[^>]*>?", token.content)}
