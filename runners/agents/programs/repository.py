"""The copy of a repository that `mend` works on: its sources, its edits, its tests."""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from .files import is_test, python_files
from .observing import Ran
from .wish import Wish

RUN = Path(__file__).with_name("run.py")
WALL = 10  # seconds beyond which a test that sleeps is not waited for


class NoRepairError(Exception):
    """An honest end without a repair: a word, then a sentence."""

    def __init__(self, reason: str, summary: str) -> None:
        super().__init__(summary)
        self.reason, self.summary = reason, summary


@dataclass(frozen=True)
class Verdicts:
    """One run of tests by id, and the seconds of processor time that it took."""

    tests: dict[str, Ran]
    seconds: float
    traced: bool

    def all(self, status: str) -> list[str]:
        """The tests that ended so: passed, failed, skipped."""
        return [name for name, test in self.tests.items() if test.status == status]


class Repository:
    """The copy that is worked on."""

    def __init__(self, root: Path, deadline: float) -> None:
        self.root, self._deadline = root, deadline
        self.sources = dict(read(root))

    def run(self, cpu: float, only: Sequence[str] = (), trace: bool = False) -> Verdicts | None:
        """The tests in a fresh process; None where they did not end within `cpu` seconds of processor time."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise NoRepairError("no_repair_found", "The time for the run was over before a repair was found.")
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "verdicts.json")
            wish = Wish(str(out), cpu, only, trace, first=bool(only))
            argv = [sys.executable, "-B", str(RUN), "suite", json.dumps(asdict(wish))]
            before = os.times()
            bounded(argv, self.root, min(left, WALL + 20 * cpu))
            after = os.times()
            if not out.exists():
                return None
            tests = answer(out)
        seconds = after.children_user + after.children_system - before.children_user - before.children_system
        return Verdicts(tests, seconds, trace)

    def write(self, name: str, text: str) -> None:
        """Keeps the file's encoding and line ends."""
        place = self.root / name
        encoding = tokenize.detect_encoding(io.BytesIO(place.read_bytes()).readline)[0]
        place.write_bytes(text.encode(encoding))
        self.sources[name] = text


def answer(out: Path) -> dict[str, Ran]:
    """What a run of tests wrote, by id."""
    tests = json.loads(out.read_text())
    return {test["id"]: Ran(**{**test, "frames": [(file, line) for file, line in test["frames"]]}) for test in tests}


def read(root: Path) -> Iterator[tuple[str, str]]:
    """The Python files that may be edited, with their text: no tests, no links, nothing unreadable."""
    for path in python_files(root):
        name = path.relative_to(root)
        if is_test(name) or path.is_symlink():
            continue
        data = path.read_bytes()
        with suppress(SyntaxError, UnicodeDecodeError, LookupError):
            yield name.as_posix(), data.decode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])


def bounded(argv: list[str], folder: Path, seconds: float) -> None:
    """Runs it in its own process group, of which nothing stays; what it prints is dropped."""
    process = subprocess.Popen(
        argv,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
