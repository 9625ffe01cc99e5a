"""What a repository's `setup` left in a checkout, kept for the next run that begins from the same commit.

Only what git does not know of that commit is kept: an environment, packages, generated files. It lies in the mirror,
beside the surveys; a sandbox sees the mirror's objects, and nothing else of it.
"""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from runners.git import git
from runners.problems import Problem
from runners.workspace import PLAIN_ENVIRONMENT, Workspace, leave_out, remove

MOST_KEPT = 2  # of a mirror: an environment may have gigabytes
MOST_LEFT = 1000  # files and folders, a folder with all that is in it
LEFT, TREE = "left", "tree"
SPECIAL = re.compile(r"[\\*?\[\]!# ]")  # to patterns of `.gitignore`


def place(workspace: Workspace, commands: Sequence[str], surroundings: str) -> Path:
    """Where what these commands left is kept, for this commit and what they were run in (an image, a host)."""
    said = json.dumps([workspace.base_sha, surroundings, *commands])
    return workspace.objects.parent / "setups" / hashlib.sha256(said.encode()).hexdigest()[:32]


def bring(kept: Path, workspace: Workspace) -> bool:
    """Puts what is kept into the checkout; False where nothing is kept, or another run removed it meanwhile."""
    try:
        left = (kept / LEFT).read_text("utf-8").split("\0")
        for one in left if left != [""] else ():
            _copy(kept / TREE / one, workspace.tree / one)
        kept.touch()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return False
    _hide(workspace, left)
    return True


def keep(kept: Path, workspace: Workspace, left: Sequence[str]) -> None:
    """Keeps what the commands left, whole or not at all."""
    new = kept.with_name(f".{workspace.folder.name}")
    remove(new)
    (new / TREE).mkdir(parents=True)
    for one in left:
        (new / TREE / one).parent.mkdir(parents=True, exist_ok=True)
        _copy(workspace.tree / one, new / TREE / one)
    (new / LEFT).write_text("\0".join(left), "utf-8")
    try:
        new.rename(kept)
    except OSError:
        remove(new)  # another run was faster
    _forget_others(kept)


def left_by(workspace: Workspace) -> list[str]:
    """Paths that the commit has not, and that are nobody's change from now on; a folder stands for all that is in it.

    Raises Problem where it is too much to tell apart.
    """
    listed = git(
        "ls-files", "--others", "--directory", "-z",
        git_dir=workspace.git, index=workspace.index, tree=workspace.tree,
    )  # fmt: skip
    left = [path.rstrip("/") for path in listed.split("\0") if path]
    if len(left) > MOST_LEFT or any("\n" in path or "\ufffd" in path for path in left):
        raise Problem(
            "setup_failed", f"`setup` left more than {MOST_LEFT} files beside each other, or one whose name is no text."
        )
    _hide(workspace, left)
    return left


def _copy(source: Path, target: Path) -> None:
    """With owners, modes and links as they are. The folder that it goes into is one of the commit's, and no link."""
    if target.parent.is_symlink():
        raise FileNotFoundError(target)
    argv = ["cp", "-a", "--reflink=auto", "--no-target-directory", "--", str(source), str(target)]
    subprocess.run(argv, check=True, capture_output=True, env=PLAIN_ENVIRONMENT)


def _hide(workspace: Workspace, left: Sequence[str]) -> None:
    """What setup left is nobody's change."""
    leave_out(workspace, [f"/{SPECIAL.sub(lambda found: chr(92) + found[0], path)}" for path in left if path])


def _forget_others(kept: Path) -> None:
    used = sorted(kept.parent.iterdir(), key=lambda one: one.lstat().st_mtime, reverse=True)
    for old in used[MOST_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
