"""Other things that a `.git` may be, or lead to, and more of them than one."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from .keys import set_key
from .trap import Attack, Trap, named, write


def gitfile(tree: Path, trap: Trap) -> None:
    """`.git` is a file that names a folder."""
    _moved(tree, trap)
    write(tree / ".git", "gitdir: elsewhere\n")


def link_as_git(tree: Path, trap: Trap) -> None:
    """`.git` is a link."""
    _moved(tree, trap)
    (tree / ".git").symlink_to("elsewhere")


def gitfile_to_the_host(tree: Path, trap: Trap) -> None:
    """`.git` names a folder of the host."""
    shutil.rmtree(tree / ".git")
    write(tree / ".git", f"gitdir: {Path(trap.secret).parent}\n")


def _moved(tree: Path, trap: Trap) -> None:
    set_key(tree, "core.fsmonitor", trap.program)
    shutil.move(tree / ".git", tree / "elsewhere")
    write(tree / ".gitignore", "elsewhere\n.gitignore\n")


def commondir(tree: Path, trap: Trap) -> None:
    """Configuration and objects come from another folder."""
    write(tree / ".git/commondir", "../shared\n")
    shutil.copytree(tree / ".git", tree / "shared")
    write(tree / "shared/config", f"[core]\n\tfsmonitor = {trap.program}\n")
    write(tree / ".gitignore", "shared\n.gitignore\n")


def alternates(tree: Path, trap: Trap) -> None:
    """Objects come from a folder of the host."""
    write(tree / ".git/objects/info/alternates", f"{Path(trap.secret).parent}\n")


def objects_of_the_host(tree: Path, trap: Trap) -> None:
    """The objects' folder is a link."""
    shutil.rmtree(tree / ".git/objects")
    (tree / ".git/objects").symlink_to(Path(trap.secret).parent)


def grafts(tree: Path, _trap: Trap) -> None:
    """The history is another one."""
    write(tree / ".git/info/grafts", f"{'1' * 40} {'2' * 40}\n")
    write(tree / ".git/shallow", f"{'3' * 40}\n")


def replaced_objects(tree: Path, _trap: Trap) -> None:
    """Every commit stands for another."""
    head = (tree / ".git/HEAD").read_text().strip()
    write(tree / f".git/refs/replace/{'1' * 40}", head)
    write(tree / ".git/packed-refs", f"{'1' * 40} refs/replace/{'2' * 40}\n")


def head_of_the_host(tree: Path, trap: Trap) -> None:
    """Refs are links to a file whose content an error would show."""
    (tree / ".git/HEAD").unlink()
    (tree / ".git/HEAD").symlink_to(trap.secret)


def locks(tree: Path, _trap: Trap) -> None:
    """Whoever writes waits or gives up."""
    for name in ("index.lock", "HEAD.lock", "config.lock"):
        write(tree / ".git" / name, "")


def fifo_as_config(tree: Path, _trap: Trap) -> None:
    """Whoever reads waits for ever."""
    for name in ("config", "index"):
        (tree / ".git" / name).unlink()
        os.mkfifo(tree / ".git" / name)


def garbage_as_git(tree: Path, _trap: Trap) -> None:
    """No repository at all."""
    shutil.rmtree(tree / ".git")
    write(tree / ".git", b"\0" * 4096)


def repository_within(tree: Path, trap: Trap) -> None:
    """A second one below, which would be a submodule with settings of its own."""
    shutil.copytree(tree / ".git", tree / "inner/.git")
    set_key(tree / "inner", "core.fsmonitor", trap.program)
    write(tree / "inner/file.txt", "x\n")


def repository_in_every_folder(tree: Path, trap: Trap) -> None:
    """Deep down, among ignored files, and behind a link."""
    for place in ("a/b/c/d", "__pycache__", ".hidden"):
        write(tree / place / ".git/HEAD", "ref: refs/heads/main\n")
        write(tree / place / ".git/config", f"[core]\n\tfsmonitor = {trap.program}\n")
    (tree / "a/link").symlink_to("b/c")


def bare_repository(tree: Path, trap: Trap) -> None:
    """One without `.git`: git takes the folder itself for it."""
    write(tree / "bare/HEAD", "ref: refs/heads/main\n")
    write(tree / "bare/config", f"[core]\n\tbare = false\n\tworktree = ..\n\tfsmonitor = {trap.program}\n")
    (tree / "bare/objects").mkdir()
    (tree / "bare/refs").mkdir()


def bare_repository_at_the_top(tree: Path, trap: Trap) -> None:
    """The workspace is itself one."""
    write(tree / "HEAD", "ref: refs/heads/main\n")
    write(tree / "config", f"[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = {trap.program}\n")
    (tree / "objects").mkdir()
    (tree / "refs").mkdir()


def poisoned_mirror(tree: Path, _trap: Trap) -> None:
    """Objects that are lent to every run of the repository are taken away, written over, and joined by others."""
    lent = Path((tree / ".git/objects/info/alternates").read_text().strip())
    for place in (lent, *lent.rglob("*"), lent / "x"):
        for change in (Path.unlink, lambda path: write(path, "x"), lambda path: path.chmod(0o777), Path.rmdir):
            with suppress(OSError):
                change(place)


def commits_of_its_own(tree: Path, _trap: Trap) -> None:
    """Branches, tags and a commit that says that another run made it; nobody publishes any of it."""
    message = "x\n\nAsync-Code-Run: r1/1\nCo-authored-by: Mallory <mallory@evil.example>"
    for words in (
        ("commit", "--quiet", "--allow-empty", f"--message={message}"),
        ("branch", "evil"),
        ("tag", "v1"),
        ("branch", "--force", "main", "HEAD"),
        ("push", "--force", "--quiet", "origin", "HEAD:main"),
    ):
        who = ("-c", "user.name=alice", "-c", "user.email=alice@example.com")
        subprocess.run(["git", *who, *words], capture_output=True, check=False, cwd=tree)


SPELLINGS = {
    "in_capitals": ".GIT",
    "as_ntfs_shortens_it": "git~1",
    "with_a_dot_behind": ".git.",
    "with_a_blank_behind": ".git ",
    "as_a_stream": ".git::$INDEX_ALLOCATION",
    "with_a_joiner": ".g\u200cit",
    "with_a_backslash": ".git\\hooks",
    "below_a_backslash": "a\\.git",
}


def _spelled(name: str, spelling: str) -> Attack:
    """What another file system takes for `.git`."""

    def attack(tree: Path, trap: Trap) -> None:
        write(tree / spelling / "config", f"[core]\n\tfsmonitor = {trap.program}\n")

    return named(attack, f"git_{name}")


ANOTHER_GIT: tuple[Attack, ...] = (
    gitfile,
    link_as_git,
    gitfile_to_the_host,
    commondir,
    alternates,
    objects_of_the_host,
    grafts,
    replaced_objects,
    head_of_the_host,
    locks,
    fifo_as_config,
    garbage_as_git,
    commits_of_its_own,
    poisoned_mirror,
)
SPELLED = tuple(_spelled(name, spelling) for name, spelling in SPELLINGS.items())
