"""What all that people do at the local GitHub goes through."""

from bot.local_github.records import Issue, Repository, User
from bot.local_github.site import Site


class Hands:
    """One site, and its records by the names that people give them. Refusals are raised as RefusalError."""

    site: Site

    def repository(self, repo: str) -> Repository:
        """The repository of that name."""
        return self.site.ledger.repository(repo)

    def user(self, login: str) -> User:
        """The account of that login."""
        return self.site.ledger.user(login)

    def issue(self, repo: str, number: int) -> Issue:
        """An issue or pull request."""
        return self.site.ledger.issue(self.repository(repo), number)
