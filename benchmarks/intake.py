"""How many webhook deliveries a second one web process takes, beside what others take, in one run.

    python3 benchmarks/intake.py [--seconds N] [--rounds N] [--quick] [--only WORD …]

wrk on loopback with 32 connections, a 14 kB `issue_comment`, a new GUID each time. Rows: Starlette that only verifies
the signature (the limit); Probot 14 and gidgethub + aiohttp, in memory; ours with comments that hold no command; ours
with commands, durable before the answer, on SQLite and on Postgres, with the embedded broker running.
All servers live through the run and are loaded in turn; of the rounds the median counts. What this machine lacks is
left out, and said. Load and servers share the machine's cores, so elsewhere only the ratios mean something.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv" / "bin" / "python"


def main() -> None:
    """Prints the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=5, help="of each measurement (5)")
    options.add_argument("--rounds", type=int, default=3, help="measurements of each server (3)")
    options.add_argument("--quick", action="store_true", help="one round of two seconds")
    options.add_argument(
        "--only", metavar="WORD", nargs="*", default=[], help="rows with one of these words in the name"
    )
    given = options.parse_args()
    become_our_python()
    from webhooks.report import run

    seconds, rounds = (2, 1) if given.quick else (given.seconds, given.rounds)
    run(seconds, rounds, given.only)


def become_our_python() -> None:
    """Goes on in the environment that the bot runs in, set up if need be."""
    if Path(sys.executable) != PYTHON:
        subprocess.run([ROOT / "async-code", "--help"], check=True, stdout=subprocess.DEVNULL)
        os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606  # a constant path, no shell


if __name__ == "__main__":
    main()
