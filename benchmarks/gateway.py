"""What the gateway adds to a model's answer: the same provider reached directly and through it, in one run.

    python3 benchmarks/gateway.py [--streams N …] [--seconds N] [--quick]

The provider is a small server of our own that streams an answer of Anthropic's, twenty tokens a second. The gateway is
its real process on one core, with SQLite. Rows: the time to the first token of single requests; then so many streams at
once, with how late their tokens came and what the gateway took of its core and of memory. Load and provider share the
other cores, so elsewhere only the differences and ratios mean something.
"""

import argparse

from intake import become_our_python


def main() -> None:
    """Prints the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--streams", type=int, nargs="*", default=[50, 200, 400], help="at once (50 200 400)")
    options.add_argument("--seconds", type=float, default=10, help="that each stream lasts (10)")
    options.add_argument("--quick", action="store_true", help="one short measurement of each kind")
    given = options.parse_args()
    become_our_python()
    from gateways.report import run

    run(*((100, [50], 3.0) if given.quick else (500, given.streams, given.seconds)))


if __name__ == "__main__":
    main()
