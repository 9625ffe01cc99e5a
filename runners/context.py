"""What doing needs, built once in a composition root and passed by hand."""

from dataclasses import dataclass
from functools import cached_property

from config.database import Database
from config.logging import secret_values
from config.settings import Settings
from runners.github import Api


@dataclass(frozen=True)
class Context:
    """The operator's settings, the database, and GitHub."""

    settings: Settings
    database: Database
    github: Api

    @property
    def app_id(self) -> int:
        """The App's id: what makes a comment or check run ours."""
        assert self.settings.github_app_id, "require_github has not been asked"
        return self.settings.github_app_id

    @cached_property
    def secrets(self) -> list[str]:
        """What must never leave the process."""
        return secret_values(self.settings)

    def close(self) -> None:
        """Gives connections back."""
        self.github.close()
        self.database.close()
