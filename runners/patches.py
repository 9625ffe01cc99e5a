"""The patch that an agent's work comes to, read by the host from its own objects, and the commit made of it."""

import os
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from config.repository_file import PATH
from runners import binaries
from runners.git import GitError, git, git_bytes
from runners.github_types import Unavailable
from runners.problems import Problem
from runners.workspace import Workspace, disarm

MOST_FILES = 500
MOST_BYTES = 1_000_000
LARGEST_FILE = 100_000_000  # bytes; GitHub refuses larger ones
MOST_COMPARED = 300_000_000  # bytes, before and after, of all files that changed: a patch may be as large
PLAIN_MODES = frozenset({"000000", "100644", "100755", "120000"})
NO_BOUNDS: Mapping[str, Any] = {}
BOT = {"name": "async-code", "email": "async-code@users.noreply.github.com"}


@dataclass(frozen=True)
class Patch:
    """A change as git writes it (bytes: files need not be UTF-8), and how much it touches."""

    content: bytes
    files: int
    added: int
    removed: int

    def added_text(self) -> str:
        """What it adds: lines, names of files, and what is in binary ones, for who looks for words in it.

        A line that begins with `++` looks like the head of a file.
        """
        lines = self.content.decode("utf-8", "replace").splitlines()
        kept = [line for line in lines if line.startswith(("+", "diff ", "rename to "))]
        return "\n".join([*kept, *binaries.added(self.content)])


def read(workspace: Workspace, bounds: Mapping[str, Any] = NO_BOUNDS) -> Patch | None:
    """What the work tree holds beyond the base, within the bounds of the repository's file; None: nothing changed.

    Raises Problem.
    """
    host = partial(git_bytes, git_dir=workspace.git, index=workspace.index, tree=workspace.tree)
    try:
        disarm(workspace.tree)
        listed = host("ls-files", "-tz", "--cached", "--others", "--exclude-standard")
        _weigh(workspace, listed)
        host("add", "--all", "--", ".")
    except (GitError, Unavailable) as error:
        raise Problem("unreadable_tree", f"The agent left files that git can't read: {error}") from None
    except OSError as error:
        raise Problem("unreadable_tree", f"The agent left folders that can't be read: {error.strerror}.") from None
    tree = host("write-tree").decode().strip()
    changed = git("diff-tree", "-r", "-z", "--no-renames", workspace.base_sha, tree, git_dir=workspace.git).split("\0")
    if changed == [""]:
        return None
    _guard(workspace, changed, bounds.get("protect", ()))
    _weigh_changes(workspace, changed)
    content = git_bytes(
        "diff-tree", "-p", "-M", "--binary", "--full-index", "--no-ext-diff", "--no-textconv", workspace.base_sha, tree,
        git_dir=workspace.git,
    )  # fmt: skip
    if len(content) > MOST_BYTES:
        raise Problem("too_large", f"The patch has {len(content):,} bytes; at most {MOST_BYTES:,} are published.")
    counts = git("diff-tree", "-r", "-M", "--numstat", workspace.base_sha, tree, git_dir=workspace.git).splitlines()
    added, removed = (sum(int(line.split("\t")[column]) for line in counts if line[0].isdigit()) for column in (0, 1))
    _measure(bounds, len(counts), added + removed)
    return Patch(content, len(counts), added, removed)


def _measure(bounds: Mapping[str, Any], files: int, lines: int) -> None:
    for name, found in (("files", files), ("lines", lines)):
        most = bounds.get(name, found)
        if found > most:
            said = f"The patch touches {found:,} {name}; the repository's file allows {most:,} (`limits.{name}`)."
            raise Problem("too_large", said)


def _weigh(workspace: Workspace, listed: bytes) -> None:
    """Refuses what git would read for minutes. `listed` is of `git ls-files -tz`: paths, `?` before the new ones."""
    entries = [entry.split(" ", 1) for entry in os.fsdecode(listed).split("\0") if entry]
    new = sum(1 for tag, _ in entries if tag == "?")
    if new > MOST_FILES:
        raise Problem("too_large", f"The agent left {new:,} new files; at most {MOST_FILES} are published.")
    new_bytes = 0
    for tag, path in entries:
        file = workspace.tree / path
        size = file.lstat().st_size if os.path.lexists(file) else 0
        new_bytes += size if tag == "?" else 0
        if max(size, new_bytes) > LARGEST_FILE:
            shown = path.encode(errors="replace").decode()
            raise Problem("too_large", f"With `{shown}` the agent left more than {LARGEST_FILE:,} bytes to publish.")


