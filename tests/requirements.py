"""What tests need of the machine: probed for real; skipped and said where it is missing, a failure with `--require`.

Mark a test `needs("git", "bubblewrap")`, or call `need` in it. `postgres_url` is a server of the session's own,
`tests.postgres.fresh_postgres(postgres_url)` an empty database on it.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.embedded import StackError
from bot.embedded.broker import from_wheel, server_binary
from config.settings import Settings
from runners.agents import AGENTS
from runners.sandboxes import sandboxes
from runners.sandboxes.places import searched
from tests import postgres

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / ".async-code/webhooks-examples/node_modules/@octokit/webhooks-examples"
MISSING = re.compile(r"Skipped: ([\w-]+) is missing: ")
SESSION = pytest.StashKey[Path]()  # a directory that all xdist workers share
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


# --- what is there ---


def _git() -> str | None:
    return None if shutil.which("git") else "git is not on PATH; apt-get install git"


def _bubblewrap() -> str | None:
    if not shutil.which("bwrap"):
        return "bwrap is not on PATH; apt-get install bubblewrap"
    argv = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "true"]
    tried = subprocess.run(argv, capture_output=True, text=True, check=False)
    return f"bwrap makes no sandbox here ({tried.stderr.strip()}); allow user namespaces" if tried.returncode else None


def _docker() -> str | None:
    docker = next(one for one in sandboxes(Settings.model_construct()) if one.name == "docker")
    why = docker.unusable()
    return why and f"{why}; apt-get install docker.io, start dockerd, then ./async-code image"


def _postgres() -> str | None:
    return None if os.environ.get("TEST_DATABASE_URL") else postgres.cannot_start()


def _redis() -> str | None:
    try:
        server_binary(from_wheel())
    except StackError as error:
        return str(error)
    return None


def _chromium() -> str | None:
    return None if shutil.which("chromium") else "chromium is not on PATH; apt-get install chromium"


def _strace() -> str | None:
    return None if shutil.which("strace") else "strace is not on PATH; apt-get install strace"


def _headers() -> str | None:
    here = Path("/usr/include/asm-generic/unistd.h").exists() and any(Path("/usr/include").glob("*/asm/unistd_64.h"))
    return None if here else "the kernel's headers are not here; apt-get install linux-libc-dev"


def _examples() -> str | None:
    how = f"npm install --prefix {EXAMPLES.parents[2].relative_to(ROOT)} @octokit/webhooks-examples@7.6.1"
    return None if EXAMPLES.exists() else f"GitHub's examples of webhooks are not here; {how}"


def _agent(name: str) -> Callable[[], str | None]:
    def probe() -> str | None:
        program = AGENTS[name].probe[0]
        folder = os.environ.get("AGENTS_DIR")
        path = searched(Path(folder) if folder else None, os.environ.get("PATH", os.defpath))
        return None if shutil.which(program, path=path) else f"`{program}` is not here; ./async-code agents says how"

    return probe


# Each gives None where the thing is there, else what is missing, why, and how to get it.
PROBES: dict[str, Callable[[], str | None]] = {
    "git": _git,
    "bubblewrap": _bubblewrap,
    "docker": _docker,
    "postgres": _postgres,
    "redis": _redis,
    "chromium": _chromium,
    "strace": _strace,
    "headers": _headers,
    "webhooks-examples": _examples,
    **{name: _agent(name) for name, agent in AGENTS.items() if agent.probe},
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
    # Who is started in the background may be told to ignore Ctrl-C, and all that it starts would.
    signal.signal(signal.SIGINT, signal.default_int_handler)
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
        postgres.Server(directory / "postgres").stop()
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
        yield _shared_server(request.config.stash[SESSION]).url
        return  # all of it is removed at the end of the session; dropping each database would take a checkpoint
    yield given
    postgres.drop_ours(given)


def _shared_server(session: Path) -> postgres.Server:
    """The session's server, started unless another xdist worker has done so."""
    server = postgres.Server(session / "postgres", postgres.FASTER_THAN_SAFE)
    with (session / "postgres.lock").open("w") as only_one:
        fcntl.flock(only_one, fcntl.LOCK_EX)
        if not server.home.exists():
            server.start()
    return server
