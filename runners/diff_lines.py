"""Which lines of the new files a unified diff shows: only those take a comment. Pure."""

import re
from collections.abc import Iterator

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def shown_lines(diff: str) -> dict[str, set[int]]:
    """Numbers of the lines that came or stand around them, by path. Paths that git quotes are left out."""
    shown: dict[str, set[int]] = {}
    path, lines = "", iter(diff.split("\n"))
    for line in lines:
        if line.startswith("+++ "):
            path = line.removeprefix("+++ b/").rstrip("\t") if line.startswith("+++ b/") else ""
        elif found := _HUNK.match(line):
            old, first, new = int(found[1] or 1), int(found[2]), int(found[3] or 1)
            numbers = set(_hunk(lines, old, first, new))
            if path:
                shown.setdefault(path, set()).update(numbers)
    return shown


def _hunk(lines: Iterator[str], old: int, first: int, new: int) -> Iterator[int]:
    """Reads a hunk to its end, which its header tells: a removed line may look like anything."""
    end = first + new
    while old > 0 or first < end:
        line = next(lines, None)
        if line is None:
            return
        if line[:1] in ("-", " ", ""):
            old -= 1
        if line[:1] in ("+", " ", ""):
            yield first
            first += 1
