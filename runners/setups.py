"""What a repository's `setup` left in a checkout, kept for the next run that begins from the same commit.

Only what git does not know of that commit is kept: an environment, packages, generated files. It lies in the mirror,
beside the surveys; a sandbox sees the mirror's objects, and nothing else of it. Whoever reads there holds a lock with
others, whoever changes the list of them holds it alone: nothing half-copied or half-removed is ever brought.
"""

import hashlib
import json
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from runners.git import git
from runners.interruptible import holding, run
from runners.problems import Problem
from runners.workspace import LITTER, OBEYED, PLAIN_ENVIRONMENT, Workspace, leave_out, remove

MOST_KEPT = 2  # of a mirror: an environment may have gigabytes
MOST_LEFT = 5000  # files and folders, a folder with all that is in it
STALE_SECONDS = 86_400.0  # of what a killed worker was copying
SECONDS = 600.0  # that copying may take
FOLDER = "setups"  # of a mirror
LEFT, TREE, SIZE = "left", "tree", "size"
SPECIAL = re.compile(r"[\\*?\[\]!# ]")  # to patterns of `.gitignore`
UNTELLABLE = re.compile(r"[\x00-\x1f\x7f\ufffd]")  # git writes and reads patterns line by line

log = structlog.get_logger()


def place(workspace: Workspace, *about: str) -> Path:
    """Where what a setup left is kept, for this commit and all that it depends on besides."""
    said = json.dumps([workspace.base_sha, *about])
    return workspace.objects.parent / FOLDER / hashlib.sha256(said.encode()).hexdigest()[:32]


def bring(kept: Path, workspace: Workspace) -> list[str] | None:
    """Puts what is kept into the checkout, and gives its paths; None where nothing is kept, or can be copied."""
    with holding(_lock(kept), alone=False):
        if not (kept / LEFT).exists():
            return None
        left = [path for path in (kept / LEFT).read_text("utf-8").split("\0") if path]
        failed = _copy(kept / TREE, workspace.tree, left)
        kept.touch()
    if failed:
        for path in left:
            remove(workspace.tree / path)
        log.warning("setup.not_brought", why=failed)
        return None
    _hide(workspace, left)
    return left


def keep(kept: Path, workspace: Workspace, left: Sequence[str]) -> None:
    """Keeps what was left, whole or not at all: a run is none the worse where it can't."""
    new = kept.with_name(f".{workspace.folder.name}")
    remove(new)
    (new / TREE).mkdir(parents=True)
    failed = _copy(workspace.tree, new / TREE, left)
    if failed:
        remove(new)
        log.warning("setup.not_kept", why=failed)
        return
    (new / SIZE).write_text(_kilobytes_of(new))
    (new / LEFT).write_text("\0".join(left), "utf-8")
    with holding(_lock(kept), alone=True):
        remove(kept)
        new.rename(kept)
        _forget_others(kept)


def left_by(workspace: Workspace) -> list[str]:
    """Paths that the commit has not, and that are nobody's change from now on; a folder stands for all that is in it.

    Raises Problem where that can't be told, or would hide more.
    """
    excluded = [word for pattern in LITTER for word in ("--exclude", pattern)]
    listed = git(
        "ls-files", "--others", "--directory", "-z", *excluded,
        git_dir=workspace.git, index=workspace.index, tree=workspace.tree,
    )  # fmt: skip
    left = [path.rstrip("/") for path in listed.split("\0") if path]
    if len(left) > MOST_LEFT:
        raise Problem("setup_failed", f"`setup` left more than {MOST_LEFT:,} files and folders beside each other.")
    if any(UNTELLABLE.search(path) for path in left):
        raise Problem("setup_failed", "`setup` left a file whose name has control characters, or is no text.")
    if any(Path(path).name in OBEYED for path in left):
        raise Problem("setup_failed", "`setup` left a `.gitignore` or the like, which would hide an agent's own files.")
    _hide(workspace, left)
    return left


def kilobytes(mirror: Path) -> int:
    """What is kept in a mirror takes so much, as it was when it was kept: to look at each file takes long."""
    sizes = [size.read_text() for size in (mirror / FOLDER).glob(f"*/{SIZE}")]
    return sum(int(size) for size in sizes if size.isdigit())


def _kilobytes_of(folder: Path) -> str:
    """Nothing where that can't be told."""
    with suppress(TimeoutError):
        said = run(["du", "-sk", "--", str(folder)], b"", SECONDS, cwd=folder, env=PLAIN_ENVIRONMENT).stdout
        return said.decode().partition("\t")[0]
    return ""


def _lock(kept: Path) -> Path:
    return kept.parent.with_name("setups.held")


def _copy(source: Path, target: Path, paths: Sequence[str]) -> str:
    """With owners, modes and links as they are; why it failed, nothing if it did not. May be interrupted.

    Folders that are there already are the commit's own, never links that lead elsewhere.
    """
    if not paths:
        return ""
    within = {parent for path in paths for parent in Path(path).parents}
    if any((target / parent).is_symlink() for parent in within):
        return "a folder of the commit is a link"
    argv = ["cp", "-a", "--reflink=auto", "--parents", f"--target-directory={target}", "--", *paths]
    try:
        done = run(argv, b"", SECONDS, cwd=source, env=PLAIN_ENVIRONMENT)
    except TimeoutError as error:
        return f"cp {error}"
    return done.stderr.decode(errors="replace").strip()[-300:] or "cp failed" if done.returncode else ""


def _hide(workspace: Workspace, left: Sequence[str]) -> None:
    """What setup left is nobody's change."""
    leave_out(workspace, [f"/{SPECIAL.sub(lambda found: chr(92) + found[0], path)}" for path in left])


def _forget_others(kept: Path) -> None:
    """All but the few that were used last; what is being copied only where nobody can be at it any more."""
    found = sorted(kept.parent.iterdir(), key=lambda one: one.lstat().st_mtime, reverse=True)
    whole = [one for one in found if not one.name.startswith(".")]
    old = time.time() - STALE_SECONDS
    stale = [one for one in found if one.name.startswith(".") and one.lstat().st_mtime < old]
    for one in (*whole[MOST_KEPT:], *stale):
        remove(one)
