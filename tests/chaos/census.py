"""What there is on GitHub and in SQL after an experiment, counted so that a loss or a double can't hide."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from handlers import commands, inbox
from runners import runs, tasks
from tests.chaos.rows import differences
from tests.chaos.scene import Scene

MARKER = re.compile(r"<!-- async-code task=(\S+) -->")
DONE = "✅ Done"
SAME = ("tasks", "runs", "done", "branches", "pull requests", "status comments", "told done", "checked runs")


@dataclass(frozen=True)
class Things:
    """What the bot made on GitHub: each thing by a name of its own, so that a double is twice the same name."""

    branches: list[str] = field(default_factory=list)
    pulls: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)

    @property
    def twice(self) -> int:
        """How many are there more than once."""
        return sum(map(doubles, (self.branches, self.pulls, self.comments, self.checks)))


def doubles(names: list[str]) -> int:
    """How many are there more than once."""
    return len(names) - len(set(names))


def count(scene: Scene) -> dict[str, int]:
    """How many of each thing there are, and how many too many of it."""
    made = things(scene)
    return {
        "commands": len(scene.asked),
        **_in_sql(scene),
        "branches": len(made.branches),
        "pull requests": len(made.pulls),
        "status comments": len(made.comments),
        "told done": len(_told_done(scene)),
        "checked runs": len({check.partition(" ")[0] for check in made.checks}),
        "green runs": len(_green(scene)),
        "lost": len(scene.asked) - len(_decided(scene)),
        "twice": made.twice,
        "unkept": len(_acknowledged(scene) - _kept(scene)),
    }


def faults(counted: Mapping[str, int]) -> tuple[str, ...]:
    """What is wrong with that: every command has one of each thing, and nothing was lost."""
    wanted = {**dict.fromkeys(SAME, counted["commands"]), **dict.fromkeys(("lost", "twice", "dead", "unkept"), 0)}
    return differences(counted, wanted)


def things(scene: Scene) -> Things:
    """Branches, heads of pull requests, marks of status comments, and check runs as `run commit`."""
    hub, made = scene.hub, Things()
    for repository in scene.repositories:
        made.branches.extend(f"{repository} {name}" for name in hub.branches(repository) if name != "main")
        made.pulls.extend(f"{repository} {pull.head}" for pull in hub.pulls(repository))
        made.checks.extend(f"{check.external_id} {check.head_sha}" for check in hub.check_runs(repository))
    with hub.site.ledger.lock:
        said = [comment.body for comment in hub.site.ledger.comments.values() if comment.via_app == hub.app_id]
    made.comments.extend(mark for body in said for mark in MARKER.findall(body))
    return made


def _green(scene: Scene) -> set[str | None]:
    """Runs all of whose check runs say that all is well."""
    checks = [check for repository in scene.repositories for check in scene.hub.check_runs(repository)]
    others = {check.external_id for check in checks if check.conclusion != "success"}
    return {check.external_id for check in checks} - others


def _told_done(scene: Scene) -> set[str]:
    """Tasks whose comment says that they are done, and none says anything else."""
    with scene.hub.site.ledger.lock:
        said = [comment.body for comment in scene.hub.site.ledger.comments.values() if comment.via_app]
    told: set[str] = set()
    other: set[str] = set()
    for body in said:
        (told if DONE in body else other).update(MARKER.findall(body))
    return told - other


def _in_sql(scene: Scene) -> dict[str, int]:
    (made,) = scene.rows(select(func.count()).select_from(tasks.tasks))
    states = {
        row.state: row.n for row in scene.rows(select(runs.runs.c.state, func.count().label("n")).group_by("state"))
    }
    return {
        "tasks": made[0],
        "runs": sum(states.values()),
        "done": states.get("done", 0),
        "dead": states.get("dead", 0),
    }


def _decided(scene: Scene) -> set[str]:
    known = {row.source_id for row in scene.rows(select(commands.commands.c.source_id))}
    return known & {str(one.comment_id) for one in scene.asked}


def _acknowledged(scene: Scene) -> set[str]:
    """GUIDs of what was answered with 202: kept, for ever."""
    return {one.guid for one in scene.hub.deliveries if one.status_code == 202}


def _kept(scene: Scene) -> set[str]:
    return {row.guid for row in scene.rows(select(inbox.deliveries.c.guid))}
