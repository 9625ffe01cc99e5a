"""The command line of the experiments: which of them, on what, and the table of what was measured."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from config.settings import Settings
from tests.chaos.experiments import EXPERIMENTS
from tests.chaos.report import table, write_page
from tests.chaos.rows import Ground, Row, Size
from tests.postgres import Server, fresh_postgres


@click.command()
@click.option("--full", is_flag=True, help="The sizes of docs/reliability.md, and write it: takes hours.")
@click.option("--database", type=click.Choice(["sqlite", "postgres", "both"]), default="both", show_default=True)
@click.argument("names", nargs=-1, metavar="[EXPERIMENT]...")
def main(full: bool, database: str, names: tuple[str, ...]) -> None:
    """Harm real processes and count what came of it. Experiments: {names}."""
    unknown = set(names) - set(EXPERIMENTS)
    if unknown:
        raise click.UsageError(f"no experiment {', '.join(sorted(unknown))}; there are {', '.join(EXPERIMENTS)}")
    _forget_own_settings()
    rows = list(_measure(names or tuple(EXPERIMENTS), "full" if full else "short", database))
    click.echo(table(rows))
    if full:
        write_page(rows)
    raise SystemExit(any(not row.passed for row in rows))


def _measure(names: Sequence[str], size: Size, wanted: str) -> Iterator[Row]:
    with _ground() as directory:
        for name in names:
            for database in EXPERIMENTS[name].databases:
                if wanted in (database, "both"):
                    yield _measure_one(name, database, size, directory / f"{name}-{database}")


def _measure_one(name: str, database: str, size: Size, directory: Path) -> Row:
    began = time.monotonic()

    def tell(line: str) -> None:
        click.echo(f"{time.monotonic() - began:6.0f} s  {name} on {database}: {line}", err=True)

    directory.mkdir()
    with _database(database, directory) as url:
        row = EXPERIMENTS[name].measure(Ground(directory, size, url, tell))
    tell("pass" if row.passed else f"FAIL: {'; '.join(row.wrong)}")
    return row


@contextmanager
def _database(name: str, directory: Path) -> Iterator[str | None]:
    if name == "sqlite":
        yield None
        return
    server = Server(directory / "postgres")
    server.start()
    try:
        yield fresh_postgres(server.url)
    finally:
        server.stop()


@contextmanager
def _ground() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="async-code-chaos-"))
    directory.chmod(0o711)  # another user's Postgres lies below it
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _forget_own_settings() -> None:
    """A developer's own settings are none of the processes' that are started here."""
    for name in Settings.model_fields:
        os.environ.pop(name.upper(), None)
    os.environ["ENV_FILE"] = os.devnull


main.help = (main.help or "").format(names=", ".join(EXPERIMENTS))
