"""Links out of the workspace, and files that are none."""

import os
import shutil
import socket
from pathlib import Path

from .trap import Attack, Trap, named, write


def of_link(name: str, place: str, target: str) -> Attack:
    """A link at `place`, where `{}` is the secret."""

    def attack(tree: Path, trap: Trap) -> None:
        link = tree / place
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        link.unlink(missing_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target.format(trap.secret))

    return named(attack, f"link_{name}")


LEAVING = tuple(
    of_link(*words)
    for words in (
        ("to_a_secret", "stolen", "{}"),
        ("to_etc", "passwd", "/etc/passwd"),
        ("to_the_environment", "environ", "/proc/self/environ"),
        ("to_a_descriptor", "stdin", "/proc/self/fd/0"),
        ("to_a_device", "zero", "/dev/zero"),
        ("upwards", "sub/up", "../../index"),
        ("upwards_in_the_middle", "sub/deep/in", "../x/../../../index"),
        ("for_a_folder", "sub", "/etc"),
        ("for_a_file", "app.py", "{}"),
        ("to_the_mirror", "objects", "../git/objects"),
    )
)
STAYING = tuple(
    of_link(*words)
    for words in (
        ("to_git", "hooks", ".git/hooks"),
        ("to_itself", "loop", "loop"),
        ("to_a_file", "sub/again", "../app.py"),
        ("of_any_text", "text", "\u202egnp.x\x1b[31m"),
    )
)
# git obeys these files, and would follow a link there.
OBEYED = tuple(
    of_link(name.strip(".") + "_to_a_secret", name, "{}") for name in (".gitattributes", ".gitignore", ".mailmap")
)
MODULES = (of_link("gitmodules_to_a_secret", ".gitmodules", "{}"),)


def two_links_that_leave_together(tree: Path, _trap: Trap) -> None:
    """Each stays inside."""
    write(tree / "sub/deep/file.txt", "x\n")
    (tree / "sub/deep/top").symlink_to("../..")
    (tree / "sub/deep/out").symlink_to("top/../index")


def fifo(tree: Path, _trap: Trap) -> None:
    """Whoever opens it waits for ever."""
    os.mkfifo(tree / "pipe")


def fifo_for_a_file(tree: Path, _trap: Trap) -> None:
    """In the place of a file that git knows."""
    (tree / "app.py").unlink()
    os.mkfifo(tree / "app.py")


def fifo_that_git_obeys(tree: Path, _trap: Trap) -> None:
    """Attributes and ignored files are read before all others."""
    os.mkfifo(tree / ".gitattributes")
    os.mkfifo(tree / ".gitignore")


def unix_socket(tree: Path, _trap: Trap) -> None:
    """A file that can't be read."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tree / "socket"))


def hard_links(tree: Path, _trap: Trap) -> None:
    """One file by many names, of `.git` too."""
    for number in range(50):
        os.link(tree / "README.md", tree / f"again{number}")
    os.link(tree / ".git/config", tree / "config")


def set_user_id(tree: Path, _trap: Trap) -> None:
    """A program that would run as its owner."""
    write(tree / "tool.sh", "#!/bin/sh\nid\n")
    (tree / "tool.sh").chmod(0o6755)


def locked_folder(tree: Path, _trap: Trap) -> None:
    """Nobody may look into it, nor remove what is in it."""
    write(tree / "locked/in/file.txt", "x\n")
    (tree / "locked/in").chmod(0)
    (tree / "locked").chmod(0)
