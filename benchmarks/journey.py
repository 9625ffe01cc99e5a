"""How long a newcomer waits for the first pull request: cold (a fresh clone, nothing installed) and warm.

    python3 benchmarks/journey.py [--warm N] [--cold]

Times `./async-code demo --once` from its start to the line that names the pull request, and beside it the physical
floor of the same machine: one `git clone`, commit and push of the sample's size, and one start of Python.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Prints one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--warm", type=int, default=5, help="warm runs (5)")
    options.add_argument("--cold", action="store_true", help="also one run in a fresh clone that installs everything")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        floor = [git_floor(Path(folder) / str(turn)) for turn in range(3)]
        if given.cold:
            subprocess.run(["git", "clone", "--quiet", ROOT, f"{folder}/clone"], check=True)
            show("cold, to the pull request", [first_pull_request(Path(folder) / "clone")], floor)
    first_pull_request(ROOT)  # warms the caches
    show("warm, to the pull request", [first_pull_request(ROOT) for _ in range(given.warm)], floor)
    show("floor: python, git clone, commit, push", floor, floor)


def first_pull_request(checkout: Path) -> float:
    """Seconds until the demo named its pull request. Ends the benchmark if it did not."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as data,
        subprocess.Popen(
            [checkout / "async-code", "demo", "--once"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={"PATH": str(Path(sys.executable).parent) + ":/usr/bin:/bin", "HOME": data, "DATA_DIR": data},
        ) as demo,
    ):
        assert demo.stdout
        seconds = next((time.monotonic() - began for line in demo.stdout if line.startswith("pull request #")), None)
        demo.stdout.read()
    if seconds is None or demo.returncode:
        sys.exit(f"the demo ended with {demo.returncode} and without a pull request")
    return seconds


def git_floor(folder: Path) -> float:
    """Seconds that no implementation could avoid on this machine: an interpreter, and git's own work."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", ""], check=True)
    bare, work = folder / "bare.git", folder / "work"
    identity = ["-c", "user.name=x", "-c", "user.email=x@localhost"]
    for argv in (
        ["git", "init", "--quiet", "--bare", str(bare)],
        ["git", "clone", "--quiet", str(bare), str(work)],
        ["git", "-C", str(work), *identity, "commit", "--quiet", "--allow-empty", "-m", "x"],
        ["git", "-C", str(work), "push", "--quiet", "origin", "HEAD:refs/heads/x"],
    ):
        subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def show(what: str, seconds: list[float], floor: list[float]) -> None:
    """One row: minimum, median, maximum, and the median as a multiple of the floor's."""
    middle = statistics.median(seconds)
    ratio = middle / statistics.median(floor)
    print(f"{what:<42} {min(seconds):6.2f} {middle:6.2f} {max(seconds):6.2f} s   {ratio:6.1f} × the floor")


if __name__ == "__main__":
    main()
