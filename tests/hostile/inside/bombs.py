"""Too much of something for whoever reads the workspace."""

import os
from pathlib import Path

from .trap import Trap, write


def many_files(tree: Path, _trap: Trap) -> None:
    """More than anybody reviews."""
    for number in range(3000):
        (tree / f"file{number}").touch()


def many_ignored_files(tree: Path, _trap: Trap) -> None:
    """More than git should look at."""
    write(tree / ".gitignore", "/cache\n")
    for folder in range(20):
        for number in range(250):
            write(tree / f"cache/{folder}/{number}", "")


def sparse_terabyte(tree: Path, _trap: Trap) -> None:
    """A file that is large only for who reads it; as large as the sandbox lets it be."""
    for number in range(512):
        with (tree / f"huge{number}").open("wb") as file:
            file.truncate(2 * 1024**3)


def grown_file(tree: Path, _trap: Trap) -> None:
    """A file that git knows, and has to read again."""
    with (tree / "app.py").open("r+b") as file:
        file.truncate(2 * 1024**3)


def long_patch(tree: Path, _trap: Trap) -> None:
    """More lines than anybody reads."""
    write(tree / "long.txt", "line\n" * 300_000)


def patch_of_one_line(tree: Path, _trap: Trap) -> None:
    """One line of megabytes, which packs to nothing."""
    write(tree / "line.txt", "a" * 20_000_000)


def large_binary(tree: Path, _trap: Trap) -> None:
    """What does not pack."""
    write(tree / "random.bin", os.urandom(3_000_000))


def deep_folders(tree: Path, _trap: Trap) -> None:
    """A path longer than any program takes."""
    os.chdir(tree)
    for _ in range(1200):
        Path("deeper").mkdir()
        os.chdir("deeper")
    os.chdir(tree)


def deep_within_limits(tree: Path, _trap: Trap) -> None:
    """As deep as a path may be that everybody takes."""
    write(tree / ("d/" * 400) / "file.txt", "x\n")


def attributes_without_end(tree: Path, _trap: Trap) -> None:
    """Patterns that are all tried on each file."""
    write(tree / ".gitattributes", "".join(f"*{number}*a*b*c*d*e*f* x={number}\n" for number in range(30_000)))


def ignored_by_backtracking(tree: Path, _trap: Trap) -> None:
    """A pattern that takes exponential time, and a name to try it on."""
    write(tree / ".gitignore", "*a" * 60 + "b\n")
    write(tree / ("a" * 200), "x\n")