def _weigh_changes(workspace: Workspace, changed: list[str]) -> None:
    """Refuses what would be compared into more than we could hold."""
    blobs = [sha for modes in changed[::2] if modes for sha in modes.split()[2:4] if int(sha, 16)]
    asked = "".join(f"{sha}\n" for sha in blobs).encode()
    told = git("cat-file", "--batch-check=%(objectsize)", git_dir=workspace.git, stdin=asked).split()
    size = sum(int(one) for one in told if one.isdigit())
    if size > MOST_COMPARED:
        raise Problem("too_large", f"What changed has {size:,} bytes; at most {MOST_COMPARED:,} are compared.")


def _guard(workspace: Workspace, changed: list[str], protected: Collection[str]) -> None:
    """Refuses what no pull request of ours may hold. `changed` alternates between modes and path."""
    entries = list(zip(changed[::2], changed[1::2], strict=False))
    if len(entries) > MOST_FILES:
        raise Problem("too_large", f"The patch touches {len(entries):,} files; at most {MOST_FILES} are published.")
    for modes, path in entries:
        mode, sha = modes.split()[1], modes.split()[3]
        if mode not in PLAIN_MODES:
            raise Problem("odd_mode", f"`{path}` would be stored with mode {mode}; only files and links are published.")
        if _is_workflow(path, mode):
            raise Problem("protected_path", f"`{path}` is a workflow; the App has no right to change workflows.")
        if _folded(path) == PATH:
            raise Problem(
                "protected_path", f"`{path}` says what the bot may do here; that is not an agent's to change."
            )
        if _names_owners(path):
            raise Problem("protected_path", f"`{path}` says who has to review; that is not an agent's to change.")
        for pattern in protected:
            if _is_within(_folded(path), _folded(pattern)):
                raise Problem("protected_path", f"`{path}` is protected by the repository's file (`{pattern}`).")
        if mode == "120000" and _leaves(path, git("cat-file", "blob", sha, git_dir=workspace.git)):
            raise Problem("escaping_link", f"`{path}` would be a link out of the repository.")


def _is_workflow(path: str, mode: str) -> bool:
    """Whether GitHub could read a workflow there, on a file system of any kind; a link on the way counts too."""
    parts = _folded(path).split("/")
    if parts[:2] == [".github", "workflows"]:
        return True
    return parts == [".github"] and mode != "000000"


def _is_within(path: str, pattern: str) -> bool:
    """Whether the pattern names the path, or a folder that it lies in; one without a slash means a name anywhere."""
    parts, pattern = path.split("/"), pattern.removeprefix("./").strip("/").removesuffix("/**").replace("[", "[[]")
    named = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    patterns = {pattern, pattern.removeprefix("**/")}
    anywhere = parts if any("/" not in one for one in patterns) else []
    return any(fnmatchcase(one, pattern) for one in (*named, *anywhere) for pattern in patterns)


def _folded(path: str) -> str:
    """The path as a file system sees it that takes letters in either case for the same."""
    return unicodedata.normalize("NFC", path).casefold()


def _names_owners(path: str) -> bool:
    """Whether GitHub could read code owners there."""
    folder, _, name = path.casefold().rpartition("/")
    return name == "codeowners" and folder in ("", "docs", ".github")


def _leaves(path: str, target: str) -> bool:
    """Whether a link at `path` may point out of the tree.

    Going up is allowed only at the beginning: after a name, which may be another link, nobody knows where it leads.
    """
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    return target.startswith("/") or ups > path.count("/") or ".." in parts[ups:]


def commit(workspace: Workspace, patch: bytes, message: str, at: float) -> str:
    """The commit of the patch on the base: the same patch, message and time give the same commit on any machine."""
    host = partial(git, git_dir=workspace.git, index=workspace.index)
    host("read-tree", workspace.base_sha)
    host("apply", "--cached", "--binary", "--whitespace=nowarn", "-", stdin=patch)
    return made_of(workspace.git, host("write-tree").strip(), workspace.base_sha, message, at)


def made_of(git_dir: Path, tree: str, parent: str, message: str, at: float) -> str:
    """A commit of the bot's; the same words at the same time give the same one."""
    who = {f"GIT_{role}_{what.upper()}": value for role in ("AUTHOR", "COMMITTER") for what, value in BOT.items()}
    when = {f"GIT_{role}_DATE": f"{int(at)} +0000" for role in ("AUTHOR", "COMMITTER")}
    commit_tree = ("commit-tree", tree, "-p", parent, "-F", "-")
    return git(*commit_tree, git_dir=git_dir, environment=who | when, stdin=message.encode()).strip()
