"""Pull requests."""

from runners.github.connection import Connection
from runners.github_types import Invalid, Pull, Where, pull_of


class Pulls(Connection):
    """Pull requests: found, opened, brought before people."""

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

    def diff(self, where: Where, base: str, head: str) -> str | None:
        """What a commit changed since it left a branch; None where GitHub finds that too large to show."""
        accept = {"Accept": "application/vnd.github.diff"}
        try:
            with self.reading(where) as rest:
                return str(rest.repos.compare_commits(where.owner, where.name, f"{base}...{head}", headers=accept).text)
        except Invalid:
            return None
