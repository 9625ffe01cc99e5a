"""Whose words an agent is given: of people who may write, each asked about once."""

from collections.abc import Iterable

from runners.attempt import Attempt
from runners.github_types import Role, Said

MOST_ASKED = 10  # people, one question each


class Heard:
    """Tells apart for one attempt; the requester was asked about before."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._may = {attempt.run.requester.lower(): True}
        self._asked = 0

    def of(self, said: Iterable[Said]) -> list[Said]:
        """What was said by those who may write. Raises GitHubError."""
        return [one for one in said if self._may_write(one)]

    def _may_write(self, said: Said) -> bool:
        login = said.login.lower()
        if login not in self._may:
            self._may[login] = said.belongs and self._asked < MOST_ASKED and self._ask(said)
        return self._may[login]

    def _ask(self, said: Said) -> bool:
        self._asked += 1
        api, where = self._attempt.context.github, self._attempt.where
        return api.role(where, said.login, said.user_id) >= Role.WRITE
