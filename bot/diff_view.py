"""A patch as the run page shows it: files, and lines with what each of them is. Pure."""

from dataclasses import dataclass

MOST_LINES = 5000


@dataclass(frozen=True)
class Line:
    """One line of a file's diff; `kind` is added, removed, hunk or context."""

    kind: str
    text: str


@dataclass(frozen=True)
class File:
    """One file of a patch."""

    name: str
    lines: tuple[Line, ...]


def diff_files(patch: bytes) -> list[File]:
    """The files of a patch in git's format, at most 5,000 lines of it."""
    files: list[tuple[str, list[Line]]] = []
    in_hunk = False
    for text in patch.decode("utf-8", "replace").splitlines()[:MOST_LINES]:
        if text.startswith("diff --git "):
            files.append((text.split(" b/")[-1], []))
            in_hunk = False
        elif files:
            in_hunk = in_hunk or text.startswith("@@")
            if in_hunk or text.startswith(("new file", "deleted file", "rename", "old mode", "new mode", "GIT binary")):
                files[-1][1].append(Line(_kind(text, in_hunk), text))
    return [File(name, tuple(lines)) for name, lines in files]


def _kind(text: str, in_hunk: bool) -> str:
    if text.startswith("@@") or not in_hunk:
        return "hunk"
    return {"+": "added", "-": "removed"}.get(text[:1], "context")
