"""Where a comment sits in a pull request's diff, and where its line is once the branch has moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.local_github.diffs import Change, Row, rows_in
from bot.local_github.records import Anchor, Side

UNRESOLVED = "could not be resolved"


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The lines that somebody wants to comment on; more than one where there is a `start_line`."""

    path: str
    line: int
    side: Side = "RIGHT"
    start_line: int | None = None
    start_side: Side | None = None


class NotInDiff(Exception):
    """Lines that can't be commented on: GitHub's name of what is wrong with them, and its words."""

    def __init__(self, field: str, words: str = UNRESOLVED) -> None:
        super().__init__(f"{field} {words}")
        self.field = field
        self.words = words

    def sentence(self) -> str:
        """As GitHub says it of a comment that comes with a review."""
        name = self.field.replace("_", " ")
        return (
            f"{name.capitalize()} {self.words}"
            if self.words == UNRESOLVED
            else f"Pull request review thread {name} {self.words}"
        )


def anchor(changes: Sequence[Change], lines: Lines, old_sha: str, commit_id: str) -> Anchor:
    """Puts a comment into the diff between two commits. Raises NotInDiff."""
    patch = patch_of(changes, lines.path)
    if patch is None:
        raise NotInDiff("path")
    rows = rows_in(patch)
    end = find(rows, lines.side, lines.line)
    if end is None:
        raise NotInDiff("line")
    first = max(index for index in range(end) if rows[index].kind == "hunk")
    start_side = None if lines.start_line is None else lines.start_side or lines.side
    if lines.start_line is not None and start_side is not None:
        _check_start(find(rows, start_side, lines.start_line), first, end)
    return Anchor(
        path=lines.path,
        line=lines.line,
        side=lines.side,
        start_line=lines.start_line,
        start_side=start_side,
        old_sha=old_sha,
        commit_id=commit_id,
        position=end,
        diff_hunk="\n".join(patch.split("\n")[first : end + 1]),
    )


def _check_start(start: int | None, first: int, end: int) -> None:
    if start is None:
        raise NotInDiff("start_line")
    if start >= end:
        raise NotInDiff("start_line", "must precede the end line.")
    if start < first:
        raise NotInDiff("start_line", "must be part of the same hunk as the line.")


def patch_of(changes: Sequence[Change], path: str) -> str | None:
    """The patch of a changed file; None where it did not change."""
    return next((change.patch for change in changes if change.path == path), None)


def find(rows: Sequence[Row], side: Side, line: int) -> int | None:
    """The row of a line, which is its position too: rows are counted from the first hunk's header."""
    numbers = (row.new if side == "RIGHT" else row.old for row in rows)
    return next((index for index, number in enumerate(numbers) if number == line), None)


def moved(line: int, before: str, after: str) -> int | None:
    """The number that a line of one text has in the other; None if it changed or went."""
    matcher = SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    for same in matcher.get_matching_blocks():
        if same.a < line <= same.a + same.size:
            return line - same.a + same.b
    return None
