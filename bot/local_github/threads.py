"""Threads of comments on a pull request's lines: which comments belong together, and where they stand by now."""

from collections import defaultdict
from dataclasses import dataclass

from bot.local_github import anchors
from bot.local_github.diffs import rows_in
from bot.local_github.ledger import Ledger
from bot.local_github.records import Anchor, Pull, Repository, ReviewComment
from bot.local_github.site import Site


@dataclass(frozen=True)
class Thread:
    """A comment on lines and the answers to it, oldest first."""

    comments: tuple[ReviewComment, ...]

    @property
    def first(self) -> ReviewComment:
        """The comment that began it."""
        return self.comments[0]

    @property
    def anchor(self) -> Anchor:
        """Where it was begun."""
        return self.first.anchor

    @property
    def resolved(self) -> bool:
        """Whether somebody called it done."""
        return self.first.resolved_by is not None


def threads_of(ledger: Ledger, pull: Pull) -> list[Thread]:
    """All threads of a pull request, oldest first."""
    together: defaultdict[int, list[ReviewComment]] = defaultdict(list)
    for comment in ledger.review_comments_of(pull):
        together[comment.in_reply_to_id or comment.id].append(comment)
    return [Thread(tuple(comments)) for comments in together.values()]


@dataclass(frozen=True)
class Place:
    """The lines of a comment in the diff as it is now."""

    line: int
    start_line: int | None
    position: int


def place_of(site: Site, repository: Repository, pull: Pull, anchor: Anchor) -> Place | None:
    """Where a comment stands by now; None if it is outdated: its line changed, or left the diff."""
    old_sha = site.disk.merge_base(repository.id, pull.base_sha, pull.head_sha)
    if (anchor.old_sha, anchor.commit_id) == (old_sha, pull.head_sha):
        return Place(anchor.line, anchor.start_line, anchor.position)
    ends = (anchor.commit_id, pull.head_sha) if anchor.side == "RIGHT" else (anchor.old_sha, old_sha)
    before, after = (_text(site, repository, sha, anchor.path) for sha in ends)
    line = anchors.moved(anchor.line, before, after)
    patch = anchors.patch_of(site.disk.changes(repository.id, pull.base_sha, pull.head_sha), anchor.path)
    position = anchors.find(rows_in(patch or ""), anchor.side, line) if line else None
    if line is None or position is None:
        return None
    start = None if anchor.start_line is None else anchor.start_line + line - anchor.line
    return Place(line, start, position)


def _text(site: Site, repository: Repository, sha: str, path: str) -> str:
    return (site.disk.file(repository.id, sha, path) or b"").decode(errors="replace")
