"""The pull request of a branch: opened once, or found where it stands already, and brought before people."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from config.database import Database, Row
from runners.github import Api
from runners.github_types import Invalid, Pull, Where
from runners.steps import Hold, perform
from runners.wording.publishing import pull_request_body, subject
from runners.wording.views import RunView, TaskView

ASKER = "requester"


@dataclass(frozen=True)
class Wanted:
    """A pull request that a run of a task comes to; the rows of both, and both as people see them."""

    github: Api
    where: Where
    of_task: Row[Any]
    of_run: Row[Any]
    task: TaskView
    run: RunView
    branch: str

    def bring(self, database: Database, hold: Hold, before: Callable[[], None], fence: int = 0) -> int:
        """Opens it, asks for reviews and labels it, each once; its number. `before` is asked before each write.

        Raises GitHubError, and what `hold` and `before` raise.
        """

        def once(step: str, act: Callable[[], str], look: Callable[[], str | None]) -> str:
            def write() -> str:
                before()
                return act()

            return perform(database, self.run.id, step, act=write, look=look, hold=hold, fence=fence)

        number = int(once("pull_request", self._open, self._look))
        bounds = self.of_task.bounds or {}
        logins = [self.of_run.requester if one == ASKER else one for one in bounds.get("reviewers", [ASKER])]
        people = [login for login in dict.fromkeys(logins) if not login.endswith("[bot]")]
        if people:
            once("reviewers", lambda: self._ask(number, people), lambda: None)
        if bounds.get("labels"):
            once("labels", lambda: self._label(number, bounds["labels"]), lambda: None)
        return number

    def _look(self) -> str | None:
        """Its number, if it stands, even if a person closed it."""
        found = self.github.find_pull(self.where, self.branch)
        return str(found.number) if found else None

    def _open(self) -> str:
        try:
            return str(self._create().number)
        except Invalid as error:
            adopted = self._look() if "already exists" in str(error).lower() else None
            if adopted is None:
                raise
            return adopted

    def _create(self) -> Pull:
        """A new one; ready for review where the repository's plan knows no drafts."""
        draft = bool(self.of_task.flags.get("draft")) or self.run.held
        title, body = subject(self.task, self.of_task.title), pull_request_body(self.task, self.run)
        fields = {"title": title, "body": body, "head": self.branch, "base": self.of_task.base_ref}
        try:
            return self.github.open_pull(self.where, **fields, draft=draft)
        except Invalid as error:
            if not draft or "draft" not in str(error).lower():
                raise
            return self.github.open_pull(self.where, **fields, draft=False)

    def _ask(self, number: int, people: list[str]) -> str:
        """GitHub refuses whoever is no collaborator, and the whole request with them: then each is asked alone."""
        for some in (people, *([one] for one in people if len(people) > 1)):
            with suppress(Invalid):
                self.github.ask_for_review(self.where, number, some)
                if some == people:
                    break
        return str(number)

    def _label(self, number: int, labels: list[str]) -> str:
        self.github.label(self.where, number, labels)
        return str(number)
