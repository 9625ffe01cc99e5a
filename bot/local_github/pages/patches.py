"""A patch as rows for a page: kind, line numbers, text."""

from bot.local_github.diffs import Row, rows_in

MOST_ROWS = 2000


def rows_of(patch: str) -> list[Row]:
    """The rows of a file's patch; a very long one is cut, with a note."""
    rows = rows_in(patch)
    if len(rows) > MOST_ROWS:
        return [*rows[:MOST_ROWS], Row("note", None, None, f"{len(rows) - MOST_ROWS} more lines are not shown")]
    return rows
