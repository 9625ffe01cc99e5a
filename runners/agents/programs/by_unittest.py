"""Runs tests with the standard library: every TestCase, and every bare test function that needs no fixture."""
# ruff: noqa: N802 - unittest's own names

import importlib
import inspect
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from .observing import Ran, Tracer, frames, told
from .wish import Wish


class Recorder(unittest.TestResult):
    """Keeps one Ran for each test; a failed subtest fails its test."""

    def __init__(self, tracer: Tracer, trace: bool, first: bool) -> None:
        super().__init__()
        self.failfast = first
        self.ran: dict[str, Ran] = {}
        self._tracer, self._trace = tracer, trace

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.ran[test.id()] = Ran(test.id(), "passed")
        if self._trace:
            self._tracer.start()

    def stopTest(self, test: unittest.TestCase) -> None:
        self._tracer.stop()
        self.ran[test.id()].lines = self._tracer.taken()
        super().stopTest(test)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._fail(test, err)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._fail(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._fail(test, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self.ran.setdefault(test.id(), Ran(test.id(), "skipped")).status = "skipped"

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        super().addUnexpectedSuccess(test)
        self.ran[test.id()].status = "failed"

    def _fail(self, test: unittest.TestCase, err: tuple[type[BaseException], BaseException, TracebackType]) -> None:
        # What fails before any test, such as setUpClass, was never started.
        ran = self.ran.setdefault(test.id(), Ran(test.id(), "failed"))
        ran.status, ran.message, ran.frames = "failed", told(err[1]), frames(err[1], self._tracer)


class Function(unittest.FunctionTestCase):
    """A bare test function, named as the methods are."""

    def __init__(self, module: str, name: str, function: Any) -> None:
        super().__init__(function)
        self._id = f"{module}.{name}"

    def id(self) -> str:
        return self._id


def run(tests: list[Path], root: Path, wish: Wish, tracer: Tracer) -> list[Ran]:
    """The tests that are wished for; a module that can't be imported is a failed test."""
    recorder = Recorder(tracer, wish.trace, wish.first)
    cases: list[unittest.TestCase] = []
    for path in tests:
        folder, name = module_name(path, root)
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        try:
            cases += collected(importlib.import_module(name))
        except (Exception, SystemExit) as error:
            recorder.ran[name] = Ran(name, "failed", told(error), frames(error, tracer))
    known = {case.id() for case in cases} | recorder.ran.keys()
    # What failed before any test, such as setUpClass, has a name that is no test's: then all of them run.
    if wish.only and known.issuperset(wish.only):
        cases = [case for case in cases if case.id() in wish.only]
    unittest.TestSuite(cases).run(recorder)
    return list(recorder.ran.values())


def module_name(path: Path, root: Path) -> tuple[Path, str]:
    """The folder to import from, and the module's name there: packages count, as pytest has it."""
    folder = path.parent
    while folder != root and (folder / "__init__.py").exists():
        folder = folder.parent
    return folder, ".".join(path.relative_to(folder).with_suffix("").parts)


def collected(module: ModuleType) -> list[unittest.TestCase]:
    """The module's tests, one by one."""
    found = ((name, value) for name, value in vars(module).items() if name.startswith("test"))
    own = ((name, value) for name, value in found if inspect.isfunction(value) and value.__module__ == module.__name__)
    functions = [
        Function(module.__name__, name, value) for name, value in own if not inspect.signature(value).parameters
    ]
    return [*flat(unittest.defaultTestLoader.loadTestsFromModule(module)), *functions]


def flat(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    """The tests of nested suites."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test
