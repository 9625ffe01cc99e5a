"""A review as its agent wrote it, and as GitHub takes it: remarks on lines of the diff, and a text for the rest. Pure.

A remark is a line `path:line: words`, as compilers write them; the lines below it, up to an empty one, belong to it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runners.wording.cut import cut
from runners.wording.prose import prose
from runners.wording.safe import quoted

REVIEWED = "reviewed"  # the reason of a run that came to a review, which is its summary
LONGEST_REVIEW = 60_000  # bytes
LONGEST_REMARK = 4000
LONGEST_BODY = 20_000
MOST_REMARKS = 50
NOTHING_SAID = {True: "Remarks on the lines below.", False: "Nothing to remark."}

_REMARK = re.compile(
    r"\s{0,3}(?:[-*+]\s+)?`?(?P<path>[^\s:`]{1,400}):(?P<line>\d{1,7})(?:[-:]\d{1,7})?`?:\s*(?P<words>\S.*)"
)


@dataclass(frozen=True)
class Remark:
    """What is said of one line of a file as the pull request has it."""

    path: str
    line: int
    words: str


@dataclass(frozen=True)
class Review:
    """Remarks in the order in which they were written, and all else that was said."""

    remarks: tuple[Remark, ...]
    summary: str


def read(text: str) -> Review:
    """What an agent's last words mean as a review."""
    remarks: list[Remark] = []
    summary: list[str] = []
    for block in _blocks(text):
        found = _REMARK.fullmatch(block[0])
        if found:
            words = "\n".join([found["words"], *(line.strip() for line in block[1:])])
            remarks.append(Remark(found["path"].removeprefix("./"), int(found["line"]), words))
        else:
            summary += block
    return Review(tuple(remarks), "\n".join(summary).strip())


def _blocks(text: str) -> Iterator[list[str]]:
    """A remark with the lines that belong to it, or one line of the rest."""
    block: list[str] = []
    for line in text.splitlines():
        if block and line.strip() and not _REMARK.fullmatch(line):
            block.append(line)
            continue
        if block:
            yield block
        block = [line] if _REMARK.fullmatch(line) else []
        if not block:
            yield [line]
    if block:
        yield block


def as_github_takes_it(review: Review, shown: Mapping[str, Collection[int]]) -> tuple[str, list[dict[str, Any]]]:
    """The review's own text, and its comments: remarks on lines that the diff shows. The others stand in the text.

    https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request
    """
    fitting = [remark for remark in review.remarks if remark.line in shown.get(remark.path, ())][:MOST_REMARKS]
    comments = [
        {"path": remark.path, "line": remark.line, "side": "RIGHT", "body": prose(remark.words, LONGEST_REMARK)}
        for remark in fitting
    ]
    others = [
        f"- {quoted(f'{remark.path}:{remark.line}', 300)}: {' '.join(prose(remark.words, 500).split())}"
        for remark in review.remarks
        if remark not in fitting
    ]
    said = prose(review.summary, LONGEST_BODY)
    beside = "\n".join(["Besides:", *others]) if others else ""
    text = "\n\n".join(part for part in (said, beside) if part) or NOTHING_SAID[bool(comments)]
    return cut(text, LONGEST_REVIEW), comments


def told(review: Review) -> str:
    """How much there is, for the status comment and the check run."""
    count = len(review.remarks)
    remarks = f"{count or 'No'} remark{'' if count == 1 else 's'} on lines"
    return f"{remarks}{' and a summary' if review.summary else ''}, in a review of this pull request."
