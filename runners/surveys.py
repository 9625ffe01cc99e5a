"""What the host finds out about a commit before it writes its files: how many there are, and what will be missing.

It grows with the files, so it is kept in the mirror, beside the objects that it speaks of, for the next run on the same
commit. Only the host writes there: a sandbox sees the mirror's objects, and nothing else of it.
"""

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

from runners.git import git, git_lines
from runners.omissions import omissions
from runners.problems import Problem
from runners.workspace import LONGEST_NAME, LONGEST_PATH, Workspace, remove

MOST_FILES = 500_000  # of a repository: more than the largest that people work in
MOST_BYTES = 10 * 1024**3
MOST_KEPT = 8  # of a mirror: for 100,000 files one has 10 MB
INDEX, OMITTED = "index", "omitted"


@dataclass(frozen=True)
class Survey:
    """Of a commit: git's index of files that nobody has written yet, and what people are told is not among them."""

    folder: Path

    @property
    def index(self) -> Path:
        return self.folder / INDEX

    @property
    def omitted(self) -> str:
        return (self.folder / OMITTED).read_text("utf-8")


def survey(workspace: Workspace) -> Survey:
    """That of the workspace's commit, made where none is kept. Raises Problem for what can't be checked out."""
    kept = Survey(workspace.objects.parent / "surveys" / workspace.base_sha)
    if not kept.folder.exists():
        _make(workspace, kept)
        _forget_others(kept)
    kept.folder.touch()
    return kept


def _make(workspace: Workspace, kept: Survey) -> None:
    """Whole or not at all: under another name first, and where another run was faster, that one's stays."""
    new = Survey(kept.folder.with_name(f".{workspace.folder.name}"))
    _weigh(workspace)
    remove(new.folder)
    new.folder.mkdir(parents=True)
    git("read-tree", workspace.base_sha, git_dir=workspace.git, index=new.index)
    (new.folder / OMITTED).write_text(omissions(workspace.git, new.index), "utf-8")
    try:
        new.folder.rename(kept.folder)
    except OSError:
        remove(new.folder)


def _forget_others(kept: Survey) -> None:
    """All but the few that were used last, and what a killed one left."""
    used = sorted(kept.folder.parent.iterdir(), key=_used, reverse=True)
    for old in used[MOST_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _used(place: Path) -> float:
    """When it was; one that another run has just given its own name is not the oldest."""
    try:
        return place.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _weigh(workspace: Workspace) -> None:
    """Looks at files while git lists them: a handful of objects can name more than any disk or memory holds."""
    files = size = 0
    listing = ("-c", "core.quotePath=false", "ls-tree", "-r", "-t", "-l", workspace.base_sha)
    with git_lines(*listing, git_dir=workspace.git) as lines:
        for line in lines:
            about, _, path = line.rstrip().partition(b"\t")
            of_file = about.split()[-1]
            files, size = files + 1, size + (int(of_file) if of_file.isdigit() else 0)
            if files > MOST_FILES or size > MOST_BYTES:
                most = f"{MOST_FILES:,} files or {MOST_BYTES:,} bytes"
                raise Problem("repository_too_large", f"The repository has more than {most} to check out.")
            if len(path) > LONGEST_PATH or max(map(len, path.split(b"/"))) > LONGEST_NAME:
                raise Problem("unusable_repository", "The repository has a name that is too long for a file system.")
