"""Check runs and their buttons."""

from bot.local_github.deeds import checks
from bot.local_github.hub.hands import Hands
from bot.local_github.records import CheckRun


class Checks(Hands):
    """Check runs and their buttons."""

    def fail_check(self, repo: str, sha: str, name: str, text: str) -> CheckRun:
        """Another App's check of a commit fails, and says so."""
        return checks.fail_elsewhere(self.site, self.repository(repo), sha, name, text)

    def rerun_check(self, repo: str, check_id: int, by: str) -> None:
        """A person presses "Re-run" on a check run."""
        checks.ask_again(self.site, self.repository(repo), check_id, self.user(by))

    def rerun_checks(self, repo: str, sha: str, by: str) -> None:
        """A person presses "Re-run all checks" of a commit."""
        checks.ask_all_again(self.site, self.repository(repo), sha, self.user(by))

    def press(self, repo: str, check_id: int, identifier: str, by: str) -> None:
        """A person presses one of a check run's buttons."""
        checks.press(self.site, self.repository(repo), check_id, identifier, self.user(by))

    def check_runs(self, repo: str, sha: str | None = None) -> list[CheckRun]:
        """Check runs of a commit, or of all."""
        return self.site.ledger.checks_of(self.repository(repo), sha)
