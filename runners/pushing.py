"""Pushing to GitHub by compare-and-set: a branch is moved or removed only from where it is known to be."""

from pathlib import Path

from config.settings import Settings
from runners.git import GitError, git, meaning, remote
from runners.github_types import Where
from runners.problems import Problem


def address(settings: Settings, where: Where) -> str:
    """Where git finds the repository."""
    return f"{settings.github_base_url}/{where.repository}.git"


def push(settings: Settings, where: Where, token: str, git_dir: Path, *, commit: str, ref: str, expected: str) -> None:
    """Moves `ref` (refs/heads/…) to the commit; "" removes it. `expected` "": it must not be there. Raises GitError."""
    lease = ("push", "--quiet", "--no-verify", f"--force-with-lease={ref}:{expected}", "--", address(settings, where))
    git(*lease, f"{commit}:{ref}", git_dir=git_dir, settings=remote(settings.github_base_url, token))


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
