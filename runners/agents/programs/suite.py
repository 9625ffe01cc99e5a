"""Runs a repository's tests once, in this process, and writes what each did as a JSON list: see `Ran` and `Wish`."""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from . import by_pytest, by_unittest
from .files import TEST_FILE, python_files
from .observing import Tracer
from .wish import Wish


def main(wish: Wish) -> None:
    """Runs the tests that are wished for, and writes the answer."""
    root = Path.cwd().resolve()
    sys.path[:0] = [str(root), *([str(root / "src")] if (root / "src").is_dir() else [])]
    # Counted in time on the processor: an endless loop ends soon, and a busy machine costs no test its life.
    signal.setitimer(signal.ITIMER_PROF, wish.cpu)
    tests = [path for path in python_files(root) if TEST_FILE.fullmatch(path.name)]
    run = by_pytest.run if by_pytest.wanted(root, tests) else by_unittest.run
    ran = run(tests, root, wish, Tracer(root))
    Path(wish.out).write_text(json.dumps([asdict(test) for test in ran]))


if __name__ == "__main__":
    main(Wish(**json.loads(sys.argv[2])))
