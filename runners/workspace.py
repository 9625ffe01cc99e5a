"""The checkout that an agent may write, and the host's own git directory outside of it.

Whatever the agent writes into `.git`, the host never reads it: the host's objects, index and configuration lie in
`git`, beside `tree`, and only the work tree is the agent's. The `.git` inside is a throw-away for the agent's own use.
Both borrow the mirror's objects, so that a large repository costs no more than the files of its work tree.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from runners.git import git
from runners.problems import Problem

PLAIN_ENVIRONMENT = {"PATH": os.defpath}  # no secret of ours in the process table
# What agents and test tools leave behind and nobody wants in a pull request.
LITTER = ("__pycache__/", "*.pyc", ".pytest_cache/", ".claude-flow/", ".hive-mind/", ".swarm/", ".aider*")
MOST_BYTES_OF_PATHS = 200_000_000  # of all files that an agent left, also of ignored ones: git lists them in memory
OBEYED, LARGEST_OBEYED = (".gitignore", ".gitattributes"), 1_000_000  # bytes; git holds dozens of times as much of it
LONGEST_NAME, LONGEST_PATH = 255, 4000  # bytes that file systems and system calls take


# The files change hands after they were written, which is no change to the agent's `git status`.
OF_THE_AGENTS_GIT = {"core.checkStat": "minimal", "core.trustctime": "false"}


@dataclass(frozen=True)
class Workspace:
    """One attempt's folders: `git` and `index` are the host's, `tree` is the agent's."""

    folder: Path
    base_sha: str
    objects: Path  # the mirror's, lent: the agent sees them at this very path, read-only
    trusted: str  # the commit that tells agents how to work here: that of the branch which the work is for

    @property
    def git(self) -> Path:
        return self.folder / "git"

    @property
    def index(self) -> Path:
        return self.folder / "index"

    @property
    def tree(self) -> Path:
        return self.folder / "tree"


def workspaces(settings: Settings) -> Path:
    """Where the workspaces of this machine lie."""
    return settings.data_dir.absolute() / "workspaces"


@contextmanager
def open_workspace(
    settings: Settings, name: str, mirror: Path, base_sha: str, trusted: str | None = None
) -> Iterator[Workspace]:
    """The host's part of it, with the commit's objects at hand; removed at the end. `name` is unique to the attempt."""
    workspace = Workspace(workspaces(settings) / name, base_sha, mirror / "objects", trusted or base_sha)
    remove(workspace.folder)
    workspace.folder.mkdir(parents=True)
    try:
        git("init", "--quiet", "--bare", "--template=", "--", str(workspace.git))
        lend(workspace.objects, workspace.git)
        yield workspace
    finally:
        remove(workspace.folder)


def lend(objects: Path, git_dir: Path) -> None:
    """Lets the repository find these objects besides its own."""
    (git_dir / "objects" / "info" / "alternates").write_text(f"{objects}\n")


def check_out(workspace: Workspace, index: Path, owner: int | None = None) -> None:
    """Writes the commit's files, as its index lists them, over what is there, with a repository for the agent's own
    `git diff`.

    The agent's index knows how the files look on disk, the host's does not: to make the patch it reads them all.
    All belongs to `owner`, from the beginning: to give many files away takes longer than all else here.
    """
    inside = workspace.tree / ".git"
    git("init", "--quiet", "--template=", "--", str(workspace.tree))
    leave_out(workspace, LITTER)
    lend(workspace.objects, inside)
    for name, value in OF_THE_AGENTS_GIT.items():
        git("config", name, value, git_dir=inside)
    git("update-ref", "HEAD", workspace.base_sha, git_dir=inside)
    for copy in (workspace.index, inside / "index"):
        shutil.copyfile(index, copy)
    if owner is not None:
        for path in (workspace.tree, inside, *inside.rglob("*")):
            os.chown(path, owner, owner)
    git("checkout-index", "--all", "--force", "--index", "--quiet",
        git_dir=workspace.git, index=inside / "index", tree=workspace.tree, owner=owner)  # fmt: skip


def leave_out(workspace: Workspace, patterns: Iterable[str]) -> None:
    """Untracked files of these patterns (as in `.gitignore`) are nobody's change: neither to us nor to the agent."""
    for repository in (workspace.git, workspace.tree / ".git"):
        excludes = repository / "info" / "exclude"
        excludes.parent.mkdir(exist_ok=True)
        with excludes.open("a", encoding="utf-8") as file:
            file.writelines(f"{pattern}\n" for pattern in patterns)


def sweep(settings: Settings, at_work: Callable[[], Collection[str]]) -> None:
    """Removes what killed workers left: every workspace whose attempt is not at work (`<run>-<fence>`).

    Listed before `at_work` is asked: an attempt is claimed before its folder is made, so none that is new is taken.
    """
    folders = list(workspaces(settings).glob("*"))
    current = at_work() if folders else ()
    for folder in folders:
        if folder.name.removesuffix("-publish") not in current:
            remove(folder)


def disarm(tree: Path) -> None:
    """Removes what git would obey or wait for: repositories at any depth, fifos, sockets, devices.

    Where the base has a submodule, git runs itself inside it, with the configuration and filters that it finds there.
    Raises OSError, and Problem where there are more names than we could hold.
    """
    folders, room = [tree], MOST_BYTES_OF_PATHS
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                room -= len(entry.path)
                if room < 0:
                    raise Problem("too_large", "The agent left more files than can be looked through.")
                if entry.name == ".git":
                    remove(Path(entry))
                elif entry.name in OBEYED and entry.stat(follow_symlinks=False).st_size > LARGEST_OBEYED:
                    raise Problem("too_large", f"The agent left a `{entry.name}` larger than {LARGEST_OBEYED:,} bytes.")
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry))
                elif not (entry.is_symlink() or entry.is_file()):
                    Path(entry).unlink()


def remove(path: Path) -> None:
    """Removes a folder or file whatever an agent made of it: folders without rights, or deeper than Python goes."""
    for command in (("rm", "-rf"), ("chmod", "-R", "u+rwx"), ("rm", "-rf")):
        if os.path.lexists(path) and not (command[0] == "chmod" and path.is_symlink()):
            subprocess.run([*command, "--", str(path)], capture_output=True, check=False, env=PLAIN_ENVIRONMENT)
