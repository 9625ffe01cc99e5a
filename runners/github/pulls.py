"""Pull requests and reviews."""

from typing import Any

from runners.github.connection import PAGE, Connection
from runners.github_types import Pull, Where, pull_of


class Pulls(Connection):
    """Pull requests and their reviews."""

    def pull(self, where: Where, number: int) -> Pull:
        """One pull request."""
        with self.reading(where) as rest:
            return pull_of(rest.pulls.get(where.owner, where.name, number).json())

    def find_pull(self, where: Where, branch: str) -> Pull | None:
        """The newest pull request, open or not, from a branch of the same repository."""
        with self.reading(where) as rest:
            head = f"{where.owner}:{branch}"
            found = rest.pulls.list(where.owner, where.name, head=head, state="all", sort="created", direction="desc")
            answers = found.json()
        return pull_of(answers[0]) if answers else None

    def open_pull(self, where: Where, *, title: str, body: str, head: str, base: str, draft: bool) -> Pull:
        """A new pull request from a branch of the same repository."""
        with self.writing(where, f"pull from {head}") as rest:
            made = rest.pulls.create(where.owner, where.name, title=title, body=body, head=head, base=base, draft=draft)
            return pull_of(made.json())

    def ask_for_review(self, where: Where, number: int, logins: list[str]) -> None:
        """Asks people to review a pull request. Raises Invalid where one of them may not."""
        with self.writing(where, f"reviewers of {where.repository_id}#{number}") as rest:
            rest.pulls.request_reviewers(where.owner, where.name, number, data={"reviewers": logins})

    def review(self, where: Where, number: int, sha: str | None, body: str, comments: list[dict[str, Any]]) -> int:
        """A review of a commit of a pull request (None: its head) that neither approves nor blocks; its id."""
        with self.writing(
            where, f"review of {where.repository_id}#{number} {body.partition(chr(10))[0][:100]}"
        ) as rest:
            said = {"event": "COMMENT", "body": body, "comments": comments} | ({"commit_id": sha} if sha else {})
            return int(rest.pulls.create_review(where.owner, where.name, number, data=said).json()["id"])

    def find_reviews(self, where: Where, number: int, marker: str, login: str) -> list[int]:
        """Reviews by that login which hold the marker."""
        with self.reading(where) as rest:
            found, page = [], 1
            while True:
                listed = rest.pulls.list_reviews(where.owner, where.name, number, per_page=PAGE, page=page).json()
                found += [one for one in listed if marker in (one.get("body") or "")]
                if len(listed) < PAGE:
                    return [int(one["id"]) for one in found if (one.get("user") or {}).get("login") == login]
                page += 1
