"""Which files of a repository are Python, and which of them are tests."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

SKIPPED_FOLDERS = ("node_modules", "build", "dist", "venv", "__pycache__")
TEST_FILE = re.compile(r"(?:test.*|.*_test)\.py")


def python_files(root: Path) -> Iterator[Path]:
    """Every Python file of the repository, in a fixed order."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))


def is_test(name: Path) -> bool:
    """Whether the file belongs to the tests, which are never edited."""
    inside = any(part in ("test", "tests") for part in name.parts[:-1])
    return inside or name.name == "conftest.py" or TEST_FILE.fullmatch(name.name) is not None
