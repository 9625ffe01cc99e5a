"""Reviews and threads as a pull request's page shows them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bot.local_github.diffs import Row, rows_in
from bot.local_github.records import Anchor, Pull, Repository
from bot.local_github.site import Site
from bot.local_github.threads import Place, Thread, place_of, threads_of

LINES_ABOVE = 3


@dataclass(frozen=True)
class Discussion:
    """A thread, the lines that it is about, and where they stand by now (None: nowhere any more)."""

    thread: Thread
    place: Place | None
    rows: list[Row]


def reviewed(site: Site, repository: Repository, pull: Pull) -> dict[str, Any]:
    """What the page needs; a review without a text and a verdict is nothing but its comments."""
    threads = threads_of(site.ledger, pull)
    shown = [Discussion(one, place_of(site, repository, pull, one.anchor), _rows(one.anchor)) for one in threads]
    said = site.ledger.review_comments_of(pull)
    given = {one.id: site.ledger.reactions_to("review_comment", one.id) for one in said}
    return {
        "reviews": [one for one in site.ledger.reviews_of(pull) if one.body or one.state != "COMMENTED"],
        "discussions": shown,
        "on_lines": {key: Counter(one.content for one in those) for key, those in given.items()},
    }


def _rows(anchor: Anchor) -> list[Row]:
    """The end of the hunk, which is at the line: all that is commented on and a little above it."""
    rows = rows_in(anchor.diff_hunk)
    commented = anchor.line - (anchor.start_line or anchor.line) + 1 if anchor.start_side == anchor.side else 1
    return rows[-max(commented, 1) - LINES_ABOVE :]
