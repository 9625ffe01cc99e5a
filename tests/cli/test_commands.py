"""The command line, from its words to its exit status."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import cast

import click
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.cli import cli
from bot.development import Check, report
from bot.embedded.foreground import welcome
from bot.embedded.lock import sole_user_of
from config.settings import Settings, load

KEY = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
GITHUB = {"GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": KEY, "GITHUB_WEBHOOK_SECRET": "a secret"}
HEAVY = {"celery", "githubkit", "httpx", "pydantic", "redis", "rich", "sqlalchemy", "starlette", "uvicorn"}

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line in an empty directory, with these settings alone."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def invoke(*words: str, **settings: str) -> Result:
        return CliRunner().invoke(cli, words, env=settings, catch_exceptions=False)

    return invoke


QUEUE = cast(click.Group, cli.commands["queue"])


@pytest.mark.parametrize(
    "command", [[], *([name] for name in cli.commands), *(["queue", name] for name in QUEUE.commands)]
)
def test_every_command_explains_itself(run: Run, command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.output
    assert "..." not in result.output.partition("Commands:")[2], "a summary is too long for its line"


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, bot.cli; sys.exit(' '.join({HEAVY!r} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).stderr.strip() == b""


@pytest.mark.parametrize("command", [["up"], ["web"], ["worker", "control"]])
def test_what_talks_with_github_wants_to_know_as_whom(run: Run, command: list[str]) -> None:
    result = run(*command, GITHUB_APP_ID="1", GITHUB_APP_PRIVATE_KEY="a key")
    assert result.exit_code == 2
    assert result.stderr.startswith("GITHUB_WEBHOOK_SECRET not set.")
    assert "Traceback" not in result.output


def test_wrong_settings_are_said_a_line_each(run: Run) -> None:
    result = run("migrate", PORT="70000", RUN_SLOTS="none")
    assert result.exit_code == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["PORT", "RUN_SLOTS"]


def test_a_stack_that_cannot_run_here_is_said_in_a_line(run: Run, tmp_path: Path) -> None:
    with sole_user_of(tmp_path):
        result = run("up", **GITHUB, DATA_DIR=str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr.startswith("Another async-code (pid ")


def test_migrate_brings_the_database(run: Run, tmp_path: Path) -> None:
    assert run("migrate", DATA_DIR=str(tmp_path)).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "async-code.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_worker_is_of_one_of_two_pools(run: Run) -> None:
    result = run("worker", "everything")
    assert result.exit_code == 2
    assert "'control', 'runs'" in result.stderr


def test_arguments_of_test_go_to_pytest(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("test", "--require", "git", "--version", "-k", "not this").exit_code == 0
    assert "pytest 9" in "".join(capfd.readouterr())


def test_all_checks_run_and_a_failed_one_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [
        Check("first", (sys.executable, "-c", "raise SystemExit('what is wrong')")),
        Check("second", (sys.executable, "-c", "print('chatter')")),
    ]
    assert report(checks) == 1
    first, words, _, second = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["first", "FAILED"]
    assert words == "what is wrong"
    assert second.split()[:2] == ["second", "ok"]
    assert report(checks[1:]) == 0


def test_a_stack_that_is_up_says_where(tmp_path: Path) -> None:
    said = welcome(load(data_dir=tmp_path, public_url="https://bot.example"), "http://127.0.0.1:8000")
    assert "http://127.0.0.1:8000\n" in said
    assert "https://bot.example/github/webhooks\n" in said
    assert f"{tmp_path}/logs" in said
