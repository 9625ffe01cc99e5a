"""GraphQL, as far as the bot speaks it: one question, about the threads of a pull request and whether they are done."""

import re
from typing import Any

from bot.local_github.access import check_may
from bot.local_github.ledger import Ledger
from bot.local_github.records import Pull, Repository, ReviewComment, User
from bot.local_github.refusals import RefusalError
from bot.local_github.rest.calls import Answer, Call, Route
from bot.local_github.shapes.issues import association
from bot.local_github.site import Json
from bot.local_github.threads import Thread, place_of, threads_of

QUERY = """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100) {
        nodes {
          isResolved
          path
          line
          comments(first: 50) { nodes { body diffHunk author { login } authorAssociation } }
        }
      }
    }
  }
}
"""
MOST_THREADS, MOST_COMMENTS = 100, 50
VARIABLES = {"owner": str, "name": str, "number": int}


class QuestionError(Exception):
    """What GitHub tells beside the data: a kind, the path to what is null for it, and words."""

    def __init__(self, kind: str, path: list[str], words: str) -> None:
        super().__init__(words)
        self.kind = kind
        self.path = path


def answer(call: Call) -> Answer:
    """POST /api/graphql: 200 even where it says no."""
    query = call.given.get("query")
    if not isinstance(query, str) or _words(query) != _words(QUERY):
        words = f"This local GitHub answers one query only, and this is not it: {' '.join(QUERY.split())}"
        return Answer(200, {"errors": [{"message": words}]})
    given = call.given.get("variables")
    variables: dict[str, Any] = given if isinstance(given, dict) else {}
    for name, kind in VARIABLES.items():
        if type(variables.get(name)) is not kind:
            words = f"Variable ${name} of type {'Int' if kind is int else 'String'}! was provided invalid value"
            return Answer(200, {"errors": [{"message": words}]})
    return Answer(200, _told(call, variables["owner"], variables["name"], variables["number"]))


def _words(query: str) -> list[str]:
    """A query's words and marks; blanks and commas mean nothing in it."""
    return re.findall(r"[^\s,{}():]+|[{}():]", query)


def _told(call: Call, owner: str, name: str, number: int) -> Json:
    try:
        repository = _repository(call, f"{owner}/{name}")
        threads = _threads(call, repository, number)
    except QuestionError as problem:
        nothing: Json = {problem.path[-1]: None}
        for step in reversed(problem.path[:-1]):
            nothing = {step: nothing}
        return {"data": nothing, "errors": [{"type": problem.kind, "path": problem.path, "message": str(problem)}]}
    return {"data": {"repository": {"pullRequest": {"reviewThreads": {"nodes": threads}}}}}


def _repository(call: Call, full_name: str) -> Repository:
    try:
        found = _named(call.site.ledger, full_name)
        assert call.token is not None  # its route lets nobody but installations in
        check_may(call.site.ledger, call.token, found, (("pull_requests", "read"),))
    except RefusalError as refusal:
        if refusal.status == 403:
            raise QuestionError("FORBIDDEN", ["repository"], refusal.message) from None
        words = f"Could not resolve to a Repository with the name '{full_name}'."
        raise QuestionError("NOT_FOUND", ["repository"], words) from None
    return found


def _named(ledger: Ledger, full_name: str) -> Repository:
    try:
        return ledger.repository(full_name)
    except RefusalError as refusal:
        if refusal.status != 301:
            raise
        return ledger.repositories[refusal.extra["repository_id"]]  # GraphQL follows a rename without a word


def _threads(call: Call, repository: Repository, number: int) -> list[Json]:
    try:
        pull = call.site.ledger.pull(repository, number)
    except RefusalError:
        words = f"Could not resolve to a PullRequest with the number of {number}."
        raise QuestionError("NOT_FOUND", ["repository", "pullRequest"], words) from None
    found = threads_of(call.site.ledger, pull)[:MOST_THREADS]
    return [_thread(call, repository, pull, one) for one in found]


def _thread(call: Call, repository: Repository, pull: Pull, thread: Thread) -> Json:
    place = place_of(call.site, repository, pull, thread.anchor)
    said = thread.comments[:MOST_COMMENTS]
    return {
        "isResolved": thread.resolved,
        "path": thread.anchor.path,
        "line": place.line if place else None,
        "comments": {"nodes": [_comment(call, repository, one) for one in said]},
    }


def _comment(call: Call, repository: Repository, comment: ReviewComment) -> Json:
    return {
        "body": comment.body,
        "diffHunk": comment.anchor.diff_hunk,
        "author": {"login": _login(comment.user)},
        "authorAssociation": association(call.site, repository, comment.user),
    }


def _login(user: User) -> str:
    # GraphQL names a bot without the ending that it has in REST and in webhooks.
    return user.login.removesuffix("[bot]")


ROUTE = Route("POST", "/api/graphql", answer)
