"""Reviews of pull requests: ours, and what people say in threads."""

from functools import partial
from typing import Any

from runners.github.connection import Connection, pages
from runners.github_types import Said, Thread, Where, said_of, thread_of

# REST does not tell whether a thread is resolved.
THREADS = (
    "query($owner:String!,$name:String!,$number:Int!){repository(owner:$owner,name:$name){pullRequest(number:$number)"
    "{reviewThreads(first:100){nodes{isResolved path line comments(first:50){nodes{body diffHunk author{login} "
    "authorAssociation}}}}}}}"
)


class Reviews(Connection):
    """Reviews and their threads."""

    def review(self, where: Where, number: int, sha: str | None, body: str, comments: list[dict[str, Any]]) -> int:
        """A review of a commit of a pull request (None: its head) that neither approves nor blocks; its id."""
        mark = body.partition("\n")[0][:100]
        with self.writing(where, f"review of {where.repository_id}#{number} {mark}") as rest:
            said = {"event": "COMMENT", "body": body, "comments": comments} | ({"commit_id": sha} if sha else {})
            return int(rest.pulls.create_review(where.owner, where.name, number, data=said).json()["id"])

    def find_reviews(self, where: Where, number: int, marker: str, login: str) -> list[int]:
        """Reviews by that login which hold the marker."""
        with self.reading(where) as rest:
            listed = pages(partial(rest.pulls.list_reviews, where.owner, where.name, number))
            marked = [one for one in listed if marker in (one.get("body") or "")]
        return [int(one["id"]) for one in marked if (one.get("user") or {}).get("login") == login]

    def thread(self, where: Where, number: int, root: int) -> list[Said]:
        """What people said in the thread that a comment began, the oldest first."""
        with self.reading(where) as rest:
            listed = pages(partial(rest.pulls.list_review_comments, where.owner, where.name, number))
            theirs = [one for one in listed if root in (one["id"], one.get("in_reply_to_id"))]
        return [said for said in map(said_of, theirs) if said]

    def open_threads(self, where: Where, number: int) -> list[Thread]:
        """Threads that are not resolved, as many as a page holds."""
        answer = self.graphql(where, THREADS, {"owner": where.owner, "name": where.name, "number": number})
        pull = (answer.get("repository") or {}).get("pullRequest") or {}
        nodes = (pull.get("reviewThreads") or {}).get("nodes") or []
        return [thread_of(node) for node in nodes if not node["isResolved"]]
