"""`.env.example` against the settings that it describes."""

from pathlib import Path

import pytest

from config.env_example import FILE, GROUPS, render
from config.settings import Settings, load


def test_the_file_is_what_the_settings_say() -> None:
    assert FILE.read_text() == render(Settings), "write it anew: ./async-code check --fix"


def test_uncommenting_every_line_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    lines = render(Settings).splitlines()
    given = tmp_path / "all.env"
    given.write_text("\n".join(line.removeprefix("#") for line in lines if not line.startswith("# ")))
    assert load(_env_file=given) == load(_env_file=None)


def test_every_group_begins_with_a_setting() -> None:
    assert set(GROUPS) <= set(Settings.model_fields)
