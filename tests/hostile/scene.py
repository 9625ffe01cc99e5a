"""A world with a trap: an agent that was taken over works there, locked in, and all that it caused can be looked at."""

import base64
import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.local_github.records import Repository
from runners import run_events
from tests.hostile.inside.trap import Trap
from tests.hostile.making import Maker
from tests.hostile.planted import Plant
from tests.serving import living
from tests.world import World, make_world

CANARY = "canary-of-the-host-7f3a"
INSIDE = Path(__file__).parent / "inside"
FILES = {"app.py": "x = 1\n", "README.md": "# app\n", "sub/deep/file.txt": "x\n"}
UNLIMITED = dict.fromkeys(("runs_per_hour", "runs_per_day", "concurrent_runs", "runs_per_issue"), 100_000)


def set_trap(directory: Path) -> tuple[Trap, Path]:
    """A program of the host that leaves a mark, a secret of the host, and the folder of marks."""
    marks, program, secret = directory / "marks", directory / "host/program", directory / "host/secret"
    marks.mkdir()
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ntouch "{marks}/sprung"\ncat\n')
    program.chmod(0o755)
    secret.write_text(f"{CANARY}\n")
    return Trap(str(program), str(secret)), marks


def inside(work: str) -> str:
    """A program's text that brings what runs inside with it, whatever a sandbox shows, and does this work."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in INSIDE.glob("*.py"):
            archive.write(path, f"inside/{path.name}")
    encoded = base64.b64encode(packed.getvalue()).decode()
    unpacked = f"p = os.path.expanduser('~/inside.zip'); open(p, 'wb').write(base64.b64decode('{encoded}'))"
    return f"import base64, os, sys; {unpacked}; sys.path.insert(0, p); {work}"


@dataclass
class Scene:
    """The world, with one repository for each attack."""

    world: World
    trap: Trap
    marks: Path

    def repository(self, name: str, files: Mapping[str, str] = FILES) -> Repository:
        """A new one, where alice may write."""
        made = self.world.hub.add_repository("octo", name, files)
        self.world.hub.set_role(made.full_name, "alice", "write")
        return made

    def plant(self, repository: Repository, *plants: Plant) -> None:
        """Puts what these make beside the files of its only commit."""
        disk = self.world.hub.site.disk
        make = Maker(disk.path(repository.id))
        tree = make.tree([*make.files(FILES), *(entry for plant in plants for entry in plant(make, self.trap))])
        # Not by git, which would look at it.
        (make.git_dir / "refs/heads/main").write_text(f"{make.commit(tree)}\n")

    def ask(self, repository: Repository, text: str = "") -> Any:
        """Alice asks for work, and all of it is done; the row of the only run that came of it."""
        main = self.world.hub.branches(repository.full_name)["main"]
        before = len(self.world.run_rows())
        self.world.comment(f"/async-code implement {text}", repo=repository.full_name)
        self.world.work()
        (run,) = self.world.run_rows()[before:]
        assert self.world.hub.branches(repository.full_name)["main"] == main
        return run

    def branch(self, repository: Repository) -> str:
        """The only one besides `main`."""
        (branch,) = (name for name in self.world.hub.branches(repository.full_name) if name != "main")
        return branch

    def objects(self, repository: Repository) -> bytes:
        """Everything that GitHub's repository holds."""
        return self.world.hub.site.disk.run(repository.id, "cat-file", "--batch", "--batch-all-objects")

    def told(self, repository: Repository, run: Any) -> str:
        """Everything that people may read of the run."""
        hub, name = self.world.hub, repository.full_name
        with self.world.database.read() as connection:
            events = [event.data for event in run_events.since(connection, run.id)]
        pulls = [(pull.title, pull.body, pull.head) for pull in hub.pulls(name)]
        return repr((self.world.replies(1, name), pulls, hub.check_runs(name), events, run))

    def assert_unharmed(self, repository: Repository, run: Any) -> None:
        """Nothing ran on the host, and nothing of the host is anywhere."""
        assert list(self.marks.iterdir()) == [], "something of the attack ran on the host"
        told = self.told(repository, run)
        for secret in (CANARY, str(self.world.settings.data_dir)):
            assert secret not in told
        assert CANARY.encode() not in self.objects(repository)
        assert (run.failures, run.vanished) == (0, 0), "a hostile repository is no failure of ours"


@contextmanager
def set_scene(directory: Path, database_url: str, sandbox: str) -> Iterator[Scene]:
    """The world, alive, whose agent is the one that was taken over."""
    trap, marks = set_trap(directory)
    begin = inside(f"from inside.agent import main; main('{trap.program}', '{trap.secret}')")
    command = f'{{python}} -E -s -B -c "{begin}"'
    given = {"sandbox": sandbox, "default_agent": "command", "agent_command": command, **UNLIMITED}
    with living(make_world(directory, database_url, **given)) as world:
        yield Scene(world, trap, marks)
