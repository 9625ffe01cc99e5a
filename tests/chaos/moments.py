"""The steps of publishing as GitHub sees them, and a harm to whoever takes one, just before its effect or after it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import get_args

from bot.embedded.keeper import Service
from bot.embedded.stack import Environment, bot_services
from bot.local_github.faults import Asked, HangUp, Moment
from config.settings import Settings
from tests.chaos.owners import owner_of
from tests.chaos.scene import Scene

WORKERS = ("control", "runs", "control-2", "runs-2")
STEPS = {
    "carrier": ("POST", r"{}\.git/git-receive-pack$"),
    "commit": ("POST", r"/{}/git/commits$"),
    "push": ("POST", r"{}\.git/git-receive-pack$"),
    "pull request": ("POST", r"/{}/pulls$"),
    "comment": ("POST", r"/{}/issues/\d+/comments$"),
    "comment edit": ("PATCH", r"/{}/issues/comments/\d+$"),
    "check run": ("POST", r"/{}/check-runs$"),
    "check run edit": ("PATCH", r"/{}/check-runs/\d+$"),
    "reaction": ("POST", r"/{}/issues/comments/\d+/reactions$"),
}
BEHIND = {"push": "commit"}  # before that step the same request means another
BY_RUNS_WORKERS = {"carrier", "commit", "push", "pull request"}
ON_A_PULL_REQUEST = {"check run edit"}  # elsewhere a check run is made when all is over
MOMENTS: list[tuple[str, Moment]] = [(step, moment) for step in STEPS for moment in get_args(Moment)]

Harm = Callable[[int, Asked], None]


def two_of_each(settings: Settings, environment: Environment, drain_seconds: float) -> Sequence[Service]:
    """The usual processes, and a second worker of each pool: somebody is there to take over."""
    usual = bot_services(settings, environment, drain_seconds)
    twins = [service for service in usual if service.name in WORKERS]
    return [*usual, *(Service(f"{one.name}-2", one.argv, one.env, stop_seconds=one.stop_seconds) for one in twins)]


@dataclass
class Ambush:
    """Waits for one step in one repository and harms, once, the worker that takes it."""

    scene: Scene
    harm: Harm
    sprung: list[tuple[str, Moment]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lay(self, step: str, moment: Moment, repository: str) -> None:
        """Lets the next such request be the moment."""
        if step in BEHIND:
            method, path = STEPS[BEHIND[step]]
            later = partial(self._lay, step, moment, repository)
            self.scene.hub.faults.tell(method, path.format(repository), "after", lambda _: later(), times=1)
        else:
            self._lay(step, moment, repository)

    def _lay(self, step: str, moment: Moment, repository: str) -> None:
        method, path = STEPS[step]

        def witness(asked: Asked) -> None:
            leaders = [pid for pid in map(self.scene.stack.pid, WORKERS) if pid]
            worker = owner_of(asked.port, leaders)
            with self._lock:
                self.sprung.append((step, moment))
            if worker is None:
                raise HangUp  # it was killed in this very moment by another ambush, which is as good
            self.harm(worker, asked)

        self.scene.hub.faults.tell(method, path.format(repository), moment, witness, times=1)

    def ask(self, step: str, repository: str) -> None:
        """Asks for the work in which that step is taken."""
        if step in ON_A_PULL_REQUEST:
            self.scene.ask_on_a_pull_request(repository)
        else:
            self.scene.ask(repository=repository)
