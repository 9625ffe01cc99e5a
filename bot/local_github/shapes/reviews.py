"""Reviews and comments on lines, as GitHub shows them."""

from typing import Any

from bot.local_github.records import Pull, Repository, Review, ReviewComment
from bot.local_github.shapes.issues import association, rollup
from bot.local_github.shapes.texts import date, node_id
from bot.local_github.shapes.users import user
from bot.local_github.site import Json, Site
from bot.local_github.threads import Place, Thread, place_of


def review(site: Site, repository: Repository, pull: Pull, record: Review) -> Json:
    """GET …/pulls/{number}/reviews/{id}."""
    page, api = site.at.review_page(repository, pull, record), site.at.pull(repository, pull)
    return {
        "id": record.id,
        "node_id": node_id("PullRequestReview", record.id),
        "user": user(site.at, record.user),
        "body": record.body,
        "state": record.state,
        "html_url": page,
        "pull_request_url": api,
        "author_association": association(site, repository, record.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": api}},
        "submitted_at": date(record.submitted_at),
        "commit_id": record.commit_id,
    }


def told_review(site: Site, repository: Repository, pull: Pull, record: Review) -> Json:
    """The `review` of a webhook: its state in small letters, no text as null."""
    shape = review(site, repository, pull, record)
    return {**shape, "body": record.body or None, "state": record.state.lower()}


def comment(site: Site, repository: Repository, pull: Pull, record: ReviewComment) -> Json:
    """GET …/pulls/comments/{id}, and the `comment` of a webhook."""
    anchor = record.anchor
    place = place_of(site, repository, pull, anchor)
    return {
        **_comment(site, repository, pull, record, place),
        "start_line": place.start_line if place else None,
        "original_start_line": anchor.start_line,
        "start_side": anchor.start_side,
        "line": place.line if place else None,
        "original_line": anchor.line,
        "side": anchor.side,
        "subject_type": "line",
    }


def comment_in_review(site: Site, repository: Repository, pull: Pull, record: ReviewComment) -> Json:
    """One comment of …/reviews/{id}/comments: GitHub keeps to positions there and names no lines."""
    return _comment(site, repository, pull, record, place_of(site, repository, pull, record.anchor))


def _comment(site: Site, repository: Repository, pull: Pull, record: ReviewComment, place: Place | None) -> Json:
    api, page = site.at.review_comment(repository, record), site.at.review_comment_page(repository, pull, record)
    on = site.at.pull(repository, pull)
    shape: dict[str, Any] = {
        "url": api,
        "pull_request_review_id": record.review_id,
        "id": record.id,
        "node_id": node_id("PullRequestReviewComment", record.id),
        "diff_hunk": record.anchor.diff_hunk,
        "path": record.anchor.path,
        "position": place.position if place else None,
        "original_position": record.anchor.position,
        # The newest commit in which the line is still to be found.
        "commit_id": pull.head_sha if place else record.anchor.commit_id,
        "original_commit_id": record.anchor.commit_id,
        "user": user(site.at, record.user),
        "body": record.body,
        "created_at": date(record.created_at),
        "updated_at": date(record.updated_at),
        "html_url": page,
        "pull_request_url": on,
        "author_association": association(site, repository, record.user),
        "_links": {"self": {"href": api}, "html": {"href": page}, "pull_request": {"href": on}},
        "reactions": rollup(site, "review_comment", record.id, f"{api}/reactions"),
    }
    return shape if record.in_reply_to_id is None else {**shape, "in_reply_to_id": record.in_reply_to_id}


def thread(site: Site, repository: Repository, pull: Pull, record: Thread) -> Json:
    """The `thread` of a webhook."""
    return {
        "node_id": node_id("PullRequestReviewThread", record.first.id),
        "comments": [comment(site, repository, pull, one) for one in record.comments],
    }
