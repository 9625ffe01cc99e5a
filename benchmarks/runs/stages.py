"""The things that are measured, each in seconds."""

import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runners import run_events, workspace
from runners.git import git as host_git
from runners.git import remote
from runners.github_types import Where
from tests.world import World

FILE_BYTES = 10_000
FILES_A_FOLDER = 200
FIRST = ["sh", "-c", "date +%s.%N; touch began"]


def fill(bare: Path, files: int) -> None:
    """Commits so many files to `main`; nothing in them repeats."""
    git = ["git", f"--git-dir={bare}"]
    with subprocess.Popen([*git, "fast-import", "--quiet"], stdin=subprocess.PIPE) as importing:
        assert importing.stdin
        for part in history(files):
            importing.stdin.write(part)
    subprocess.run([*git, "repack", "-adq"], check=True)


def history(files: int) -> Iterator[bytes]:
    """One commit on top of what is there, as `git fast-import` takes it."""
    noise = random.Random(4)  # noqa: S311 # the same repository each time
    yield b"commit refs/heads/main\ncommitter a <a@localhost> 1700000000 +0000\ndata 4\nmany\nfrom refs/heads/main^0\n"
    for number in range(files):
        path = f"f{number // FILES_A_FOLDER:04}/{number}.bin".encode()
        yield b"M 100644 inline " + path + b"\ndata %d\n" % FILE_BYTES + noise.randbytes(FILE_BYTES) + b"\n"


def begin(world: World, repository: str) -> float:
    """A whole run; from its claim to the first thing that the agent did."""
    world.comment("/async-code implement it --agent command", repo=repository)
    world.work()
    run = world.run_rows()[-1]
    with world.database.read() as connection:
        events = run_events.since(connection, run.id)
    said = next(event.data["text"] for event in events if event.data.get("text", "").replace(".", "").isdecimal())
    return float(said) - run.started_at


def bare_container(image: str) -> float:
    """`docker run` of the same image, to the first thing that is done in it."""
    began = time.time()
    argv = ["docker", "run", "--rm", "--network=none", "--entrypoint=date", image, "+%s.%N"]
    return float(subprocess.run(argv, check=True, capture_output=True, text=True).stdout) - began


class Writing:
    """How long the latest run took to write its files, which no preparation can spare: told by the run itself.

    On many machines that takes so long, and so differently long, that a second writing of the same files says little.
    They are written when they are on the disk: an engine that starts a container before waits for that, not for us.
    """

    def __init__(self) -> None:
        self.seconds, self._git = 0.0, workspace.git
        workspace.git = self._timed

    def _timed(self, *arguments: str, **places: Any) -> str:
        began = time.monotonic()
        said = self._git(*arguments, **places)
        if arguments[0] == "checkout-index":
            os.sync()
            self.seconds = time.monotonic() - began
        return said


def shallow_clone(world: World, where: Where) -> float:
    """What a bot without mirrors would do, without the files."""
    base = world.settings.github_base_url
    with (
        tempfile.TemporaryDirectory(dir=world.settings.data_dir) as folder,
        world.context.github.git_token(where, {"contents": "read"}) as token,
    ):
        url, to = f"{base}/{where.repository}.git", f"{folder}/clone"
        began = time.monotonic()
        host_git("clone", "--quiet", "--depth=1", "--no-checkout", url, to, settings=remote(base, token))
        return time.monotonic() - began
