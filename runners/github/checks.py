"""Check runs."""

from typing import Any

from runners.github.connection import PAGE, Connection
from runners.github_types import Where


class Checks(Connection):
    """Check runs."""

    def create_check(self, where: Where, **check: Any) -> int:
        """A new check run; its id."""
        with self.writing(where, f"check of {check.get('external_id')}") as rest:
            return int(rest.checks.create(where.owner, where.name, data=check).json()["id"])

    def update_check(self, where: Where, check_run_id: int, **check: Any) -> None:
        """Brings a check run to a new state."""
        with self.writing(where, f"check {check_run_id}") as rest:
            rest.checks.update(where.owner, where.name, check_run_id, data=check)

    def annotations(self, where: Where, check_run_id: int) -> int:
        """How many annotations a check run has."""
        with self.reading(where) as rest:
            return int(rest.checks.get(where.owner, where.name, check_run_id).json()["output"]["annotations_count"])

    def find_checks(self, where: Where, head_sha: str, external_id: str, app_id: int) -> dict[int, str]:
        """Conclusions (or, before their end, states) of this App's check runs with the external id on a commit."""
        with self.reading(where) as rest:
            listed = rest.checks.list_for_ref(
                where.owner, where.name, head_sha, app_id=app_id, filter_="all", per_page=PAGE
            ).json()
        ours = [run for run in listed["check_runs"] if run.get("external_id") == external_id]
        return {int(run["id"]): run.get("conclusion") or run["status"] for run in ours}
