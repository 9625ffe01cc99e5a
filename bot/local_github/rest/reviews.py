"""Reviews of pull requests, and comments on their lines."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, cast

from bot.local_github.anchors import Lines
from bot.local_github.deeds import line_comments, reviews
from bot.local_github.deeds.remarks import Author, Remark
from bot.local_github.deeds.reviews import Opinion
from bot.local_github.records import Pull, ReviewComment, Side
from bot.local_github.refusals import RefusalError
from bot.local_github.rest.calls import Answer, Call, in_repository, maybe_number, maybe_text, paged, text
from bot.local_github.rest.media_types import OF_REVIEWS, answered
from bot.local_github.shapes import reviews as shapes


def _pull(call: Call) -> Pull:
    return call.site.ledger.pull(call.repository, call.path["number"])


def _app(call: Call) -> Author:
    return Author(call.site.app.bot, call.site.app.id)


def list_reviews(call: Call) -> Answer:
    """GET …/pulls/{number}/reviews, oldest first."""
    pull = _pull(call)
    page, links = paged(call, call.site.ledger.reviews_of(pull))
    return Answer(200, [shapes.review(call.site, call.repository, pull, one) for one in page], links)


def create_review(call: Call) -> Answer:
    """POST …/pulls/{number}/reviews: all of it or none."""
    given = call.given.get("comments") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise RefusalError(422, "Invalid request.\n\nFor 'comments', this is not an array of objects.")
    wanted = Opinion(
        event=call.maybe_text("event"),
        body=call.maybe_text("body") or "",
        remarks=[_remark(one) for one in given],
        commit_id=call.maybe_text("commit_id"),
    )
    made = reviews.submit(call.site, call.repository, call.path["number"], wanted, _app(call))
    return Answer(200, shapes.review(call.site, call.repository, _pull(call), made))


def _remark(given: Mapping[str, Any]) -> Remark:
    line = maybe_number(given, "line")
    if line is None:
        raise RefusalError(422, 'Invalid request.\n\n"line" wasn\'t supplied.')
    lines = Lines(
        path=text(given, "path"),
        line=line,
        side=_side(given, "side") or "RIGHT",
        start_line=maybe_number(given, "start_line"),
        start_side=_side(given, "start_side"),
    )
    return Remark(lines, text(given, "body"))


def _side(given: Mapping[str, Any], name: str) -> Side | None:
    side = maybe_text(given, name)
    if side not in ("LEFT", "RIGHT", None):
        raise RefusalError(422, f'Invalid request.\n\nFor \'{name}\', {side!r} is not a member of ["LEFT", "RIGHT"].')
    return cast("Side | None", side)


def get_review(call: Call) -> Answer:
    """GET …/pulls/{number}/reviews/{id}; also as a page shows it."""
    pull = _pull(call)
    review = call.site.ledger.review(pull, call.path["review_id"])
    return answered(call, shapes.review(call.site, call.repository, pull, review), OF_REVIEWS)


def list_comments_of_review(call: Call) -> Answer:
    """GET …/pulls/{number}/reviews/{id}/comments."""
    pull = _pull(call)
    review = call.site.ledger.review(pull, call.path["review_id"])
    own = [one for one in call.site.ledger.review_comments_of(pull) if one.review_id == review.id]
    page, links = paged(call, own)
    return Answer(200, [shapes.comment_in_review(call.site, call.repository, pull, one) for one in page], links)


def list_comments(call: Call) -> Answer:
    """GET …/pulls/{number}/comments: oldest first, unless asked otherwise; `since` is about the last change."""
    pull, since = _pull(call), call.since
    found = [one for one in call.site.ledger.review_comments_of(pull) if since is None or one.updated_at >= since]
    order = {"created": ("created_at", "id"), "updated": ("updated_at", "id")}.get(call.query.get("sort", ""), ("id",))
    found.sort(key=attrgetter(*order), reverse=call.query.get("direction") == "desc" and "sort" in call.query)
    page, links = paged(call, found)
    return Answer(200, [shapes.comment(call.site, call.repository, pull, one) for one in page], links)


def create_comment(call: Call) -> Answer:
    """POST …/pulls/{number}/comments, or, with `in_reply_to`, an answer."""
    answered = call.maybe_number("in_reply_to")
    if answered is not None:
        return _reply(call, answered)
    remark, commit_id = _remark(call.given), call.text("commit_id")
    made = line_comments.comment(call.site, call.repository, call.path["number"], remark, _app(call), commit_id)
    return _created(call, made)


def create_reply(call: Call) -> Answer:
    """POST …/pulls/{number}/comments/{id}/replies."""
    return _reply(call, call.path["review_comment_id"])


def _reply(call: Call, answered: int) -> Answer:
    body = call.text("body")
    made = line_comments.reply(call.site, call.repository, call.path["number"], answered, body, _app(call))
    return _created(call, made)


def _created(call: Call, made: ReviewComment) -> Answer:
    shape = shapes.comment(call.site, call.repository, _pull(call), made)
    return Answer(201, shape, {"Location": shape["url"]})


def get_comment(call: Call) -> Answer:
    """GET …/pulls/comments/{id}; also as a page shows it."""
    comment = call.site.ledger.review_comment(call.repository, call.path["review_comment_id"])
    pull = call.site.ledger.pull(call.repository, comment.number)
    return answered(call, shapes.comment(call.site, call.repository, pull, comment), OF_REVIEWS)


_READ, _WRITE = "pull_requests:read", "pull_requests:write"
_COMMENT = "/comments/{review_comment_id:int}"

ROUTES = [
    *in_repository("GET", f"/pulls{_COMMENT}", get_comment, _READ),
    *in_repository("GET", "/pulls/{number:int}/reviews", list_reviews, _READ),
    *in_repository("POST", "/pulls/{number:int}/reviews", create_review, _WRITE),
    *in_repository("GET", "/pulls/{number:int}/reviews/{review_id:int}", get_review, _READ),
    *in_repository("GET", "/pulls/{number:int}/reviews/{review_id:int}/comments", list_comments_of_review, _READ),
    *in_repository("GET", "/pulls/{number:int}/comments", list_comments, _READ),
    *in_repository("POST", "/pulls/{number:int}/comments", create_comment, _WRITE),
    *in_repository("POST", f"/pulls/{{number:int}}{_COMMENT}/replies", create_reply, _WRITE),
]
