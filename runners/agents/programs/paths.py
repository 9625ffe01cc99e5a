"""Which paths of a repository a patch may write. Pure but for `through_link`, which looks."""

import re
import unicodedata
from pathlib import Path

# NTFS's short name of .git; trailing dots and spaces, and anything after a colon, name the same file there.
GIT = re.compile(r"(?:\.git|git~\d+)[. ]*(?::.*)?", re.IGNORECASE)


def objection(path: str) -> str | None:
    """Why this path is refused, to follow the path in a sentence; None where it is well-formed."""
    segments = path.split("/")
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in path):
        return "holds invisible characters"
    if "\\" in path:
        return "holds a backslash"
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "is absolute"
    if any(segment in ("", ".", "..") for segment in segments):
        return "is not a plain path inside the repository"
    if any(GIT.fullmatch(segment) for segment in segments):
        return "is git's own"
    return None


def through_link(root: Path, path: str) -> bool:
    """Whether the path, below root, goes through a symbolic link or is one: writing there could leave the workspace."""
    place = root
    for segment in path.split("/"):
        place = place / segment
        if place.is_symlink():
            return True
    return False
