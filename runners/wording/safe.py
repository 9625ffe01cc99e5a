"""Showing other people's words so that they can't act: no ping, no closed issue, no command, no image, no link.

Whatever an agent or a stranger wrote goes through one of these before it stands in a text of ours (threat 39).
Secrets come out first, with `config.redaction`: afterwards escapes may split them.
"""

import re
import unicodedata

from runners.wording.cut import first_bytes, left_out, shortened
from runners.wording.hidden import bare
from runners.wording.inert import BREAK, LONGEST_RUN, code_span, fenced, inert, still
from runners.wording.prose import prose

__all__ = ["block", "plain", "prose", "quoted", "slug"]

_LINK = re.compile(r"(https?|ftp|mailto|xmpp):", re.IGNORECASE)


def quoted(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters as inline code, for names, tokens and titles within a sentence."""
    line = shortened(" ".join(bare(text).split()), limit)
    # A pipe ends a table's cell even inside code, and would leave the rest of the text outside.
    return code_span(line.replace("|", "∣")) if line else "(empty)"


def plain(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters that is not Markdown, for titles and commit messages; may be empty."""
    line = still(" ".join(bare(text).split()))
    line = _LINK.sub(rf"\1:{BREAK}", line)
    if line.startswith("/"):
        line = f"/{BREAK}{line[1:]}"
    return shortened(line, limit)


def block(text: str, limit: int, language: str = "") -> str:
    """A fenced code block of at most `limit` UTF-8 bytes (128 at least); `language` is ours, never from the text."""
    content = inert(bare(text)).strip("\n")
    room = limit - len(language) - 2 * (LONGEST_RUN + 2)
    if len(content.encode()) > room:
        kept = first_bytes(content, room - len(left_out(len(content)).encode()))
        content = (kept + left_out(len(content) - len(kept))).strip()
    return fenced(content, language)


def slug(title: str, limit: int = 40) -> str:
    """A title as part of a branch's name: [a-z0-9-], at most `limit` characters, never empty."""
    # Decomposing takes the accents off letters; a slice first, since its time grows with the square of a run of marks.
    ascii_letters = unicodedata.normalize("NFKD", title[:500]).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_letters.replace("'", "")).strip("-")
    kept = words[:limit]
    if words[limit : limit + 1] not in ("", "-") and "-" in kept[limit // 2 :]:
        kept = kept.rpartition("-")[0]
    return kept.strip("-") or "task"
