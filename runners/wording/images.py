"""The images that a text shows, as far as GitHub itself serves what people attach. Pure: addresses, and first bytes.

Whatever lies elsewhere is never asked for: an address is an attachment's only if it begins with an origin that the
operator's GitHub serves them from, and goes on as GitHub names them. An attachment is known by its UUID, which stands
in the address that people write and in the signed one that a page has.

The parser takes time with the square of what it is given, so it is given only what names an attachment, and not more of
that than people write: images in a paragraph of ten thousand characters are passed over.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from runners.wording.hidden import visible

MOST = 5
MOST_READ = 32_768  # characters of a text in which images are looked for
MOST_PARSED = 10_000  # characters of its paragraphs that name attachments, all in all
SMALLEST = 16  # pixels: what is shown smaller nobody can make out

_UUID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_NAMED = re.compile(rf"[/-]{_UUID}")
# Today's, those of 2023 (and GitHub Enterprise Server's), those of a server's storage, and github.com's older ones.
_PLACES = r"/user-attachments/assets/|/[\w.-]+/[\w.-]+/assets/\d+/|/storage/user/\d+/files/|/\d+/\d+-"
_ATTACHED = re.compile(rf"(?:{_PLACES}){_UUID}(?:\.\w{{1,5}})?(?=\?[\w.=&%+/~-]*\Z|\Z)", re.ASCII)
_SERVED = re.compile(rf"/[\w./~-]*[/-]{_UUID}(?:\.\w{{1,5}})?(?:\?[\w.=&%+/~-]*)?", re.ASCII)

_IMG = re.compile(r"<img(?=\s)[^<>]{0,5000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\s([a-z-]+)\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_MARKDOWN = MarkdownIt("commonmark")  # without tables: a row's images are found in its line too, and cells are many
_KINDS = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


@dataclass(frozen=True)
class Attachment:
    """An image that somebody attached: its UUID, and the address as it is written, without a signature."""

    uuid: str
    url: str


def attachments(text: str, origins: Collection[str]) -> list[Attachment]:
    """Those that a person sees in a Markdown text, each once, in order; `origins` are such as `https://github.com`."""
    text = text[:MOST_READ]
    if not _NAMED.search(text):
        return []
    found = (_attachment(url, origins) for url in _shown(text))
    return list({one.uuid: one for one in found if one}.values())


def addresses(html: str, origins: Collection[str]) -> dict[str, str]:
    """Where a page of GitHub's has the images from, by UUID; some addresses are signed, and good for minutes."""
    found: dict[str, str] = {}
    for url in _in_html(html):
        served = _SERVED.fullmatch(url.removeprefix(_origin(url, origins) or url))
        if served:
            found.setdefault(served[1], url)
    return found


def is_served(url: str, origins: Collection[str]) -> bool:
    """Whether the address lies at one of the origins, and nothing in it could be read as another host."""
    return _origin(url, origins) is not None and url.isascii() and url.isprintable() and "\\" not in url


def kind(content: bytes) -> str | None:
    """What the first bytes say: `png`, `jpg`, `gif` or `webp`; None for all else."""
    return next((name for name, magic in _KINDS.items() if magic.match(content)), None)


def _attachment(url: str, origins: Collection[str]) -> Attachment | None:
    origin = _origin(url, origins) or url
    attached = _ATTACHED.match(url.removeprefix(origin))
    return Attachment(attached[1], origin + attached[0]) if attached else None


def _origin(url: str, origins: Collection[str]) -> str | None:
    return next((origin for origin in origins if url.startswith(f"{origin}/")), None)


def _shown(text: str) -> Iterator[str]:
    """Sources of a text's images, outside of code, and of what a page hides."""
    tokens: list[Token] = []
    known: dict[str, Any] = {}  # where the text says what its references mean
    _MARKDOWN.block.parse(visible(text), _MARKDOWN, known, tokens)
    referred = any(_NAMED.search(one["href"]) for one in known.get("references", {}).values())
    left = MOST_PARSED
    for token in tokens:
        if token.type == "html_block":
            yield from _in_html(token.content)
        elif token.type == "inline" and len(token.content) <= left and _may_show(token.content, referred):
            left -= len(token.content)
            yield from _in_paragraph(token.content, known)


def _may_show(content: str, referred: bool) -> bool:
    return bool(_NAMED.search(content)) or (referred and "![" in content)


def _in_paragraph(content: str, known: dict[str, Any]) -> Iterator[str]:
    for token in _MARKDOWN.parseInline(content, known):
        for part in token.children or ():
            if part.type == "image":
                yield str(part.attrs["src"])
            elif part.type == "html_inline":
                yield from _in_html(part.content)


def _in_html(html: str) -> Iterator[str]:
    for tag in _IMG.finditer(html):
        # A browser takes the first of two attributes with one name.
        given = {name.lower(): unescape("".join(value)) for name, *value in reversed(_ATTRIBUTE.findall(tag[0]))}
        sizes = (re.match(r"\d{1,9}", given.get(side, "").strip()) for side in ("width", "height"))
        if "src" in given and not any(size and int(size[0]) < SMALLEST for size in sizes):
            yield given["src"].strip()
