"""What was measured, as a table for a terminal and as the page docs/reliability.md."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.development import ROOT
from tests.chaos.rows import Row

PAGE = ROOT / "docs" / "reliability.md"
HEAD = """\
# Reliability: what was harmed, and what came of it

Written by `./async-code chaos --full [EXPERIMENT]...`: each row is an experiment of `tests/chaos`, made with real
processes against the local GitHub, with the numbers as they were measured. CI makes the short form of each.
"""
COLUMNS = """\
| experiment | database | measured | duration | result | date, machine |
|---|---|---|---|---|---|"""


def table(rows: Sequence[Row]) -> str:
    """A Markdown table: experiment, database, what was counted, how long it took, whether it passed, when and where."""
    return "\n".join([COLUMNS, *(_line(row, datetime.now(UTC)) for row in rows)])


def write_page(rows: Sequence[Row], page: Path = PAGE) -> None:
    """Writes these rows into the page, in the place of earlier ones of the same experiments."""
    before = page.read_text().splitlines() if page.exists() else []
    lines = {_key(line): line for line in before if line.startswith("| ") and line not in COLUMNS}
    lines |= {_key(line): line for line in (_line(row, datetime.now(UTC)) for row in rows)}
    page.write_text("\n".join([HEAD, COLUMNS, *lines.values(), ""]))


def machine() -> str:
    """What it was measured on, without a name of it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} CPUs, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def _line(row: Row, at: datetime) -> str:
    counted = ", ".join(f"{name} {number:.12g}" for name, number in row.counted.items())
    verdict = "pass" if row.passed else f"**FAIL**: {'; '.join(row.wrong)}"
    minutes, seconds = divmod(round(row.seconds), 60)
    took, when = f"{minutes} min {seconds:02} s", f"{at:%Y-%m-%d}, {machine()}"
    return f"| {row.experiment} | {row.database} | {counted} | {took} | {verdict} | {when} |"


def _key(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.split("|")[1:3])
