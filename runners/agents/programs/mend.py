"""Runs a Python repository's tests, and tries small edits of the code that fails until they pass. No model.

Everything is tried on a copy: a test that writes files leaves the workspace alone, and only a repair gets there.
"""

import ast
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .files import python_files
from .mutations import Edit, edits
from .report import done, emit, say
from .repository import NoRepairError, Repository, Verdicts
from .suspects import rank

SPARE = 2.0  # seconds of the run's time, or a tenth of it if that is more, for an honest end
PATIENT_CPU = 120.0  # seconds for a first run of all tests
LEAST_CPU = 0.5  # seconds for a try: the interpreter's own start counts too
MOST_REPAIRS = 3


@dataclass(frozen=True)
class Candidate:
    """One edit of one file."""

    file: str
    edit: Edit

    def __str__(self) -> str:
        """As people read it."""
        old, new = self.edit.old.strip(), self.edit.new.strip()
        change = f"`{old}` → `{new}`" if old and new else f"`{old}` taken out" if old else f"`{new}` put in"
        return f"{change} in {self.file}:{self.edit.line}"


@dataclass(frozen=True)
class Repair:
    """The edits that made all tests pass, and the first run of the tests."""

    made: list[Candidate]
    first: Verdicts


def main(brief: dict[str, Any], workspace: Path) -> None:
    """Reports a repair, or why there is none."""
    seconds = brief["minutes"] * 60
    deadline = time.monotonic() + seconds - max(SPARE, seconds / 10)
    words = " ".join((brief["text"], brief["title"], brief["body"]))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "repository").resolve()
        try:
            duplicate(workspace, copy)
            repair = mend(Repository(copy, deadline), words)
        except NoRepairError as end:
            done("failed", end.reason, end.summary)
        else:
            for candidate in repair.made:
                (workspace / candidate.file).write_bytes((copy / candidate.file).read_bytes())
            done("succeeded", "", told(repair))


def duplicate(workspace: Path, copy: Path) -> None:
    """The copy, without what no test needs. NoRepairError where it does not fit."""
    try:
        shutil.copytree(workspace, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", "node_modules"))
    except OSError as error:
        raise NoRepairError("not_copied", f"The repository can't be copied to try edits on: {error!s:.300}") from None


def mend(repository: Repository, words: str) -> Repair:
    """Edits until all tests pass. NoRepairError where none do that."""
    if not any(python_files(repository.root)):
        raise NoRepairError("not_python", "There is no Python code here, and `mend` knows no other language.")
    first = verdicts = look(repository)
    failing = first.all("failed")
    say(f"{len(failing)} of {len(first.tests)} tests fail: {shortened(failing)}")
    made: list[Candidate] = []
    while verdicts.all("failed"):
        if len(made) == MOST_REPAIRS:
            raise nothing_found(verdicts)
        candidate, verdicts = repair(repository, verdicts, words)
        made.append(candidate)
        say(f"{candidate}: {len(verdicts.all('failed'))} of {len(verdicts.tests)} tests still fail")
    return Repair(made, first)


def look(repository: Repository) -> Verdicts:
    """The first run: traced, or not, where that takes too long. NoRepairError where nothing shows a bug."""
    verdicts = repository.run(PATIENT_CPU, trace=True) or repository.run(PATIENT_CPU)
    if verdicts is None:
        raise NoRepairError("tests_do_not_end", "The tests did not end in their time, or they ended Python itself.")
    if not verdicts.tests:
        raise NoRepairError("no_tests", "There are no tests here that this Python can run: nothing shows a bug.")
    if not verdicts.all("failed"):
        raise NoRepairError("tests_pass_already", "No test fails: there is nothing that shows a bug.")
    return verdicts


def repair(repository: Repository, before: Verdicts, words: str) -> tuple[Candidate, Verdicts]:
    """The first edit that makes a failing test pass and none fail that passed."""
    for number, candidate in enumerate(candidates(repository, before, words), 1):
        emit("tool_call", name="try", text=f"candidate {number}: {candidate}")
        source = repository.sources[candidate.file]
        repository.write(candidate.file, candidate.edit.of(source))
        after = improved(repository, before)
        if after:
            return candidate, after
        repository.write(candidate.file, source)
    raise nothing_found(before)


def improved(repository: Repository, before: Verdicts) -> Verdicts | None:
    """The verdicts, if they are better: one failing test first, since it settles most edits; then all."""
    cpu = max(LEAST_CPU, 5 * before.seconds)
    target = before.all("failed")[0]
    quick = repository.run(cpu, only=[target])
    if quick is None or target not in quick.all("passed"):
        return None
    after = repository.run(cpu, trace=before.traced)
    if after is None or not set(after.all("passed")) >= {target, *before.all("passed")}:
        return None
    return after


def candidates(repository: Repository, verdicts: Verdicts, words: str) -> Iterator[Candidate]:
    """Every edit that parses, the most suspicious line and the likeliest kind first."""
    scores = rank(verdicts.tests.values(), repository.sources, words)
    best = sorted(scores, key=lambda place: (-scores[place], place))[:3]
    say(f"Suspects: {', '.join(f'{file}:{line}' for file, line in best) or 'none'}")
    found = [Candidate(file, edit) for file, source in repository.sources.items() for edit in edits(source)]
    found.sort(key=lambda one: -scores.get((one.file, one.edit.line), 0) * one.edit.weight)
    for candidate in found:
        with suppress(SyntaxError, ValueError, RecursionError):
            ast.parse(candidate.edit.of(repository.sources[candidate.file]))
            yield candidate


def nothing_found(verdicts: Verdicts) -> NoRepairError:
    """What still fails, and how."""
    failing = verdicts.all("failed")
    said = verdicts.tests[failing[0]].message
    return NoRepairError(
        "no_repair_found",
        f"{len(failing)} of {len(verdicts.tests)} tests fail ({shortened(failing)}: {said}), and no small edit of the "
        "code makes them pass. No model was used, and nothing was changed.",
    )


def told(repair: Repair) -> str:
    """Exactly what was changed, and how far that is to be trusted."""
    changes = "; ".join(str(candidate) for candidate in repair.made)
    failed, count = len(repair.first.all("failed")), len(repair.first.tests)
    return (
        f"Changed {changes}. {failed} of {count} tests failed before; none fails now. "
        "No model was used: this is a search over small edits, so please judge whether it is the right one."
    )


def shortened(names: list[str]) -> str:
    """The first name, the others as a count."""
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else "".join(names)


if __name__ == "__main__":
    main(json.load(sys.stdin), Path.cwd())
