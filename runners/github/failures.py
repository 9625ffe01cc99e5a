"""What failed on a commit, with all that it says."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from runners.github.connection import PAGE, Connection
from runners.github_types import FAILING, Failing, Forbidden, NotFound, Where

MOST_LOGS = 3
MOST_LOG_BYTES, LAST_OF_A_LOG = 50_000_000, 60_000


class Failures(Connection):
    """Checks of others that failed. Statuses, their forerunners, want a permission of their own."""

    def failing_checks(self, where: Where, sha: str, our_app: int) -> list[Failing]:
        """Each with its text and remarks; the first few of GitHub's own workflows with the end of their logs."""
        with self.reading(where) as rest:
            listed = rest.checks.list_for_ref(where.owner, where.name, sha, filter_="latest", per_page=PAGE).json()
        checks = [run for run in listed["check_runs"] if run.get("conclusion") in FAILING]
        theirs = [run for run in checks if (run.get("app") or {}).get("id") != our_app]
        return [self._failing(where, run, with_log=at < MOST_LOGS) for at, run in enumerate(theirs)]

    def _failing(self, where: Where, run: Mapping[str, Any], *, with_log: bool) -> Failing:
        output = run.get("output") or {}
        said = [output.get(name) for name in ("title", "summary", "text")]
        if output.get("annotations_count"):
            said += self._remarks(where, run["id"])
        of_workflow = (run.get("app") or {}).get("slug") == "github-actions"
        log = self._log(where, run["id"]) if with_log and of_workflow else ""
        return Failing(run["name"], "\n".join(part for part in said if part), log)

    def _remarks(self, where: Where, check_run_id: int) -> list[str]:
        with self.reading(where) as rest:
            listed = rest.checks.list_annotations(where.owner, where.name, check_run_id, per_page=PAGE).json()
        return [f"{one['path']}:{one['start_line']}: {one['message']}" for one in listed]

    def _log(self, where: Where, job_id: int) -> str:
        """The end of a job's log (it has its check run's id); nothing where it is gone, as old ones are."""
        with suppress(NotFound, Forbidden), self.reading(where) as rest:
            download = rest.actions.download_job_logs_for_workflow_run
            answer = download(where.owner, where.name, job_id, stream=True).raw_response
            try:
                return _end_of(answer.iter_bytes()).decode("utf-8", "replace")
            finally:
                answer.close()
        return ""


def _end_of(chunks: Iterable[bytes]) -> bytes:
    end, read = b"", 0
    for chunk in chunks:
        end, read = (end + chunk)[-LAST_OF_A_LOG:], read + len(chunk)
        if read > MOST_LOG_BYTES:
            break
    return end
