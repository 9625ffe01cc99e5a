"""The lock files, and that what they name makes an environment in which the bot's own client of GitHub imports."""

import importlib.util
import re
import subprocess
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = {name: (ROOT / name).read_text() for name in ("requirements.lock", "requirements-test.lock")}
REQUIREMENT = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[a-z0-9, -]+\])?==([^ ;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def versions(lock: str) -> dict[str, str]:
    return dict(REQUIREMENT.findall(LOCKS[lock]))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_pins_everything_by_hash(lock: str) -> None:
    text = "\n".join(line for line in LOCKS[lock].splitlines() if not line.lstrip().startswith("#"))
    assert "://" not in LOCKS[lock]
    assert not re.search(r"^-", text, re.MULTILINE), "an option such as --index-url"
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) == len(versions(lock)) > 30
    for entry in entries:
        assert REQUIREMENT.match(entry), entry
        assert HASH.search(entry), entry


def test_both_locks_agree_and_the_test_lock_holds_all_of_the_other() -> None:
    runtime, test = versions("requirements.lock"), versions("requirements-test.lock")
    assert runtime.items() <= test.items()
    assert "pytest" not in runtime


def test_hishel_stays_below_2_which_githubkit_can_t_import() -> None:
    for lock in LOCKS:
        assert versions(lock)["hishel"].split(".")[0] == "1"
    assert '"hishel>=1.4,<2"' in (ROOT / "pyproject.toml").read_text()


def bootstrap(venv: Path) -> Any:
    """`./async-code` as a module, with its environment elsewhere."""
    loader = SourceFileLoader("bootstrap", str(ROOT / "async-code"))
    spec = importlib.util.spec_from_loader("bootstrap", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    vars(module).update(VENV=venv, PYTHON=venv / "bin" / "python", STAMP=venv / "async-code.stamp")
    return module


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_fresh_environment_of_the_lock_imports_what_the_bot_needs(tmp_path: Path) -> None:
    made = bootstrap(tmp_path / "venv")
    installer = made.installer
    # Compiling takes half of the time, and nothing here depends on it.
    made.installer = lambda: [word for word in installer() if not word.startswith("--compile")]
    made.install("requirements.lock")
    assert made.installed("requirements.lock")
    assert not made.installed("requirements-test.lock")
    imports = "import githubkit, runners.github, bot.worker, bot.app, sentry_sdk; print(githubkit.GitHub.__name__)"
    for arguments, said in ((["-W", "ignore", "-c", imports], "GitHub\n"), (["-m", "bot", "--help"], "demo")):
        done = subprocess.run([made.PYTHON, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        assert said in done.stdout
