"""Pushing to GitHub by compare-and-set: a branch is moved or removed only from where it is known to be.

A carrier is a reference that is no branch and ours alone: what it holds is at GitHub before any branch shows it.
"""

from collections.abc import Sequence
from pathlib import Path

from config.settings import Settings
from runners.git import GitError, git, meaning, remote
from runners.github_types import Where
from runners.problems import Problem


def address(settings: Settings, where: Where) -> str:
    """Where git finds the repository."""
    return f"{settings.github_base_url}/{where.repository}.git"


def carriers(run_id: str) -> str:
    """The folder in which a run's carriers lie (refs/…/)."""
    return f"refs/async-code/{run_id}/"


def carry(settings: Settings, where: Where, token: str, git_dir: Path, *, commit: str, run_id: str) -> None:
    """Brings a commit with all that it holds to GitHub. Raises GitError."""
    _push(settings, where, token, git_dir, ["--force"], [f"{commit}:{carriers(run_id)}patch"])


def push(
    settings: Settings,
    where: Where,
    token: str,
    git_dir: Path,
    *,
    commit: str,
    ref: str,
    expected: str,
    carried_for: str = "",
) -> None:
    """Moves `ref` (refs/heads/…) to the commit; "" removes it. `expected` "": it must not be there. Raises GitError.

    The carriers of the run `carried_for` go in the same push, also where the branch is refused for having moved.
    """
    options, moves = [f"--force-with-lease={ref}:{expected}"], [f"{commit}:{ref}"]
    if carried_for:
        # Pruning removes what is there and not here; to remove one by its name fails where it is gone already.
        options, moves = [*options, "--prune"], [*moves, f"{carriers(carried_for)}*:{carriers(carried_for)}*"]
    _push(settings, where, token, git_dir, options, moves)


def _push(
    settings: Settings, where: Where, token: str, git_dir: Path, options: Sequence[str], moves: Sequence[str]
) -> None:
    command = ("push", "--quiet", "--no-verify", *options, "--", address(settings, where), *moves)
    git(*command, git_dir=git_dir, settings=remote(settings.github_base_url, token))


def has_moved(error: GitError) -> bool:
    """Whether the branch was not where it was expected."""
    return any(words in str(error) for words in ("stale info", "non-fast-forward", "fetch first"))


def refused(error: GitError, branch: str) -> Exception:
    """What a push that failed means for people."""
    if has_moved(error):
        return Problem(
            "branch_moved", f"`{branch}` moved while the agent worked; nothing was overwritten. Comment again."
        )
    away = meaning(error)
    if away is not None:
        return away
    said = str(error)
    if "remote rejected" in said or "pre-receive" in said or "remote:" in said:
        return Problem("push_refused", f"GitHub refused the push: {said[-600:]}")
    return error
