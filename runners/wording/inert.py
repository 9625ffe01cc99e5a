"""The smallest means by which a word loses its effect on GitHub; `runners.wording.safe` says when each is used."""

import re

# Invisible, and enough for GitHub not to see a mention, a reference or a keyword any more.
BREAK = "\u200b"

# GitHub's parser gives up on code delimiters that are too long, and what they hold becomes live.
LONGEST_RUN = 20
_LONG_RUN = re.compile(f"`{{{LONGEST_RUN}}}(?=`)")

_REFERENCE = r"(?:[\w./-]{0,200}#\d|gh-\d|https?:)"
# An underscore may be Markdown's, and so no part of the word beside it.
_CLOSING = re.compile(
    rf"(?<![^\W_])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?=[\W_]{{1,20}}{_REFERENCE})", re.IGNORECASE
)
_LIVE = re.compile(r"@|#(?=\d)|gh-(?=\d)|<(?=!)", re.IGNORECASE)
_SKIP = re.compile(r"\[(?=(?:skip|no)\s+(?:ci|actions)\]|(?:ci|actions)\s+skip\])", re.IGNORECASE)
_MARKER = re.compile(r"<(?=!--\W{0,20}async-code)", re.IGNORECASE)


def still(text: str) -> str:
    """Text in which GitHub sees no mention, no reference to an issue, no closing keyword and no comment."""
    return _LIVE.sub(rf"\g<0>{BREAK}", inert(text))


def inert(text: str) -> str:
    """What even code needs: no closing keyword, none of our own comment markers, no endless delimiters.

    Nor a word that keeps CI from running: titles and bodies end in commit messages.
    """
    text = _SKIP.sub("[" + BREAK, text)
    text = _CLOSING.sub(lambda keyword: keyword[0][0] + BREAK + keyword[0][1:], text)
    return _LONG_RUN.sub("`" * LONGEST_RUN + BREAK, _MARKER.sub("<" + BREAK, text))


def code_span(text: str) -> str:
    """Inline code of one line, with delimiters longer than any run of backticks in it."""
    content = inert(re.sub(r"\s", " ", text))
    fence = "`" * (_longest_run(content) + 1)
    pad = " " if content[:1] in ("`", " ", "") or content[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{content}{pad}{fence}"


def fenced(content: str, language: str = "") -> str:
    """A code block with a fence longer than any run of backticks in it."""
    fence = "`" * max(3, _longest_run(content) + 1)
    return f"{fence}{language}\n{content}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
