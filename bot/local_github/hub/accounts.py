"""Accounts, what they installed, and what people may do."""

from bot.local_github.deeds import accounts
from bot.local_github.hub.hands import Hands
from bot.local_github.records import Installation, Role, User


class Accounts(Hands):
    """Accounts, what they installed, and what people may do."""

    def add_user(self, login: str, type: str = "User") -> User:
        """A person, or with that type a Bot."""
        return accounts.add_user(self.site, login, "Bot" if type == "Bot" else "User")

    def add_organisation(self, login: str) -> User:
        """An organisation."""
        return accounts.add_user(self.site, login, "Organization")

    def install(self, account: str) -> Installation:
        """Installs the App on all repositories of an account."""
        return accounts.install(self.site, account)

    def suspend(self, account: str) -> None:
        """Suspends the installation."""
        accounts.suspend(self.site, account)

    def unsuspend(self, account: str) -> None:
        """Ends the suspension."""
        accounts.unsuspend(self.site, account)

    def uninstall(self, account: str) -> None:
        """Takes the App away."""
        accounts.uninstall(self.site, account)

    def set_role(self, repo: str, login: str, role: str, *, like: str | None = None) -> None:
        """none, read, triage, write, maintain or admin; a custom role's name needs `like`, one of those."""
        accounts.set_role(self.site, repo, login, role, like)

    def join_team(self, organisation: str, team: str, login: str) -> None:
        """A person joins a team, which is made if there is none."""
        accounts.join_team(self.site, organisation, team, login)

    def leave_team(self, organisation: str, team: str, login: str) -> None:
        """A person leaves a team."""
        accounts.leave_team(self.site, organisation, team, login)

    def role(self, repo: str, login: str) -> Role:
        """What somebody may do in a repository."""
        return self.site.ledger.role(self.repository(repo), self.user(login))
