"""Sets up the bot and two repositories, measures in turn, and prints what came of it."""

import logging
import shlex
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import structlog

from config.database import Database
from config.schema import migrate
from runners.github_types import Where
from runs import stages
from tests.serving import living
from tests.world import World, make_world

NAMES = ("small", "large")
LIMIT = 1.0  # second over a bare container
LARGER = 1.2  # times as long on a large repository, apart from its files
FASTER = 3.0  # times as fast as a shallow clone, likewise


def run(times: int, files: int) -> None:
    """All of it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="async-code-benchmark-") as folder:
        url = f"sqlite:///{folder}/bench.sqlite3"
        migrate(Database(url))
        command = shlex.join(stages.FIRST)
        with living(make_world(Path(folder), url, sandbox="docker", agent_command=command, runs_per_hour=1000,
                               runs_per_day=1000, runs_per_issue=1000)) as world:  # fmt: skip
            places = dict(zip(NAMES, (repository(world, "small", 20), repository(world, "large", files)), strict=True))
            measure(world, places, times)


def repository(world: World, name: str, files: int) -> Where:
    """One that the App is installed on, in which alice may write."""
    made = world.hub.add_repository("octo", name, {"README.md": f"{name}\n"})
    world.hub.set_role(f"octo/{name}", "alice", "write")
    stages.fill(world.hub.site.disk.path(made.id), files)
    (installation,) = world.hub.site.ledger.installations
    return Where(installation, f"octo/{name}", made.id)


def measure(world: World, places: dict[str, Where], times: int) -> None:
    """In turn, so that a slow moment of the machine falls on all of them."""
    for place in places.values():
        stages.begin(world, place.repository)  # its first run makes the mirror
    image = world.settings.sandbox_image
    writing = stages.Writing()
    columns: dict[str, Callable[[Where], float]] = {
        "claim to first instruction": lambda place: stages.begin(world, place.repository),
        "  of that, writing the files": lambda _place: writing.seconds,
        "git clone --depth 1, no files": lambda place: stages.shallow_clone(world, place),
        "docker run of the same image": lambda _place: stages.bare_container(image),
    }
    found = {name: {what: [] for what in columns} for name in places}
    for _ in range(times):
        for name, place in places.items():
            for what, stage in columns.items():
                found[name][what].append(stage(place))
    tell({name: {what: statistics.median(them) for what, them in row.items()} for name, row in found.items()})


def tell(found: dict[str, dict[str, float]]) -> None:
    """The table, and the three promises."""
    print(f"{'median, in seconds':32}" + "".join(f"{name:>9}" for name in NAMES))
    begin, write, clone, bare = found["small"]
    for row in found.values():
        row["claim to first instruction, apart from files"] = row[begin] - row[write]
    for what in found["small"]:
        print(f"{what:32}" + "".join(f"{found[name][what]:9.3f}" for name in NAMES))
    small, large = (found[name][begin] - found[name][write] for name in NAMES)
    print(f"over a bare container (small): {small - found['small'][bare]:.2f} s (wanted: at most {LIMIT})")
    print(f"large to small, apart from the files: {large / small:.2f} × (wanted: at most {LARGER})")
    prepared = large - found["large"][bare]
    print(f"faster than a shallow clone of the large one: {found['large'][clone] / prepared:.1f} × (wanted: {FASTER})")
