"""The pull request of a branch: opened once, or found where it stands already, even if a person closed it."""

from dataclasses import dataclass
from typing import Any

from config.database import Row
from runners.github import Api
from runners.github_types import Invalid, Pull, Where
from runners.wording.publishing import pull_request_body, subject
from runners.wording.views import RunView, TaskView


@dataclass(frozen=True)
class Wanted:
    """A pull request that a run of a task comes to."""

    github: Api
    where: Where
    row: Row[Any]  # the task's
    task: TaskView
    run: RunView
    branch: str

    def look(self) -> str | None:
        """Its number, if it stands."""
        found = self.github.find_pull(self.where, self.branch)
        return str(found.number) if found else None

    def open(self) -> str:
        """Its number. Raises GitHubError."""
        try:
            return str(self._create().number)
        except Invalid as error:
            adopted = self.look() if "already exists" in str(error).lower() else None
            if adopted is None:
                raise
            return adopted

    def _create(self) -> Pull:
        """A new one; ready for review where the repository's plan knows no drafts."""
        draft = bool(self.row.flags.get("draft")) or self.run.held
        title, body = subject(self.task, self.row.title), pull_request_body(self.task, self.run)
        fields = {"title": title, "body": body, "head": self.branch, "base": self.row.base_ref}
        try:
            return self.github.open_pull(self.where, **fields, draft=draft)
        except Invalid as error:
            if not draft or "draft" not in str(error).lower():
                raise
            return self.github.open_pull(self.where, **fields, draft=False)
