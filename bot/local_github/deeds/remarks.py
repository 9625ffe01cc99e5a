"""What every review and every comment on lines has in common: who may, where it sits, how it is kept and told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.local_github.anchors import Lines, anchor
from bot.local_github.deeds.announce import announce
from bot.local_github.ledger import now
from bot.local_github.records import Anchor, Pull, Repository, Review, ReviewComment, User
from bot.local_github.refusals import unprocessable
from bot.local_github.shapes import pulls, reviews
from bot.local_github.site import Site

State = Literal["COMMENTED", "APPROVED", "CHANGES_REQUESTED"]


@dataclass(frozen=True)
class Author:
    """Who writes, and the App through which they do."""

    user: User
    via_app: int | None = None


@dataclass(frozen=True)
class Remark:
    """What somebody says of some lines."""

    lines: Lines
    body: str


@dataclass(frozen=True)
class Verdict:
    """What a review says as a whole, and of which commit."""

    state: State
    body: str
    commit_id: str


@dataclass(frozen=True)
class Placed:
    """What is said at a place that the diff has; `answers` is the first comment of the thread."""

    anchor: Anchor
    body: str
    answers: int | None = None


def check_unlocked(site: Site, repository: Repository, pull: Pull, by: User) -> None:
    """Refuses where a lock keeps the writer out; a closed pull request is open to reviews."""
    writes = by.type == "User" and site.ledger.role(repository, by).reaches("write")
    # GitHub takes the pull requests of an archived repository for locked.
    if repository.archived or (pull.locked and not writes):
        raise unprocessable("lock prevents review")


def has_commit(site: Site, repository: Repository, pull: Pull, sha: str) -> bool:
    """Whether a commit is one of the pull request's."""
    return any(one.sha == sha for one in site.disk.commits(repository.id, f"{pull.base_sha}..{pull.head_sha}"))


def placed(site: Site, repository: Repository, pull: Pull, commit_id: str, remark: Remark) -> Placed:
    """Finds a remark's lines in the diff that ends with a commit. Raises NotInDiff."""
    changes = site.disk.changes(repository.id, pull.base_sha, commit_id)
    old_sha = site.disk.merge_base(repository.id, pull.base_sha, commit_id)
    return Placed(anchor(changes, remark.lines, old_sha, commit_id), remark.body)


def write(
    site: Site, repository: Repository, pull: Pull, verdict: Verdict, said: Sequence[Placed], by: Author
) -> tuple[Review, list[ReviewComment]]:
    """Keeps a review with its comments and tells of them. The reviewer is no longer asked for one."""
    review = site.ledger.keep(_review(site, pull, verdict, by))
    comments = [site.ledger.keep(_comment(site, review, one, by)) for one in said]
    asked = tuple(user for user in pull.reviewers if user.id != by.user.id)
    pull = site.ledger.keep(replace(pull, reviewers=asked, updated_at=now()))
    on = pulls.simple_pull(site, repository, pull)
    shape = reviews.told_review(site, repository, pull, review)
    announce(site, "pull_request_review", "submitted", repository, by.user, review=shape, pull_request=on)
    for comment in comments:
        shape = reviews.comment(site, repository, pull, comment)
        announce(site, "pull_request_review_comment", "created", repository, by.user, comment=shape, pull_request=on)
    return review, comments


def _review(site: Site, pull: Pull, verdict: Verdict, by: Author) -> Review:
    return Review(
        id=site.ledger.new_id(),
        repository_id=pull.repository_id,
        number=pull.number,
        body=verdict.body,
        user=by.user,
        state=verdict.state,
        commit_id=verdict.commit_id,
        submitted_at=now(),
        via_app=by.via_app,
    )


def _comment(site: Site, review: Review, said: Placed, by: Author) -> ReviewComment:
    return ReviewComment(
        id=site.ledger.new_id(),
        repository_id=review.repository_id,
        number=review.number,
        review_id=review.id,
        anchor=said.anchor,
        body=said.body,
        user=by.user,
        created_at=review.submitted_at,
        updated_at=review.submitted_at,
        via_app=by.via_app,
        in_reply_to_id=said.answers,
    )
