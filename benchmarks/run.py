"""How long a run takes to begin, on a small and a large repository: from its claim to the agent's first instruction.

    python3 benchmarks/run.py [--times N] [--files N] [--quick]

Beside it, in the same run: a bare `docker run` of the same image, what the run itself took to write its files, and
`git clone --depth 1 --no-checkout` from the same GitHub, which is the local one over HTTP. The large repository has
100,000 files of 10 kB that nothing compresses. Mirrors are warm, as in every run but a repository's first. It needs
Docker and the image (`./async-code image`).
"""

import argparse

from intake import become_our_python


def main() -> None:
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--times", type=int, default=7, help="each is measured so often; medians are told (7)")
    options.add_argument("--files", type=int, default=100_000, help="of the large repository (100,000)")
    options.add_argument("--quick", action="store_true", help="3 times, 5,000 files")
    given = options.parse_args()
    become_our_python()
    from runs.report import run

    run(*((3, 5_000) if given.quick else (given.times, given.files)))


if __name__ == "__main__":
    main()
