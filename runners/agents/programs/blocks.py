"""Finds what a comment asks to apply: unified diffs and whole files. Pure, and linear in the text's length."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)")
FILE = re.compile(r"""(?:^|\s)(?:file|path)=("[^"]*"|'[^']*'|\S*)""")
BARE_START = re.compile(r"diff --git |--- (?:a/|\"a/|/dev/null)")
BARE_LINE = re.compile(
    r"[ +\-@\\]|$|(?:diff|index|old mode|new mode|new file|deleted file|similarity|dissimilarity|rename|copy) "
)


@dataclass(frozen=True)
class Diff:
    """A unified diff, with newlines as `\\n` and one at its end."""

    text: str


@dataclass(frozen=True)
class File:
    """A file's whole new content. The path is as it was written: nobody has checked it."""

    path: str
    content: str


Block = Diff | File


@dataclass(frozen=True)
class Fence:
    """A fenced block's info string and content."""

    info: str
    content: str


def find(text: str) -> list[Block]:
    """Every block of a comment, in its order. Text in HTML comments is not looked at: nobody sees it on GitHub."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blocks = (meaning(part) if isinstance(part, Fence) else part for part in parts(lines))
    return [block for block in blocks if block is not None]


def meaning(fence: Fence) -> Block | None:
    """What a fenced block asks for; None for one that only shows something."""
    named = FILE.search(fence.info)
    if named:
        return File(named[1].strip("\"'"), fence.content)
    language = (fence.info.split() or [""])[0].lower()
    if language in ("diff", "patch") and fence.content.strip():
        return Diff(fence.content)
    return None


def parts(lines: list[str]) -> Iterator[Fence | Diff]:
    """Fenced blocks, and diffs that stand bare in the text."""
    at = 0
    while at < len(lines):
        line = lines[at]
        if opening := FENCE.fullmatch(line):
            end = closing(lines, at + 1, opening[1])
            yield Fence(opening[2].strip(), joined(lines[at + 1 : end], indent=len(line) - len(line.lstrip(" "))))
            at = end + 1
        elif line.lstrip(" ").startswith("<!--"):
            at = after_comment(lines, at)
        elif BARE_START.match(line):
            end = bare_end(lines, at)
            yield Diff("\n".join(lines[at:end]).rstrip("\n") + "\n")
            at = end
        else:
            at += 1


def closing(lines: list[str], start: int, fence: str) -> int:
    """The line that closes a fence; the end of the text where none does, as GitHub has it."""
    close = re.compile(rf" {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*")
    return next((at for at in range(start, len(lines)) if close.fullmatch(lines[at])), len(lines))


def joined(lines: list[str], indent: int) -> str:
    """The block's content, without the fence's own indentation."""
    if indent:
        lines = [line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in lines]
    return "".join(f"{line}\n" for line in lines)


def after_comment(lines: list[str], at: int) -> int:
    """The line after an HTML comment that opens a line."""
    first = lines[at].partition("<!--")[2]
    if "-->" in first:
        return at + 1
    return next((n + 1 for n in range(at + 1, len(lines)) if "-->" in lines[n]), len(lines))


def bare_end(lines: list[str], at: int) -> int:
    """The first line after a bare diff that can't belong to it."""
    return next((n for n in range(at + 1, len(lines)) if not BARE_LINE.match(lines[n])), len(lines))
