"""Issues and their comments."""

from bot.local_github.deeds import conversation
from bot.local_github.refusals import invalid
from bot.local_github.rest.calls import Answer, Call, in_repository, paged
from bot.local_github.rest.media_types import answered
from bot.local_github.shapes import issues

MOST_OF_A_LABEL = 50


def get_issue(call: Call) -> Answer:
    """GET …/issues/{number}; also as a page shows it."""
    issue = call.site.ledger.issue(call.repository, call.path["number"])
    return answered(call, issues.issue(call.site, call.repository, issue))


def update_issue(call: Call) -> Answer:
    """PATCH …/issues/{number}: its state."""
    state = call.text("state")
    if state not in ("open", "closed"):
        raise invalid("Issue", field="state")
    conversation.set_state(call.site, call.repository, call.path["number"], state == "closed", call.site.app.bot)
    return get_issue(call)


def list_comments(call: Call) -> Answer:
    """GET …/issues/{number}/comments, oldest first; `since` is about the last change."""
    issue = call.site.ledger.issue(call.repository, call.path["number"])
    since = call.since
    comments = [one for one in call.site.ledger.comments_of(issue) if since is None or one.updated_at >= since]
    page, links = paged(call, comments)
    return Answer(200, [issues.comment(call.site, call.repository, issue, one) for one in page], links)


def create_comment(call: Call) -> Answer:
    """POST …/issues/{number}/comments."""
    app, number = call.site.app, call.path["number"]
    made = conversation.comment(call.site, call.repository, number, call.text("body"), app.bot, app.id)
    issue = call.site.ledger.issue(call.repository, number)
    shape = issues.comment(call.site, call.repository, issue, made)
    return Answer(201, shape, {"Location": shape["url"]})


def get_comment(call: Call) -> Answer:
    """GET …/issues/comments/{id}; also as a page shows it."""
    comment = call.site.ledger.comment(call.repository, call.path["comment_id"])
    issue = call.site.ledger.issue(call.repository, comment.number)
    return answered(call, issues.comment(call.site, call.repository, issue, comment))


def update_comment(call: Call) -> Answer:
    """PATCH …/issues/comments/{id}."""
    conversation.edit_comment(call.site, call.repository, call.path["comment_id"], call.text("body"), call.site.app.bot)
    return get_comment(call)


def delete_comment(call: Call) -> Answer:
    """DELETE …/issues/comments/{id}."""
    conversation.delete_comment(call.site, call.repository, call.path["comment_id"], call.site.app.bot)
    return Answer(204)


def add_labels(call: Call) -> Answer:
    """POST …/issues/{number}/labels."""
    number, names = call.path["number"], call.given.get("labels")
    if not isinstance(names, list) or not all(
        isinstance(name, str) and 0 < len(name) <= MOST_OF_A_LABEL for name in names
    ):
        raise invalid("Label", field="name")
    for name in names:
        conversation.label(call.site, call.repository, number, name, call.site.app.bot)
    labels = call.site.ledger.issue(call.repository, number).labels
    return Answer(200, [issues.label(call.site, call.repository, name) for name in labels])


_READ = ("issues:read", "pull_requests:read")
_WRITE = ("issues:write", "pull_requests:write")

ROUTES = [
    *in_repository("GET", "/issues/comments/{comment_id:int}", get_comment, *_READ),
    *in_repository("PATCH", "/issues/comments/{comment_id:int}", update_comment, *_WRITE),
    *in_repository("DELETE", "/issues/comments/{comment_id:int}", delete_comment, *_WRITE),
    *in_repository("GET", "/issues/{number:int}", get_issue, *_READ),
    *in_repository("PATCH", "/issues/{number:int}", update_issue, *_WRITE),
    *in_repository("POST", "/issues/{number:int}/labels", add_labels, *_WRITE),
    *in_repository("GET", "/issues/{number:int}/comments", list_comments, *_READ),
    *in_repository("POST", "/issues/{number:int}/comments", create_comment, *_WRITE),
]
