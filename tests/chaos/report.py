"""What was measured, as a table for a terminal and as the page docs/reliability.md."""

import os
import platform
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.development import ROOT
from tests.chaos.rows import Row

PAGE = ROOT / "docs" / "reliability.md"
HEAD = """\
# Reliability: what was harmed, and what came of it

Written by a program: each row is an experiment of `tests/chaos`, made with real processes against the local GitHub.

- Command: `./async-code chaos {words}`
- Date: {date:%Y-%m-%d}
- Machine: {machine}
"""


def table(rows: Sequence[Row]) -> str:
    """A Markdown table: experiment, database, what was counted, how long it took, whether it passed."""
    lines = ["| experiment | database | measured | duration | result |", "|---|---|---|---|---|", *map(_line, rows)]
    return "\n".join(lines)


def write_page(rows: Sequence[Row], words: Sequence[str]) -> None:
    """Writes docs/reliability.md."""
    head = HEAD.format(words=shlex.join(words), date=datetime.now(UTC), machine=machine())
    PAGE.write_text(f"{head}\n{table(rows)}\n")


def machine() -> str:
    """What it was measured on, without a name of it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} CPUs, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def _line(row: Row) -> str:
    counted = ", ".join(f"{name} {number:g}" for name, number in row.counted.items())
    verdict = "pass" if row.passed else f"**FAIL**: {'; '.join(row.wrong)}"
    minutes, seconds = divmod(round(row.seconds), 60)
    return f"| {row.experiment} | {row.database} | {counted} | {minutes} min {seconds:02} s | {verdict} |"
