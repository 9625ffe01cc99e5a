"""Bare mirrors of repositories on this machine: a run fetches what is new, not everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from config.settings import Settings
from runners.git import GitError, git, meaning, remote
from runners.github_types import Where
from runners.interruptible import holding
from runners.problems import Problem

HARMFUL = ("fsck error", "in tree entry")  # how git speaks of objects that it refuses
MOST_PACKS = 50


def mirrors(settings: Settings) -> Path:
    """Where all of them lie, by GitHub's host."""
    return settings.data_dir.absolute() / "mirrors"


def mirror_of(settings: Settings, where: Where) -> Path:
    """Where the repository's mirror lies."""
    return mirrors(settings) / settings.host_name.replace(":", "_") / f"{where.repository_id}.git"


def lending_of(mirror: Path) -> Path:
    """Held by everyone who borrows the mirror's objects; its age is that of the last time."""
    return mirror.with_suffix(".lent")


@contextmanager
def borrowed(settings: Settings, where: Where) -> Iterator[None]:
    """Keeps the mirror here, from before it is asked for its objects until nobody needs them any more."""
    lending = lending_of(mirror_of(settings, where))
    with holding(lending, alone=False):
        lending.touch()
        yield


def fetch(settings: Settings, where: Where, ref: str, token: str) -> tuple[Path, str]:
    """The mirror, and the commit of a reference (refs/…). Raises Problem where there is none, GitHubError."""
    mirror = mirror_of(settings, where)
    # Not by the branch's own name: `a` may have gone since, and stand in the way of `a/b`.
    kept = f"refs/fetched/{sha256(ref.encode()).hexdigest()}"
    with _alone(mirror):
        _make(mirror)
        try:
            git(
                "fetch", "--quiet", "--no-tags", "--force", "--", f"{settings.github_base_url}/{where.repository}.git",
                f"+{ref}:{kept}", git_dir=mirror, settings=remote(settings.github_base_url, token),
            )  # fmt: skip
        except GitError as error:
            raise _refused(error, where, ref) from None
        _gather(mirror)
        return mirror, git("rev-parse", "--verify", "--end-of-options", f"{kept}^{{commit}}", git_dir=mirror).strip()


def bring(settings: Settings, where: Where, sha: str, token: str) -> Path:
    """The mirror, which has the commit: on another machine than the one that began with it too."""
    mirror = mirror_of(settings, where)
    with _alone(mirror):
        _make(mirror)
        try:
            git("cat-file", "-e", f"{sha}^{{commit}}", git_dir=mirror)
        except GitError:
            try:
                git(
                    "fetch", "--quiet", "--no-tags", "--", f"{settings.github_base_url}/{where.repository}.git", sha,
                    git_dir=mirror, settings=remote(settings.github_base_url, token),
                )  # fmt: skip
            except GitError as error:
                raise meaning(error) or Problem(
                    "base_gone", f"The commit {sha[:12]} that the work began from is gone."
                ) from None
    return mirror


def _make(mirror: Path) -> None:
    """An empty repository, unless something was fetched into it already; mends one that was killed half-way."""
    if not (mirror / "refs" / "fetched").exists():
        git("init", "--quiet", "--bare", "--template=", "--", str(mirror))


def _gather(mirror: Path) -> None:
    """Each fetch leaves a pack; many of them make every look for an object slow."""
    if len(list((mirror / "objects" / "pack").glob("*.pack"))) > MOST_PACKS:
        git("repack", "-d", "--quiet", "--geometric=2", git_dir=mirror)


def _refused(error: GitError, where: Where, ref: str) -> Exception:
    if "remote ref" in str(error).lower():
        return Problem(
            "no_such_branch",
            f"The branch `{ref.removeprefix('refs/heads/')}` does not exist in {where.repository}. "
            "Name one that does with `--base`, or push a first commit if the repository is empty.",
        )
    if any(words in str(error).lower() for words in HARMFUL):
        said = str(error).splitlines()[0]
        return Problem("refused_objects", f"{where.repository} holds something that git refuses as harmful: {said}")
    return meaning(error) or error


@contextmanager
def _alone(mirror: Path) -> Iterator[None]:
    """Holds the mirror, and takes away locks of git's own that a killed one left."""
    with holding(mirror.with_suffix(".lock"), alone=True):
        for stale in (*mirror.glob("*.lock"), *(mirror / "refs").rglob("*.lock")):
            stale.unlink(missing_ok=True)
        yield
