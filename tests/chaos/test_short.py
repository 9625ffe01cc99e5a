"""The short form of every experiment: what CI runs. The full table is docs/reliability.md."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.chaos.experiments import EXPERIMENTS
from tests.chaos.rows import Ground
from tests.postgres import fresh_postgres

# What is about the database itself, or meets it in the most ways, is made on both; the rest on SQLite.
ON_POSTGRES_TOO = {"crashes", "standstills"}
NEEDS = {"power": "strace"}
SECONDS = 900  # against one that never ends; how soon it must have ended is each experiment's own to say


def _cases() -> Sequence[object]:
    cases = []
    for name, entry in EXPERIMENTS.items():  # the longest first
        for database in entry.databases:
            if database == "postgres" and len(entry.databases) > 1 and name not in ON_POSTGRES_TOO:
                continue
            needs = [NEEDS[name]] if name in NEEDS else []
            needs += ["postgres"] if database == "postgres" else []
            marks = [pytest.mark.needs(*needs)] if needs else []
            cases.append(
                pytest.param(name, database, id=f"{name}-{database}", marks=[*marks, pytest.mark.timeout(SECONDS)])
            )
    return cases


@pytest.mark.parametrize(("name", "database"), _cases())
def test_the_short_form_passes(name: str, database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = fresh_postgres(request.getfixturevalue("postgres_url")) if database == "postgres" else None
    row = EXPERIMENTS[name].measure(Ground(tmp_path, "short", url, print))
    assert row.passed, str(row)
