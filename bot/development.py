"""What a contributor runs: the tests, and the checks of format, lint, types and imports."""

import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
PYTHON = (sys.executable, "-m")
EVERYTHING = ("-n", "2", "--dist", "worksteal", "-m", "not browser", "--cov", "--cov-report=")
IN_A_BROWSER = ("-m", "browser", "--cov", "--cov-append", "--cov-report=")


@dataclass(frozen=True)
class Check:
    """One program that must have nothing to say against the code."""

    name: str
    argv: Sequence[str]


MENDING = (
    (*PYTHON, "ruff", "format", "."),
    (*PYTHON, "ruff", "check", "--fix", "--quiet", "."),
    (*PYTHON, "config.env_example"),
)
CHECKS = (
    Check("format", (*PYTHON, "ruff", "format", "--check", ".")),
    Check("lint", (*PYTHON, "ruff", "check", ".")),
    Check("types", (*PYTHON, "mypy")),
    Check("imports", (str(Path(sys.executable).with_name("lint-imports")),)),
)


def run_tests(arguments: Sequence[str], require: str | None) -> int:
    """Runs pytest with the arguments, or all tests with coverage. Gives the exit status."""
    required = ("--require", require) if require else ()
    if arguments:
        return _run("pytest", *required, *arguments)
    failed = _run("pytest", *EVERYTHING, *required)
    # A browser's driver brings an event loop of its own, which no other test of the process could bear.
    if has_browser_tests(ROOT / "tests"):
        failed = _run("pytest", *IN_A_BROWSER, *required) or failed
    return _run("coverage", "report", "--skip-covered") or failed


def has_browser_tests(tests: Path) -> bool:
    """Whether any test is marked as one of the browser."""
    return any("mark.browser" in file.read_text() for file in tests.rglob("test_*.py"))


def run_checks(fix: bool) -> int:
    """Runs every check, mending first if wanted. Gives 1 if any failed, else 0."""
    if fix:
        for argv in MENDING:
            subprocess.run(argv, cwd=ROOT, check=False)
    return report(CHECKS)


def report(checks: Iterable[Check]) -> int:
    """Runs them all and says how each went, a failed one in its own words. Gives 1 if any failed, else 0."""
    results = [_passes(check) for check in checks]
    return 0 if all(results) else 1


def _passes(check: Check) -> bool:
    began = time.monotonic()
    done = subprocess.run(
        check.argv, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    passed = done.returncode == 0
    click.echo(f"{check.name:<8} {'ok' if passed else 'FAILED':<7} {time.monotonic() - began:5.1f} s")
    if not passed:
        click.echo(done.stdout)
    return passed


def _run(*argv: str) -> int:
    return subprocess.run((*PYTHON, *argv), cwd=ROOT, check=False).returncode
