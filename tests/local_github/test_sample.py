"""The sample repository has one bug, which one token mends."""

import subprocess
import sys
from pathlib import Path

from bot.local_github import LocalGitHub, sample
from tests.local_github.conftest import planted


def outcome_of(directory: Path, files: dict[str, str]) -> str:
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    command = [
        sys.executable,
        "-I",
        "-c",
        "import sys; sys.path[0:0] = ['.']; import unittest; unittest.main(module=None)",
    ]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=60)
    return done.stderr.splitlines()[-1]


def test_one_test_fails_and_one_token_mends_it(tmp_path: Path) -> None:
    assert outcome_of(tmp_path / "broken", sample.FILES) == "FAILED (failures=1)"
    mended = {**sample.FILES, "till/basket.py": sample.BASKET.replace("quantity > BULK", "quantity >= BULK")}
    assert outcome_of(tmp_path / "mended", mended) == "OK"


def test_planting_gives_a_maintainer_a_stranger_and_an_installed_app(tmp_path: Path) -> None:
    hub: LocalGitHub
    with planted(tmp_path) as hub:
        names = sample.plant(hub)
        roles = {login: hub.role(names.repository, login).base for login in (names.maintainer, names.stranger)}
        assert roles == {names.maintainer: "write", names.stranger: "read"}
        assert hub.file_at(names.repository, "main", "till/basket.py") == sample.BASKET
        assert [one.event for one in hub.deliveries] == ["installation"]
