"""The plugin that skips what the machine can't do, in pytest runs of their own."""

import psycopg
import pytest

from tests.postgres import fresh_postgres
from tests.requirements import PROBES, missing, need

pytest_plugins = ["pytester"]

NEEDY = """
import pytest

@pytest.mark.needs("git")
def test_with_git():
    pass

def test_without():
    pass
"""
EMPTY_HANDED = "import pytest\ndef test_it():\n    pytest.skip('no reason')\n"
WHOLE_MODULE = "import pytest\npytest.skip('not today', allow_module_level=True)\n"
KNOWN_TO_FAIL = "import pytest\n@pytest.mark.xfail\ndef test_it():\n    assert False\n"


class Machine:
    """pytest runs with this plugin alone, on a machine that may lack git."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pytester, self._monkeypatch = pytester, monkeypatch

    def lacks_git(self) -> None:
        self._monkeypatch.setenv("PATH", str(self._pytester.mkdir("no-programs")))

    def run(self, text: str, *options: str) -> pytest.RunResult:
        self._pytester.makepyfile(test_it=text)
        # Hypothesis would be imported anew, a second long, in every one of these runs.
        plugins = ("-p", "tests.requirements", "-p", "no:randomly", "-p", "no:hypothesispytest")
        return self._pytester.runpytest_inprocess(*plugins, *options)


@pytest.fixture
def machine(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(pytester, monkeypatch)


def test_what_is_missing_is_skipped_and_said_once(machine: Machine) -> None:
    machine.lacks_git()
    run = machine.run(NEEDY)
    run.assert_outcomes(passed=1, skipped=1)
    run.stdout.fnmatch_lines(
        [
            "*not on this machine*",
            "git is missing: git is not on PATH; apt-get install git",
            "  1 not run:",
            "    test_it.py::test_with_git",
        ]
    )


def test_with_all_there_nothing_is_said(machine: Machine) -> None:
    run = machine.run(NEEDY)
    run.assert_outcomes(passed=2)
    run.stdout.no_fnmatch_line("*not on this machine*")


def test_what_is_required_may_not_be_missing(machine: Machine) -> None:
    machine.lacks_git()
    run = machine.run(NEEDY, "--require", "postgres,git")
    run.assert_outcomes(passed=1, errors=1)
    run.stdout.fnmatch_lines(["*git is missing: git is not on PATH*", "(--require makes this skip a failure)"])


@pytest.mark.slow
def test_workers_of_xdist_say_it_too(machine: Machine) -> None:
    machine.lacks_git()
    run = machine.run(NEEDY, "-n", "1", "--require", "all")
    run.assert_outcomes(passed=1, errors=1)


def test_what_is_not_among_the_required_may_be_missing(machine: Machine) -> None:
    machine.lacks_git()
    machine.run(NEEDY, "--require", "postgres").assert_outcomes(passed=1, skipped=1)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (EMPTY_HANDED, pytest.ExitCode.TESTS_FAILED),
        (WHOLE_MODULE, pytest.ExitCode.INTERRUPTED),
        (KNOWN_TO_FAIL, pytest.ExitCode.OK),
    ],
)
def test_with_all_required_no_skip_passes(machine: Machine, text: str, status: pytest.ExitCode) -> None:
    assert machine.run(text, "--require", "all").ret == status


def test_an_unknown_requirement_is_refused(machine: Machine) -> None:
    run = machine.run(NEEDY, "--require", "podman")
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.stderr.fnmatch_lines(["*not podman*"])


def test_every_probe_answers_with_none_or_what_to_install() -> None:
    for name in PROBES:
        why = missing(name)
        assert why is None or ";" in why or "Install" in why


def test_databases_are_new_and_empty(postgres_url: str) -> None:
    first, second = fresh_postgres(postgres_url), fresh_postgres(postgres_url)
    assert first != second
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE only_here (id int)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)


def test_a_need_that_is_met_says_nothing() -> None:
    need()
