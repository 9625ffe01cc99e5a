"""An agent's Markdown written anew: its shape stays, everything that could act is gone.

The text is parsed, and each piece is written again in a form that has one reading only: words fully escaped, code in
fences of our own. Nothing of the source gets through that a rule below doesn't name, so that it doesn't matter where
GitHub's parser and ours differ.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from runners.wording.cut import cut
from runners.wording.hidden import bare
from runners.wording.inert import BREAK, code_span, fenced, inert, still

_MARKDOWN = MarkdownIt("commonmark").enable("table")

# An underscore behind a letter can't begin emphasis, and where none begins none ends.
_SPECIAL = re.compile(r"[\\`*\[\]<>&|~$]|(?<![^\W_])_")
# What makes a line more than a paragraph's: lists, headings, underlines, tables; and other bots' commands.
_LINE_START = re.compile(r"\A(?:([-+#=:/])|(\d{1,9})([.)]))")
_EMPHASIS = {"em_open": "*", "em_close": "*", "strong_open": "**", "strong_close": "**"}
_ADDRESS = re.compile(r"(?:(?:https?|ftp|mailto|xmpp):|www\.)\S*[^\s.,;:!?)'\"\]]", re.IGNORECASE)


def prose(text: str, limit: int, hosts: Collection[str] = ()) -> str:
    """Markdown of at most `limit` UTF-8 bytes; only https links to `hosts` stay links, others are shown as code.

    Mentions, references and closing keywords are broken by an invisible character, images become their alt text,
    HTML is shown as text.
    """
    text = bare(text)
    source = cut(text, 2 * limit)
    while True:
        written = "\n\n".join(_blocks(iter(_MARKDOWN.parse(source)), hosts))
        if (size := len(written.encode())) <= limit:
            return written
        source = cut(text, int(len(source.encode()) * min(0.95, limit / size)))


def _blocks(tokens: Iterator[Token], hosts: Collection[str]) -> list[str]:
    """The blocks up to the end of the container that the tokens stand in. Depth is bounded by the parser's nesting."""
    found = []
    for token in tokens:
        if token.nesting < 0:
            break
        found.append(_WRITERS[token.type](token, tokens, hosts))
    return [written for written in found if written]


_Writer = Callable[[Token, Iterator[Token], Collection[str]], str]


def _container(token: Token, tokens: Iterator[Token], hosts: Collection[str]) -> str:
    return "\n\n".join(_blocks(tokens, hosts))


def _inline(token: Token, tokens: Iterator[Token], hosts: Collection[str]) -> str:
    line = _Line(hosts)
    for child in token.children or []:
        line.take(child)
    return line.written().strip()


def _heading(token: Token, tokens: Iterator[Token], hosts: Collection[str]) -> str:
    text = _container(token, tokens, hosts).replace("\n", " ")
    # Never as large as the headings of the text that this stands in.
    return f"#### {text}" if text else ""


def _quote(token: Token, tokens: Iterator[Token], hosts: Collection[str]) -> str:
    return _prefixed(_container(token, tokens, hosts), "> ", "> ")


def _list(token: Token, tokens: Iterator[Token], hosts: Collection[str]) -> str:
    items: list[str] = []
    # A number of ten digits makes no list, and would leave the item's code without its fence.
    number = min(int(token.attrGet("start") or 1), 9999)
    for item in tokens:
        if item.nesting < 0:
            break
        marker = f"{number + len(items)}. " if token.type == "ordered_list_open" else "- "
        items.append(_prefixed(_item(_blocks(tokens, hosts)), marker, " " * len(marker)))
    return ("\n\n" if any("\n\n" in item for item in items) else "\n").join(items)


def _item(blocks: list[str]) -> str:
    """A paragraph and the list below it stay close together, as people write them; all else keeps its distance."""
    close = len(blocks) == 2 and re.match(r"(?:-|1\.) \S", blocks[1])
    return ("\n" if close else "\n\n").join(blocks)


