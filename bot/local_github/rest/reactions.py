"""Reactions to issues, to their comments, and to comments on a pull request's lines."""

from bot.local_github.deeds import conversation
from bot.local_github.records import Reactable
from bot.local_github.rest.calls import Answer, Call, Route, in_repository, paged
from bot.local_github.shapes import issues


def list_reactions(call: Call) -> Answer:
    """GET …/reactions."""
    content = call.query.get("content")
    given = [one for one in call.site.ledger.reactions_to(*_subject(call)) if content in (None, one.content)]
    page, links = paged(call, given)
    return Answer(200, [issues.reaction(call.site, one) for one in page], links)


def create_reaction(call: Call) -> Answer:
    """POST …/reactions: 201, or 200 for one that was there."""
    kind, subject = _subject(call)
    conversation.check_writable(call.repository)
    made, new = conversation.react(call.site, kind, subject, call.text("content"), call.site.app.bot)
    return Answer(201 if new else 200, issues.reaction(call.site, made))


def delete_reaction(call: Call) -> Answer:
    """DELETE …/reactions/{id}."""
    kind, subject = _subject(call)
    conversation.unreact(call.site, kind, subject, call.path["reaction_id"])
    return Answer(204)


def _subject(call: Call) -> tuple[Reactable, int]:
    ledger, repository = call.site.ledger, call.repository
    if "comment_id" in call.path:
        return "comment", ledger.comment(repository, call.path["comment_id"]).id
    if "review_comment_id" in call.path:
        return "review_comment", ledger.review_comment(repository, call.path["review_comment_id"]).id
    return "issue", ledger.issue(repository, call.path["number"]).id


def _reactions_of(subject: str, *permissions: str) -> list[Route]:
    read, write = ([f"{name}:{level}" for name in permissions] for level in ("read", "write"))
    return [
        *in_repository("GET", f"{subject}/reactions", list_reactions, *read),
        *in_repository("POST", f"{subject}/reactions", create_reaction, *write),
        *in_repository("DELETE", f"{subject}/reactions/{{reaction_id:int}}", delete_reaction, *write),
    ]


ROUTES = [
    *_reactions_of("/issues/comments/{comment_id:int}", "issues", "pull_requests"),
    *_reactions_of("/issues/{number:int}", "issues", "pull_requests"),
    *_reactions_of("/pulls/comments/{review_comment_id:int}", "pull_requests"),
]
