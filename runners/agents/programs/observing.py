"""What one test did: how it ended, where it failed, which lines it executed."""

import os
import sys
import threading
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any


@dataclass
class Ran:
    """One test: `frames` are where it failed, the innermost last; `lines` are what it executed, if traced."""

    id: str
    status: str  # passed | failed | skipped
    message: str = ""
    frames: list[tuple[str, int]] = field(default_factory=list)
    lines: dict[str, list[int]] = field(default_factory=dict)


class Tracer:
    """Which lines of the repository a test executes."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}{os.sep}"
        self._names: dict[str, str | None] = {}
        self.lines: dict[str, set[int]] = {}

    def start(self) -> None:
        """Forgets, and begins."""
        self.lines = {}
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def stop(self) -> None:
        """May be called without a start."""
        sys.settrace(None)
        threading.settrace(None)

    def taken(self) -> dict[str, list[int]]:
        """The lines since the start, by file."""
        return {name: sorted(lines) for name, lines in self.lines.items()}

    def relative(self, path: str) -> str | None:
        """The file's path in the repository; None for one outside."""
        if path not in self._names:
            # `<string>` and the like are no files.
            full = "" if path.startswith("<") else os.path.realpath(path)
            self._names[path] = full.removeprefix(self._root) if full.startswith(self._root) else None
        return self._names[path]

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        name = self.relative(frame.f_code.co_filename)
        if name is None:
            return None
        lines = self.lines.setdefault(name, set())
        lines.add(frame.f_lineno)

        def step(frame: FrameType, event: str, arg: Any) -> Any:
            lines.add(frame.f_lineno)
            return step

        return step


def told(error: BaseException) -> str:
    """The error's first line."""
    return (traceback.format_exception_only(error)[-1].strip().splitlines() or [""])[0][:300]


def frames(error: BaseException, tracer: Tracer) -> list[tuple[str, int]]:
    """Where in the repository it was raised, the innermost last."""
    steps = [
        (tracer.relative(frame.filename), frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)
    ]
    if isinstance(error, SyntaxError) and error.filename:
        steps.append((tracer.relative(error.filename), error.lineno or 0))
    return [(name, line) for name, line in steps if name]
