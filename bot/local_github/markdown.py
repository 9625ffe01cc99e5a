"""Markdown from anybody, as HTML that can do nothing: no scripts, no styles, no tags but a listed few.

Of images those are left that were attached here; all others would tell strangers who looks.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape, unescape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from bot.local_github.attachments import NAMED
from bot.local_github.site import Site

# Hidden notes vanish and these tags work, as on GitHub; every other tag is shown as the text that it is.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"(<[^<>]*>)")
_IMG = re.compile(rf"""<img\s[^<>]*\bsrc=["']?({NAMED.pattern})["'\s/>][^<>]*>?""", re.IGNORECASE)
_PLAIN_TAGS = {"<details>", "</details>", "<summary>", "</summary>", "<br>", "<sub>", "</sub>", "<kbd>", "</kbd>"}
_LISTED = """
a blockquote br code dd del details dl dt em h1 h2 h3 h4 h5 h6 hr img kbd li ol p pre s strong sub summary
table tbody td th thead tr ul
"""
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "ol": {"start"}}


def _html(_: object, tokens: Sequence[Token], index: int, *__: Any) -> str:
    shown = _COMMENT.sub("", tokens[index].content)
    return "".join(_tag(part) for part in _TAG.split(shown))


def _tag(part: str) -> str:
    if image := _IMG.fullmatch(part):
        return f'<img src="{image[1]}" alt="">'
    return part if part in _PLAIN_TAGS else escape(part)


def _image(_: object, tokens: Sequence[Token], index: int, *__: Any) -> str:
    alt, source = escape(tokens[index].content), str(tokens[index].attrs["src"])
    return f'<img src="{source}" alt="{alt}">' if NAMED.fullmatch(source) else alt


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for rule, render in {"html_block": _html, "html_inline": _html, "image": _image}.items():
        parser.add_render_rule(rule, render)
    return parser


_PARSER = _parser()


@lru_cache(maxsize=512)
def rendered(text: str) -> Markup:
    """The HTML of a Markdown text."""
    clean = nh3.clean(
        _PARSER.render(text),
        tags=set(_LISTED.split()),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704 - nh3 let only the listed tags through


def shown(site: Site, text: str, host: str | None = None) -> Markup:
    """The same with what is attached to it at signed addresses, of this host or of the one that is named."""
    html = site.attachments.shown(rendered(text), site.at.url if host is None else host)
    return Markup(html)  # noqa: S704 - nothing but addresses of ours was added


def text_of(html: str) -> str:
    """What is left of a page without its tags."""
    return unescape(nh3.clean(html, tags=set()))
