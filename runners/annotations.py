"""What checks print about lines of files, as annotations: pytest, ruff, mypy, tsc, eslint, go, cargo, gcc. Pure.

All of them are read at once: who wrote a line shows by its form, and a repository's own script may print any.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from runners.wording.hidden import bare

MOST = 200  # of one run
LONGEST_MESSAGE = 1000
WORKSPACE = "/workspace/"
Level = Literal["notice", "warning", "failure"]
LEVELS: dict[str, Level] = {"warning": "warning", "note": "notice", "info": "notice", "help": "notice"}

_PLACE = r"(?P<path>[^\s:()]+(?: [^\s:()]+)*?\.\w+)"
_LEVEL = r"(?:fatal )?(?P<level>error|warning|note|info)"
# gcc, clang, go vet, mypy, ruff (concise), eslint (unix), pytest's ends of tracebacks
_COLONS = re.compile(rf"(?:vet: )?{_PLACE}:(?P<line>\d+)(?::\d+)?: (?:{_LEVEL}: )?(?P<message>\S.*)")
# tsc
_PARENTHESES = re.compile(rf"{_PLACE}\((?P<line>\d+),\d+\): {_LEVEL} (?P<message>\S.*)")
# cargo, ruff (full): what is wrong, then where
_ARROW = re.compile(r"\s*--> (?P<path>[^\s:][^:]*):(?P<line>\d+):\d+")
_NAMED = re.compile(r"(?:(?P<level>error|warning)(?:\[\w+\])?: |(?=[A-Z]{1,5}\d{2,5} ))(?P<message>\S.*)")
# eslint: the file, then its lines
_FILE = re.compile(r"(?P<path>/?[^\s:()][^:()]*\.\w+)")
_BELOW = re.compile(r"\s+(?P<line>\d+):\d+\s+(?P<level>error|warning)\s+(?P<message>\S.*)")
# pytest: why, before it says where
_WHY = re.compile(r"E\s{1,8}(?P<message>\S.*)")


@dataclass(frozen=True)
class Annotation:
    """A remark on a line of a file, by a check."""

    path: str
    line: int
    level: Level
    message: str

    def as_github_takes_it(self) -> dict[str, Any]:
        """https://docs.github.com/en/rest/checks/runs#update-a-check-run"""
        where = {"path": self.path, "start_line": self.line, "end_line": self.line}
        return {**where, "annotation_level": self.level, "message": self.message}


def annotations(lines: Iterable[str]) -> list[Annotation]:
    """Each remark once, in the order in which they were printed, at most so many."""
    found: dict[Annotation, None] = {}
    for annotation in _Reader().read(lines):
        found.setdefault(annotation)
        if len(found) == MOST:
            break
    return list(found)


def from_json(found: Iterable[dict[str, Any]]) -> list[Annotation]:
    """As `to_json` wrote them."""
    return [Annotation(**one) for one in found]


def to_json(found: Iterable[Annotation]) -> list[dict[str, Any]]:
    """For a database."""
    return [asdict(one) for one in found]


class _Reader:
    """What was said before, for forms that tell what and where on lines of their own."""

    def __init__(self) -> None:
        self._why = ""  # pytest's
        self._named: re.Match[str] | None = None  # cargo's and ruff's
        self._file = ""  # eslint's

    def read(self, lines: Iterable[str]) -> Iterator[Annotation]:
        for line in lines:
            annotation = self._read(bare(line).rstrip())
            if annotation:
                yield annotation

    def _read(self, line: str) -> Annotation | None:
        if found := _WHY.fullmatch(line):
            self._why = self._why or found["message"]
        elif found := _COLONS.fullmatch(line) or _PARENTHESES.fullmatch(line):
            why, self._why = self._why, ""
            return _annotation(found["path"], found["line"], found["level"], why or found["message"])
        elif (found := _ARROW.fullmatch(line)) and self._named:
            named, self._named = self._named, None
            return _annotation(found["path"], found["line"], named["level"], named["message"])
        elif (found := _BELOW.fullmatch(line)) and self._file:
            return _annotation(self._file, found["line"], found["level"], " ".join(found["message"].split()))
        elif found := _NAMED.fullmatch(line):
            self._named = found
        elif found := _FILE.fullmatch(line):
            self._file = found["path"]
        return None


def _annotation(path: str, line: str, level: str | None, message: str) -> Annotation | None:
    path = path.removeprefix(WORKSPACE).removeprefix("./")
    if path.startswith(("/", "~")) or ".." in path.split("/") or not 0 < int(line[:9]) < 1_000_000:
        return None
    return Annotation(path[:300], int(line[:9]), LEVELS.get(level or "", "failure"), message[:LONGEST_MESSAGE])
