"""What is asked all the time, on an empty database and on one that a year of a million tasks went through.

    .venv/bin/python benchmarks/growth.py [--tasks N] [--accounts N] [--postgres]

Prints microseconds (median) and their ratio, on a SQLite file or on a Postgres server of its own.
"""

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import text
from webhooks.postgres import postgres

from config.database import Database
from config.schema import migrate
from tests.growth import OPERATIONS, Sample, grow

FEW = 100  # tasks of a database that counts as empty
TIMES = 200
GROWN = ("outbox", "commands", "deliveries", "runs", "tasks", "accounts")


def main() -> None:
    """Prints one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tasks", type=int, default=1_000_000)
    options.add_argument("--accounts", type=int, default=100_000)
    options.add_argument("--postgres", action="store_true", help="instead of SQLite")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as alive:
        url = alive.enter_context(postgres(Path(folder))) if given.postgres else f"sqlite:///{folder}/growth.sqlite3"
        database = Database(url)
        migrate(database)
        empty = measure(database, fill(database, FEW, 10))
        clear(database)
        began = time.monotonic()
        full = measure(database, fill(database, given.tasks, given.accounts))
        print(f"{database.url.get_backend_name()}: {given.tasks:,} tasks of {given.accounts:,} accounts")
        print(f"grown and measured in {time.monotonic() - began:.0f} s; microseconds, median of {TIMES}\n")
        for name in OPERATIONS:
            print(f"{name:<30} {empty[name]:>8.0f} {full[name]:>8.0f}   × {full[name] / empty[name]:.2f}")
        database.close()


def fill(database: Database, count: int, accounts: int) -> Sample:
    """Grows the database, and lets it look at itself as it does by and by."""
    with database.write() as connection:
        sample = grow(connection, count, accounts)
        connection.execute(text("ANALYZE"))
    return sample


def clear(database: Database) -> None:
    """Empties it again."""
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"TRUNCATE {', '.join(GROWN)} RESTART IDENTITY CASCADE"))
        for table in GROWN if database.is_sqlite else ():
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 # our own names


def measure(database: Database, sample: Sample) -> dict[str, float]:
    """Microseconds of each operation."""
    found = {}
    for name, operation in OPERATIONS.items():
        times = []
        for _ in range(TIMES):
            with database.write() as connection:
                began = time.perf_counter()
                operation(connection, sample)
                times.append((time.perf_counter() - began) * 1e6)
        found[name] = statistics.median(times)
    return found


if __name__ == "__main__":
    main()
