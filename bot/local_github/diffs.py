"""Reads git's diffs into the files that they change."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
STATUS = {"A": "added", "D": "removed", "M": "modified", "T": "changed", "R": "renamed", "C": "copied"}


@dataclass(frozen=True)
class Change:
    """One changed file. `patch` holds its hunks, without the header; empty for a binary file."""

    path: str
    previous: str | None
    status: str
    sha: str
    patch: str

    @property
    def additions(self) -> int:
        """Lines that came."""
        return sum(line.startswith("+") for line in self.patch.splitlines())

    @property
    def deletions(self) -> int:
        """Lines that went."""
        return sum(line.startswith("-") for line in self.patch.splitlines())


def changes_of(raw: str, diff: str) -> tuple[Change, ...]:
    """The files of one diff, from its `--raw -z` and its patch form, which name the same files in the same order."""
    sections = iter(re.split(r"^(?=diff --git )", diff, flags=re.MULTILINE)[1:])
    return tuple(
        # A changed type (a file that became a link) is one raw entry and two sections.
        Change(
            path, previous, STATUS[letter], sha, "\n".join(_hunks(next(sections)) for _ in range(1 + (letter == "T")))
        )
        for letter, sha, path, previous in _entries(raw)
    )


def _entries(raw: str) -> Iterator[tuple[str, str, str, str | None]]:
    fields = iter(raw.split("\0"))
    for about in fields:
        if not about:
            return
        _, _, old, new, status = about.split(" ")
        sha = old if status == "D" else new
        first = next(fields)
        moved = status[0] in "RC"
        yield status[0], sha, next(fields) if moved else first, first if moved else None


def _hunks(section: str) -> str:
    found = re.search(r"^@@ ", section, flags=re.MULTILINE)
    return section[found.start() :].removesuffix("\n") if found else ""


@dataclass(frozen=True)
class Row:
    """One line of a patch; a number is None where that side has no such line."""

    kind: Literal["hunk", "same", "added", "removed", "note"]
    old: int | None
    new: int | None
    text: str


def rows_in(patch: str) -> list[Row]:
    """The lines of a file's patch, one row each."""
    rows: list[Row] = []
    old = new = 0
    for line in patch.split("\n") if patch else []:
        hunk = HUNK.match(line)
        if hunk:
            old, new = int(hunk[1]), int(hunk[2])
            rows.append(Row("hunk", None, None, line))
        elif line.startswith("+"):
            rows.append(Row("added", None, new, line[1:]))
            new += 1
        elif line.startswith("-"):
            rows.append(Row("removed", old, None, line[1:]))
            old += 1
        elif line.startswith("\\"):
            rows.append(Row("note", None, None, line[2:]))
        else:
            rows.append(Row("same", old, new, line[1:]))
            old, new = old + 1, new + 1
    return rows
