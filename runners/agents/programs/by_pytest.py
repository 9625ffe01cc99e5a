"""Runs tests with pytest, where it is here and the repository's tests are written for it."""

import ast
import importlib.util
from pathlib import Path
from typing import Any

from .files import python_files
from .observing import Ran, Tracer, frames, told
from .wish import Wish

PYTEST_FILES = {"pytest.ini": "", "pyproject.toml": "[tool.pytest", "tox.ini": "[pytest]", "setup.cfg": "[tool:pytest]"}


class PytestPlugin:
    """Records what pytest runs, as Recorder does."""

    def __init__(self, tracer: Tracer, trace: bool) -> None:
        self.ran: dict[str, Ran] = {}
        self._tracer, self._trace = tracer, trace

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.ran[nodeid] = Ran(nodeid, "passed")
        if self._trace:
            self._tracer.start()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._tracer.stop()
        self.ran[nodeid].lines = self._tracer.taken()

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.ran[report.nodeid].status = "failed"
        elif report.skipped and self.ran[report.nodeid].status == "passed":
            self.ran[report.nodeid].status = "skipped"

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.ran[report.nodeid] = Ran(report.nodeid, "failed", str(report.longrepr)[-300:])

    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        ran = self.ran.setdefault(node.nodeid, Ran(node.nodeid, "failed"))
        ran.message, ran.frames = told(call.excinfo.value), frames(call.excinfo.value, self._tracer)


def wanted(root: Path, tests: list[Path]) -> bool:
    """Whether the repository's tests are written for pytest, and pytest is here."""
    if importlib.util.find_spec("pytest") is None:
        return False
    for name, mark in PYTEST_FILES.items():
        if (root / name).is_file() and mark in (root / name).read_text(errors="replace"):
            return True
    if any(path.name == "conftest.py" for path in python_files(root)):
        return True
    return any(written_for_pytest(path) for path in tests)


def written_for_pytest(path: Path) -> bool:
    """It imports pytest, or has test functions outside of classes."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (SyntaxError, ValueError):
        return False
    functions = (node.name for node in body if isinstance(node, ast.FunctionDef))
    modules = (alias.name for node in body if isinstance(node, ast.Import) for alias in node.names)
    sources = (node.module for node in body if isinstance(node, ast.ImportFrom))
    return "pytest" in (*modules, *sources) or any(name.startswith("test") for name in functions)


def run(tests: list[Path], root: Path, wish: Wish, tracer: Tracer) -> list[Ran]:
    """Its own options only: the repository's may name plugins that are not here."""
    import pytest  # not at the top: it need not be here

    plugin = PytestPlugin(tracer, wish.trace)
    options = ["-q", "--tb=no", "-p", "no:cacheprovider", "-o", "addopts=", *(["-x"] if wish.first else [])]
    pytest.main([*options, *(wish.only or map(str, tests))], plugins=[plugin])
    return list(plugin.ran.values())
