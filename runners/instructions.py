"""What a repository tells agents: taken from the branch that the work is for, so that no pull request brings its own.

Agents' own reading of such files is turned off where they let it. What they read all the same is put back to that
branch's where nothing that stands in the checkout is published, as in a review of a fork.
"""

import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from runners.git import git, git_bytes
from runners.wording.cut import cut
from runners.workspace import Workspace

NAMES = ("AGENTS.md", "CLAUDE.md")  # the first that is there
LONGEST = 32_000  # bytes
LARGEST_READ = 1_000_000
# Instructions, settings, hooks and servers of agents, at any depth.
FILES = (
    *("AGENTS.md", "AGENTS.override.md", "CLAUDE.md", "CLAUDE.local.md", "GEMINI.md", "QWEN.md", ".mcp.json"),
    *("opencode.json", "opencode.jsonc", ".aider.conf.yml", ".cursorrules", ".geminiignore", ".env"),
)
FOLDERS = (
    *(".claude", ".codex", ".gemini", ".opencode", ".qwen", ".agents", ".copilot", ".cursor", ".vscode"),
    *(f".github/{name}" for name in ("agents", "copilot-instructions.md", "hooks", "instructions", "prompts")),
)
OBEYED = [f":(glob)**/{name}{below}" for name in (*FILES, *FOLDERS) for below in ("", "/**")]


def instructions(workspace: Workspace) -> tuple[str, str] | None:
    """The name and the text of the repository's instructions; a link is followed within the repository."""
    for name in NAMES:
        text = _text(workspace, name)
        if text is not None:
            return name, text
    return None


def _text(workspace: Workspace, path: str) -> str | None:
    asked, form = f"{workspace.trusted}:{path}".encode(), "--batch-check=%(objecttype) %(objectname) %(objectsize)"
    told = git("cat-file", form, "--follow-symlinks", git_dir=workspace.git, stdin=asked).split()
    if told[0] != "blob" or int(told[2]) > LARGEST_READ:  # missing, or a link that leads out
        return None
    return cut(git("cat-file", "blob", told[1], git_dir=workspace.git), LONGEST)


def put_back(workspace: Workspace, owner: int | None) -> None:
    """Makes what agents obey in the checkout that of the trusted commit, before anything runs there."""
    if workspace.trusted == workspace.base_sha:
        return
    for path in _obeyed(workspace.git, workspace.index):
        _take_away(workspace.tree / path)
    index = workspace.folder / "trusted"
    git("read-tree", workspace.trusted, git_dir=workspace.git, index=index)
    theirs = [path for path in _obeyed(workspace.git, index) if not _is_in_the_way(workspace.tree, path)]
    listed = os.fsencode("\0".join(theirs))
    git("checkout-index", "--force", "--quiet", "-z", "--stdin",
        git_dir=workspace.git, index=index, tree=workspace.tree, stdin=listed, owner=owner)  # fmt: skip


def _take_away(path: Path) -> None:
    """A file, a link, or the empty folder that a submodule is."""
    with suppress(FileNotFoundError):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def _is_in_the_way(tree: Path, path: str) -> bool:
    """Whether what is read has a file where this one has a folder: that file is there to be read."""
    above = [tree / parent for parent in Path(path).parents][:-1]
    return any(os.path.lexists(one) and (one.is_symlink() or not one.is_dir()) for one in above)


def _obeyed(git_dir: Path, index: Path) -> list[str]:
    host = partial(git_bytes, git_dir=git_dir, index=index)
    return [os.fsdecode(path) for path in host("ls-files", "-z", "--", *OBEYED).split(b"\0") if path]
