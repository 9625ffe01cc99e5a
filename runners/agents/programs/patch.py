"""Applies the blocks of a command, or else of its issue, to the workspace: all of them or none."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .blocks import Block, Diff, File, find
from .paths import objection, through_link
from .report import done, say

# -c options reach git before any file of the workspace; HFS and NTFS names are refused wherever we run.
GIT = ("git", "-c", "core.protectHFS=true", "-c", "core.protectNTFS=true", "-c", "core.fsmonitor=false")
ODD_MODE = re.compile(r"^(?:new file mode|new mode) (?!100(?:644|755)$)(\d+)", re.MULTILINE)
HEADERS = re.compile(r"^--- (.*)\n\+\+\+ (.*)\n(?=@@ )", re.MULTILINE)
HUNK = re.compile(r"^@@ .*?(?=^(?:diff |--- )|\Z)", re.MULTILINE | re.DOTALL)


class PatchError(Exception):
    """A user's error: the reason as a word, then what was wrong, in words."""

    def __init__(self, reason: str, summary: str) -> None:
        super().__init__(summary)
        self.reason, self.summary = reason, summary


def main(brief: dict[str, Any], root: Path) -> None:
    """Reports what was applied, or why nothing was."""
    try:
        blocks = find(brief["text"]) or find(brief["body"])
        paths = apply(blocks, root)
    except PatchError as refused:
        done("failed", refused.reason, refused.summary)
    else:
        say(f"Applied to {', '.join(paths)}")
        done("succeeded", "", f"Applied as given to {listed(paths)}. No model was used.")


def apply(blocks: Sequence[Block], root: Path) -> list[str]:
    """The paths that were written. Every check comes before the first effect; PatchError where one fails."""
    if not blocks:
        raise PatchError(
            "nothing_to_apply", "There is neither a diff nor a file block in the command or the description."
        )
    diff = "".join(with_prefixes(block.text) for block in blocks if isinstance(block, Diff))
    files = [block for block in blocks if isinstance(block, File)]
    for file in files:
        check_path(file.path, root)
    paths = [file.path for file in files]
    if diff:
        paths = apply_diff(diff, root) + paths
    for file in files:
        write(root / file.path, file.content)
    return list(dict.fromkeys(paths))


def check_path(path: str, root: Path) -> None:
    """PatchError unless the path may be written."""
    problem = objection(path)
    if problem is None and through_link(root, path):
        problem = "goes through a symbolic link"
    if problem is None and (root / path).is_dir():
        problem = "is a folder"
    if problem is None and any(parent.is_file() for parent in (root / path).parents):
        problem = "goes through a file"
    if problem:
        raise PatchError("bad_path", f"The path {path!a} {problem}.")


def write(place: Path, content: str) -> None:
    """In place, so that the file's mode stays; with its own line ends."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and b"\r\n" in place.read_bytes():
        content = content.replace("\n", "\r\n")
    place.write_bytes(content.encode("utf-8", "replace"))


def apply_diff(diff: str, root: Path) -> list[str]:
    """The paths that the diff changed. PatchError with git's own words where it does not apply."""
    if odd := ODD_MODE.search(diff):
        raise PatchError("bad_path", f"The diff makes something that is not a plain file (mode {odd[1]}).")
    words = ""
    for text, options in attempts(diff):
        listing = git(["apply", "--numstat", "-z", *options], text, root)
        tried = listing if listing.returncode else git(["apply", "--check", *options], text, root)
        if tried.returncode:
            words = tried.stderr if not words or "corrupt" in words else words
            continue
        paths = [record.split("\t", 2)[2] for record in listing.stdout.split("\0") if record]
        for path in paths:
            check_path(path, root)
        git(["apply", *options], text, root).check_returncode()
        return paths
    raise unfit(words)


def attempts(diff: str) -> Iterator[tuple[str, list[str]]]:
    """The diff as it is; then with its hunks counted anew; then both for files with CRLF line ends."""
    for text in (diff, HUNK.sub(lambda hunk: with_crlf(hunk[0]), diff)):
        yield text, ["--whitespace=nowarn"]
        yield text, ["--whitespace=nowarn", "--recount"]


def with_crlf(hunk: str) -> str:
    """The hunk for a file with CRLF line ends: a comment's own line ends say nothing about the file's."""
    return "".join(f"{line}\r\n" if line[:1] in (" ", "+", "-") else f"{line}\n" for line in hunk.splitlines())


def with_prefixes(diff: str) -> str:
    """The diff with `a/` and `b/`, where it was made without them."""
    pairs: list[tuple[str, str]] = HEADERS.findall(diff)
    if "diff --git " in diff or any(
        old.startswith(("a/", '"a/')) or new.startswith(("b/", '"b/')) for old, new in pairs
    ):
        return diff
    return HEADERS.sub(lambda pair: f"--- {prefixed('a', pair[1])}\n+++ {prefixed('b', pair[2])}\n", diff)


def prefixed(side: str, name: str) -> str:
    """A header's name with its side; nothing is left as nothing."""
    return name if name.startswith("/dev/null") else f"{side}/{name}"


def git(arguments: list[str], stdin: str, root: Path) -> subprocess.CompletedProcess[str]:
    """Runs git in the workspace as if in no repository: neither one around it nor its own can configure git."""
    return subprocess.run(
        [*GIT, *arguments],
        cwd=root,
        env={
            "PATH": os.pathsep.join(os.get_exec_path()),
            "LC_ALL": "C",
            "HOME": os.devnull,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_DIR": os.devnull,
        },
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )


def unfit(words: str) -> PatchError:
    """Git's complaint as an answer."""
    said = [line.removeprefix("error: ").removeprefix("fatal: ") for line in words.splitlines() if line.strip()]
    if any("invalid path" in line or "beyond a symbolic link" in line for line in said):
        return PatchError("bad_path", f"The diff writes where it may not: {'; '.join(said)}.")
    if any("No valid patches" in line or "unrecognized input" in line for line in said):
        return PatchError("does_not_apply", "The block says that it is a diff, but git finds no change in it.")
    return PatchError("does_not_apply", f"The diff does not apply to this branch. Git says: {'; '.join(said)}.")


def listed(paths: list[str]) -> str:
    """A few names, the others as a count."""
    shown = ", ".join(f"`{path}`" for path in paths[:5])
    return shown if len(paths) <= 5 else f"{shown} and {len(paths) - 5} more files"


if __name__ == "__main__":
    main(json.load(sys.stdin), Path.cwd())
