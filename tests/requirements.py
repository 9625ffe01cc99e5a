"""What tests need of the machine: probed for real; skipped and said where it is missing, a failure with `--require`.

Mark a test `needs("git", "bubblewrap")`, or call `need` in it. `postgres_url` is a server of the session's own,
`fresh_postgres(postgres_url)` an empty database on it.
"""

import fcntl
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from bot.embedded import StackError
from bot.embedded.broker import from_wheel, server_binary

MISSING = re.compile(r"Skipped: (\w+) is missing: ")
SESSION = pytest.StashKey[Path]()  # a directory that all xdist workers share
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
DATABASE_PREFIX = "async_code_test"
FASTER_THAN_SAFE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


# --- what is there ---


def _git() -> str | None:
    return None if shutil.which("git") else "git is not on PATH; apt-get install git"


def _bubblewrap() -> str | None:
    if not shutil.which("bwrap"):
        return "bwrap is not on PATH; apt-get install bubblewrap"
    argv = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "true"]
    tried = subprocess.run(argv, capture_output=True, text=True, check=False)
    return f"bwrap makes no sandbox here ({tried.stderr.strip()}); allow user namespaces" if tried.returncode else None


def _postgres() -> str | None:
    if os.environ.get("TEST_DATABASE_URL"):
        return None
    if not _postgres_binaries():
        return "neither TEST_DATABASE_URL nor a server's binaries are here; apt-get install postgresql"
    if os.geteuid() == 0 and not _has_user("postgres"):
        return "a server does not run as root and there is no user `postgres`; apt-get install postgresql"
    return None


def _redis() -> str | None:
    try:
        server_binary(from_wheel())
    except StackError as error:
        return str(error)
    return None


def _chromium() -> str | None:
    return None if shutil.which("chromium") else "chromium is not on PATH; apt-get install chromium"


# Each gives None where the thing is there, else what is missing, why, and how to get it.
PROBES: dict[str, Callable[[], str | None]] = {
    "git": _git,
    "bubblewrap": _bubblewrap,
    "postgres": _postgres,
    "redis": _redis,
    "chromium": _chromium,
}


def missing(name: str) -> str | None:
    """What is to be said of a requirement that is not there; None if it is. Raises KeyError for one we don't know."""
    return PROBES[name]()


def need(*names: str) -> None:
    """Skips the running test unless all of these are there."""
    for name in names:
        why = missing(name)
        if why:
            pytest.skip(f"{name} is missing: {why}")


# --- the plugin ---


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--require`."""
    known = ", ".join(PROBES)
    parser.addoption("--require", default="", metavar="all|NAMES", help=f"fail instead of skipping: all, or of {known}")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the markers and makes the session's directory, or takes that of the xdist controller."""
    config.addinivalue_line("markers", f"needs(*names): things of the machine, of {', '.join(PROBES)}")
    config.addinivalue_line("markers", "browser: drives a browser; runs in a pytest process of its own")
    unknown = _required(config) - {*PROBES, "all"}
    if unknown:
        raise pytest.UsageError(f"--require knows all, {', '.join(PROBES)}; not {', '.join(sorted(unknown))}")
    shared = getattr(config, "workerinput", {}).get("session_directory")
    config.stash[SESSION] = Path(shared or tempfile.mkdtemp(prefix="async-code-tests-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells an xdist worker the session's directory."""
    node.workerinput["session_directory"] = str(node.config.stash[SESSION])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the session's server and removes its directory, once every xdist worker is done."""
    directory = config.stash.get(SESSION, None)
    if directory and not hasattr(config, "workerinput"):
        _stop_postgres(directory)
        shutil.rmtree(directory, ignore_errors=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test whose needs are not met."""
    for marker in item.iter_markers("needs"):
        need(*marker.args)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turns a skipped test into a failed one where it was required."""
    return _judged((yield), item.config)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turns a skipped module into a failed one where it was required."""
    return _judged((yield), collector.config)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says once what was not there, and which tests did not run for want of it."""
    unmet: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        if MISSING.match(_reason(report)):
            unmet.setdefault(_reason(report).removeprefix("Skipped: "), []).append(report.nodeid)
    if not unmet:
        return
    terminalreporter.section("not on this machine")
    for why, tests in sorted(unmet.items()):
        terminalreporter.line(f"{why}\n  {len(tests)} not run:")
        for test in sorted(tests):
            terminalreporter.line(f"    {test}")


def _judged(report: Report, config: pytest.Config) -> Report:
    if report.skipped and not hasattr(report, "wasxfail") and _is_required(_reason(report), _required(config)):
        report.outcome = "failed"
        report.longrepr = f"{_reason(report)}\n(--require makes this skip a failure)"
    return report


def _required(config: pytest.Config) -> frozenset[str]:
    return frozenset(part.strip() for part in config.getoption("--require").split(",") if part.strip())


def _is_required(reason: str, required: frozenset[str]) -> bool:
    """Whether this reason may not be one: with `all` none may, with names only the want of something else."""
    unmet = MISSING.match(reason)
    return "all" in required or (bool(required) and not (unmet and unmet[1] not in required))


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """`Skipped: why`, as pytest puts it."""
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


# --- Postgres ---


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a Postgres server: TEST_DATABASE_URL, or one of this session that its xdist workers share."""
    need("postgres")
    given = os.environ.get("TEST_DATABASE_URL")
    if given is None:
        yield _start_postgres(request.config.stash[SESSION])
        return  # all of it is removed at the end of the session; dropping each database would take a checkpoint
    yield given
    with _connected(given) as connection:
        ours = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{_prefix()}%"]).fetchall()
        for (name,) in ours:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def fresh_postgres(server_url: str) -> str:
    """Makes an empty database on this server, and gives its address."""
    name = f"{_prefix()}{uuid.uuid4().hex}"
    with _connected(server_url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _prefix() -> str:
    return f"{DATABASE_PREFIX}_{os.getpid()}_"


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        yield connection


def _start_postgres(session: Path) -> str:
    """Starts the session's server unless another xdist worker has done so, and gives its address."""
    home = session / "postgres"
    with (session / "postgres.lock").open("w") as only_one:
        fcntl.flock(only_one, fcntl.LOCK_EX)
        if not home.exists():
            _make_home(home)
            _postgres_command(home, "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
            options = f"-c listen_addresses='' -c unix_socket_directories={home} {FASTER_THAN_SAFE}"
            _postgres_command(home, "pg_ctl", "start", "--wait", "--silent", f"--log={home / 'log'}", "-o", options)
    return f"postgresql://postgres@/postgres?host={home}"


def _stop_postgres(session: Path) -> None:
    home = session / "postgres"
    if (home / "data" / "postmaster.pid").exists():
        _postgres_command(home, "pg_ctl", "stop", "--silent", "--mode=immediate")


def _make_home(home: Path) -> None:
    """A directory of the user that the server runs as, in one that this user may pass through."""
    home.mkdir(mode=0o700)
    home.parent.chmod(0o711)
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")


def _postgres_command(home: Path, program: str, *words: str) -> None:
    binaries = _postgres_binaries()
    assert binaries
    as_server: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_server = {"user": "postgres", "group": "postgres", "extra_groups": []}
    argv = [str(binaries / program), f"--pgdata={home / 'data'}", *words]
    with (home / "commands.log").open("a") as log:
        subprocess.run(argv, cwd=home, stdout=log, stderr=log, check=True, **as_server)


def _postgres_binaries() -> Path | None:
    """Debian keeps them off PATH, a directory for each version; the newest is taken."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).parent if found else None


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
