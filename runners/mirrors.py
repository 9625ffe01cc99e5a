"""Bare mirrors of repositories on this machine: a run fetches what is new, not everything."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.settings import Settings
from runners.git import GitError, git, meaning, remote
from runners.github_types import Where
from runners.problems import Problem


def mirror_of(settings: Settings, where: Where) -> Path:
    """Where the repository's mirror lies."""
    return (
        settings.data_dir.absolute() / "mirrors" / settings.host_name.replace(":", "_") / f"{where.repository_id}.git"
    )


def fetch(settings: Settings, where: Where, ref: str, token: str) -> tuple[Path, str]:
    """The mirror and the branch's commit. Raises Problem where there is no such branch, GitHubError."""
    mirror = mirror_of(settings, where)
    full = f"refs/heads/{ref}"
    with _alone(mirror):
        if not (mirror / "HEAD").exists():
            git("init", "--quiet", "--bare", "--", str(mirror))
        try:
            git(
                "fetch", "--quiet", "--no-tags", "--force", "--", f"{settings.github_base_url}/{where.repository}.git",
                f"+{full}:{full}", git_dir=mirror, settings=remote(settings.github_base_url, token),
            )  # fmt: skip
        except GitError as error:
            raise _refused(error, where, ref) from None
        return mirror, git("rev-parse", "--verify", "--end-of-options", f"{full}^{{commit}}", git_dir=mirror).strip()


def _refused(error: GitError, where: Where, ref: str) -> Exception:
    if "remote ref" in str(error).lower():
        return Problem(
            "no_such_branch",
            f"The branch `{ref}` does not exist in {where.repository}. "
            "Name one that does with `--base`, or push a first commit if the repository is empty.",
        )
    return meaning(error) or error


@contextmanager
def _alone(mirror: Path) -> Iterator[None]:
    mirror.parent.mkdir(parents=True, exist_ok=True)
    with mirror.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
