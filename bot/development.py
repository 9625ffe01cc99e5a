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
ABREAST = ("-n", "4", "--dist", "worksteal")  # twice the cores of a small machine: half of a test waits
QUICK = (*ABREAST, "-m", "not slow")
COVERED = (
    *ABREAST,
    "-m",
    "not browser and not chaos and not real and not hostile and not docker",
    "--cov",
    "--cov-report=",
)
# A browser's driver brings an event loop of its own, which no other test of the process could bear.
IN_A_BROWSER = ("-m", "browser", "--no-header")


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


def run_tests(arguments: Sequence[str], require: str | None, *, quick: bool = False) -> int:
    """Runs pytest with the arguments, the quick part, or all tests with coverage. Gives the exit status."""
    required = ("--require", require) if require else ()
    if quick:
        return _run("pytest", *QUICK, *required, *arguments)
    if arguments:
        return _run("pytest", *required, *arguments)
    with _beside("pytest", *IN_A_BROWSER, *required) as browser:
        failed = _run("pytest", *COVERED, *required)
        said, _ = browser.communicate()
    click.echo(said)
    return max(failed, browser.returncode, _run("coverage", "report", "--skip-covered"))


def run_chaos(arguments: Sequence[str]) -> int:
    """Runs the experiments that harm real processes. Gives the exit status."""
    return _run("tests.chaos", *arguments)


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


def _beside(*argv: str) -> "subprocess.Popen[str]":
    """The same, while something else runs; what it says is kept."""
    return subprocess.Popen((*PYTHON, *argv), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _run(*argv: str) -> int:
    return subprocess.run((*PYTHON, *argv), cwd=ROOT, check=False).returncode
