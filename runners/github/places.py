"""Repositories: their people and files."""

from base64 import b64decode

from runners.github.connection import Connection
from runners.github_types import Invalid, Role, Where, role_of


class Places(Connection):
    """Who may do what in a repository, and what lies there."""

    def role(self, where: Where, login: str, user_id: int | None) -> Role:
        """What the person may do there. NONE where GitHub knows no such collaborator, or means another person.

        Without an id it is whoever has that login now.
        """
        answer = self.found(
            where, lambda rest: rest.repos.get_collaborator_permission_level(where.owner, where.name, login).json()
        )
        another = answer is not None and user_id is not None and (answer.get("user") or {}).get("id") != user_id
        return Role.NONE if answer is None or another else role_of(answer)

    def is_in_team(self, where: Where, team: str, login: str) -> bool:
        """Whether the person is in the team of the repository's owner, or in one below it. False where there is none.

        Raises Forbidden where the installation may not read members.
        """
        membership = self.found(
            where, lambda rest: rest.teams.get_membership_for_user_in_org(where.owner, team, login).json()
        )
        return membership is not None and membership["state"] == "active"

    def is_open(self, where: Where, number: int) -> bool:
        """Whether the issue or pull request is open; one that is gone is not."""
        issue = self.found(where, lambda rest: rest.issues.get(where.owner, where.name, number).json())
        return issue is not None and issue["state"] == "open"

    def file(self, where: Where, path: str) -> str | None:
        """A file's text on the default branch; None where nothing is. Raises Invalid for what is no readable file."""
        answer = self.found(where, lambda rest: rest.repos.get_content(where.owner, where.name, path).json())
        if answer is None:
            return None
        if not isinstance(answer, dict) or answer.get("encoding") != "base64":
            raise Invalid(f"{path} is no file, or too large to read", 422)
        return b64decode(answer["content"]).decode("utf-8", "replace")