def _table(token: Token, tokens: Iterator[Token], hosts: Collection[str]) -> str:
    rows: list[list[str]] = []
    for part in tokens:
        if part.type == "table_close":
            break
        if part.type == "tr_open":
            rows.append([])
        elif part.type == "inline":
            cell = _inline(part, tokens, hosts).replace("\n", " ")
            # Here a pipe ends the cell even inside code.
            rows[-1].append(re.sub(r"(?<!\\)\|", r"\\|", cell))
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _code(token: Token, tokens: Iterator[Token], hosts: Collection[str]) -> str:
    # No language: some make GitHub draw or offer things (mermaid, suggestion).
    return fenced(inert(bare(token.content)).rstrip("\n"))


def _html(token: Token, tokens: Iterator[Token], hosts: Collection[str]) -> str:
    line = _Line(hosts)
    for number, text in enumerate(token.content.split("\n")):
        if number:
            line.mark("\n")
        line.say(text)
    return line.written().strip()


def _rule(token: Token, tokens: Iterator[Token], hosts: Collection[str]) -> str:
    return "---"


_WRITERS: Mapping[str, _Writer] = {
    "paragraph_open": _container,
    "inline": _inline,
    "heading_open": _heading,
    "blockquote_open": _quote,
    "bullet_list_open": _list,
    "ordered_list_open": _list,
    "table_open": _table,
    "fence": _code,
    "code_block": _code,
    "html_block": _html,
    "hr": _rule,
}


def _prefixed(text: str, first: str, others: str) -> str:
    head, *rest = text.split("\n")
    return "\n".join([first + head, *(others + line if line else others.rstrip() for line in rest)])


@dataclass
class _Line:
    """Writes a paragraph's content. Words gather until a mark, so that no pair of pieces can hide what they spell."""

    hosts: Collection[str]
    done: list[str] = field(default_factory=list)
    words: str = ""
    target: str = ""  # of the link that is open

    def take(self, token: Token) -> None:
        match token.type:
            case "text" | "html_inline" | "image":
                self.say(token.content)
            case "softbreak" | "hardbreak":
                self.mark("\n")
            case "code_inline":
                self.mark(code_span(token.content))
            case "link_open":
                self._open(token)
            case "link_close":
                self._close(token)
            case _:
                self.mark(_EMPHASIS[token.type])

    def say(self, text: str) -> None:
        self.words += re.sub(r"\s", " ", text)

    def mark(self, markup: str) -> None:
        self._write_words()
        self._put(markup)

    def written(self) -> str:
        self._write_words()
        return "".join(self.done)

    def _open(self, token: Token) -> None:
        self.target = str(token.attrGet("href") or "")
        if _listed(self.target, self.hosts):
            self.mark("[")

    def _close(self, token: Token) -> None:
        if _listed(self.target, self.hosts):
            self.mark(f"](<{self.target.replace('&', '&amp;')}>)")
        elif self.target and token.markup != "autolink":
            self.say(" (")
            self.mark(code_span(self.target))
            self.say(")")

    def _write_words(self) -> None:
        at_start = not self.done or self.done[-1] == "\n"
        words, self.words = bare(self.words), ""
        written = _escaped(words.lstrip() if at_start else words)
        if at_start:
            written = _LINE_START.sub(r"\2\\\1\3", written)
        if written:
            self._put(written)

    def _put(self, piece: str) -> None:
        # Two code spans that touch would be read as one, up to who knows where.
        if piece.startswith("`") and self.done and self.done[-1].endswith("`"):
            self.done.append(BREAK)
        self.done.append(piece)


def _escaped(words: str) -> str:
    """Words that have no meaning in Markdown; what GitHub would make a link of is inline code."""
    written, done = [], 0
    words = still(words)
    for address in _ADDRESS.finditer(words):
        written += [_SPECIAL.sub(r"\\\g<0>", words[done : address.start()]), code_span(address[0])]
        done = address.end()
    return "".join([*written, _SPECIAL.sub(r"\\\g<0>", words[done:])])


def _listed(target: str, hosts: Collection[str]) -> bool:
    try:
        address = urlsplit(target)
        return address.scheme == "https" and address.netloc.lower() in hosts
    except ValueError:
        return False
