"""A patch as rows for a page: kind, line numbers, text."""

import re
from dataclasses import dataclass
from typing import Literal

from bot.local_github.diffs import Change

HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
MOST_ROWS = 2000


@dataclass(frozen=True)
class Row:
    """One line of a diff; a number is None where that side has no such line."""

    kind: Literal["hunk", "same", "added", "removed", "note"]
    old: int | None
    new: int | None
    text: str


def rows_of(change: Change) -> list[Row]:
    """The rows of a file's patch; a very long one is cut, with a note."""
    rows: list[Row] = []
    old = new = 0
    for line in change.patch.splitlines():
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
    if len(rows) > MOST_ROWS:
        return [*rows[:MOST_ROWS], Row("note", None, None, f"{len(rows) - MOST_ROWS} more lines are not shown")]
    return rows
