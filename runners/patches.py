"""The patch that an agent's work comes to, read by the host from its own objects, and the commit made of it."""

import shutil
from dataclasses import dataclass

from runners.git import GitError, git, git_bytes
from runners.problems import Problem
from runners.workspace import Workspace

MOST_FILES = 500
MOST_BYTES = 1_000_000
PLAIN_MODES = frozenset({"000000", "100644", "100755", "120000"})
BOT = {"name": "async-code", "email": "async-code@users.noreply.github.com"}


@dataclass(frozen=True)
class Patch:
    """A change as git writes it (bytes: files need not be UTF-8), and how much it touches."""

    content: bytes
    files: int
    added: int
    removed: int


def read(workspace: Workspace) -> Patch | None:
    """What the work tree holds beyond the base; None where nothing changed. Raises Problem."""
    host = {"git_dir": workspace.git, "index": workspace.index, "tree": workspace.tree}
    shutil.rmtree(workspace.tree / ".git", ignore_errors=True)  # the agent's own; nothing of it may count
    try:
        git("add", "--all", "--", ".", **host)  # type: ignore[arg-type]
    except GitError as error:
        raise Problem("unreadable_tree", f"The agent left files that git can't read: {error}") from None
    tree = git("write-tree", **host).strip()  # type: ignore[arg-type]
    changed = git("diff-tree", "-r", "-z", "--no-renames", workspace.base_sha, tree, git_dir=workspace.git).split("\0")
    if changed == [""]:
        return None
    _guard(workspace, changed)
    content = git_bytes(
        "diff-tree", "-p", "-M", "--binary", "--full-index", "--no-ext-diff", "--no-textconv", workspace.base_sha, tree,
        git_dir=workspace.git,
    )  # fmt: skip
    if len(content) > MOST_BYTES:
        raise Problem("too_large", f"The patch has {len(content):,} bytes; at most {MOST_BYTES:,} are published.")
    counts = git("diff-tree", "-r", "-M", "--numstat", workspace.base_sha, tree, git_dir=workspace.git).splitlines()
    added, removed = (sum(int(line.split("\t")[column]) for line in counts if line[0].isdigit()) for column in (0, 1))
    return Patch(content, len(counts), added, removed)


def _guard(workspace: Workspace, changed: list[str]) -> None:
    """Refuses what no pull request of ours may hold. `changed` alternates between modes and path."""
    entries = list(zip(changed[::2], changed[1::2], strict=False))
    if len(entries) > MOST_FILES:
        raise Problem("too_large", f"The patch touches {len(entries):,} files; at most {MOST_FILES} are published.")
    for modes, path in entries:
        mode, sha = modes.split()[1], modes.split()[3]
        if mode not in PLAIN_MODES:
            raise Problem("odd_mode", f"`{path}` would be stored with mode {mode}; only files and links are published.")
        if path.startswith(".github/workflows/"):
            raise Problem("protected_path", f"`{path}` is a workflow; the App has no right to change workflows.")
        if mode == "120000" and _leaves(path, git("cat-file", "blob", sha, git_dir=workspace.git)):
            raise Problem("escaping_link", f"`{path}` would be a link out of the repository.")


def _leaves(path: str, target: str) -> bool:
    """Whether a link at `path` points out of the tree."""
    depth = path.count("/")
    if target.startswith("/"):
        return True
    for part in target.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False


def commit(workspace: Workspace, patch: bytes, message: str, at: float) -> str:
    """The commit of the patch on the base: the same patch, message and time give the same commit on any machine."""
    host = {"git_dir": workspace.git, "index": workspace.index}
    git("read-tree", workspace.base_sha, **host)  # type: ignore[arg-type]
    git("apply", "--cached", "--binary", "--whitespace=nowarn", "-", stdin=patch, **host)  # type: ignore[arg-type]
    tree = git("write-tree", **host).strip()  # type: ignore[arg-type]
    who = {f"GIT_{role}_{what.upper()}": value for role in ("AUTHOR", "COMMITTER") for what, value in BOT.items()}
    when = {f"GIT_{role}_DATE": f"{int(at)} +0000" for role in ("AUTHOR", "COMMITTER")}
    commit_tree = ("commit-tree", tree, "-p", workspace.base_sha, "-F", "-")
    return git(*commit_tree, git_dir=workspace.git, environment=who | when, stdin=message.encode()).strip()
