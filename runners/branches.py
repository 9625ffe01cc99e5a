"""A run's commit on its branch: signed by GitHub where it signs, and pushed only onto what the work began from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runners import signing
from runners.attempt import Attempt
from runners.git import GitError, git, meaning, remote
from runners.lease import Lease
from runners.pushing import address, carry, push, refused
from runners.steps import perform
from runners.wording.publishing import RUN_TRAILER


@dataclass(frozen=True)
class Push:
    """An attempt's push of its branch, from a git directory that has `ours`, the commit as the host made it."""

    attempt: Attempt
    lease: Lease
    token: str
    git_dir: Path
    branch: str
    ours: str

    def done(self) -> str:
        """The commit that stands on the branch then. Raises Problem, GitHubError, and what ends an attempt."""
        attempt = self.attempt
        made = self._perform("commit", self._sign, lambda: None)
        chosen = signing.bring(attempt.context, attempt.where, self.token, made, self.ours, attempt.step)
        return self._perform("branch", lambda: self._compare_and_set(chosen), self._own_head)

    def _perform(self, step: str, act: Callable[[], str], look: Callable[[], str | None]) -> str:
        attempt = self.attempt

        def write() -> str:
            self.lease.for_write()
            return act()

        return perform(
            attempt.context.database,
            attempt.run.id,
            step,
            act=write,
            look=look,
            hold=attempt.hold,
            fence=attempt.claim.fence,
        )

    def _sign(self) -> str:
        attempt = self.attempt
        return signing.sign(attempt.context, attempt.where, self.git_dir, self.ours, attempt.step, self._carry)

    def _carry(self) -> None:
        attempt = self.attempt
        settings, run_id = attempt.context.settings, attempt.run.id
        try:
            carry(settings, attempt.where, self.token, self.git_dir, commit=self.ours, run_id=run_id)
        except GitError as error:
            raise refused(error, self.branch) from None
        self.lease.for_write()  # a large one takes its time

    def _compare_and_set(self, chosen: str) -> str:
        """Pushes only if the branch is where we left it: not there, or at the head that the work began from.

        The commit that stands there: ours of now or, where the push was done before and forgotten, ours of then.
        """
        attempt = self.attempt
        expected = attempt.run.base_sha if attempt.task.head_ref else ""
        ref, settings = f"refs/heads/{self.branch}", attempt.context.settings
        to = {"commit": chosen, "ref": ref, "expected": expected, "carried_for": attempt.run.id}
        try:
            push(settings, attempt.where, self.token, self.git_dir, **to)
        except GitError as error:
            own = self._own_head()
            if own is None:
                raise refused(error, self.branch) from None
            return own
        return chosen

    def _own_head(self) -> str | None:
        """The branch's commit on GitHub, if this run made it: its answer was lost, or the database that knew of it."""
        attempt = self.attempt
        settings = attempt.context.settings
        fetch = ("fetch", "--quiet", "--no-tags", "--", address(settings, attempt.where), f"refs/heads/{self.branch}")
        try:
            git(*fetch, git_dir=self.git_dir, settings=remote(settings.github_base_url, self.token))
        except GitError as error:
            if "remote ref" in str(error).lower():
                return None
            raise meaning(error) or error from None
        shown = ("log", "-1", f"--format=%H %(trailers:key={RUN_TRAILER},valueonly)", "FETCH_HEAD")
        head, _, made_by = git(*shown, git_dir=self.git_dir).partition(" ")
        return head if made_by.partition("/")[0] == attempt.run.id else None
