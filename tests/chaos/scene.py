"""A local GitHub with many accounts, the stack that is installed on it, and commands that are asked for by people."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, select

from bot.embedded.logs import tail
from bot.embedded.stack import Stack, bot_services
from bot.local_github import LocalGitHub
from bot.local_github.records import Delivery
from config.database import Database, DatabaseError
from handlers import inbox
from runners import outbox, runs
from runners.states import ENDS
from tests.chaos.rows import Ground
from tests.integration.stage import PATIENCE, Services, environment
from tests.world import FILES, FIX

SENDERS = 4
LOOK_SECONDS = 0.25
TELL_SECONDS = 5.0
# What these experiments are not about is out of their way: quotas, GitHub's limits, long leases.
SETTINGS = {
    "ALLOWED_ACCOUNTS": "*",
    "RUNS_PER_HOUR": "1000000",
    "RUNS_PER_DAY": "1000000",
    "CONCURRENT_RUNS": "1000",
    "RUN_SLOTS": "4",
    "CONTROL_SLOTS": "8",
    "LEASE_SECONDS": "5",
    "SWEEP_SECONDS": "2",
    "GITHUB_WRITE_PAUSE_SECONDS": "0",
    "GITHUB_WRITES_PER_MINUTE": "1000000",
    "GITHUB_WRITES_PER_HOUR": "1000000",
}


class NotInTime(AssertionError):
    """What was waited for did not come; the message is what the processes said last."""


class Asked(NamedTuple):
    """A command in a comment of alice's, below an issue of its own."""

    repository: str
    number: int
    comment_id: int


@dataclass
class Scene:
    """All that an experiment harms and looks at."""

    ground: Ground
    hub: LocalGitHub
    stack: Stack
    database: Database
    repositories: list[str]
    asked: list[Asked] = field(default_factory=list)
    _read: int = 0
    _told: float = 0.0
    _deliveries: dict[int, Delivery] = field(default_factory=dict)

    def ask(self, text: str = FIX, repository: str | None = None) -> Asked:
        """Alice opens an issue and comments a command."""
        where = repository or self.repositories[len(self.asked) % len(self.repositories)]
        number = self.hub.open_issue(where, "add() is wrong", "It subtracts.", "alice").number
        asked = Asked(where, number, self.hub.comment(where, number, text, "alice").id)
        self.asked.append(asked)
        return asked

    def ask_on_a_pull_request(self, repository: str) -> Asked:
        """Alice opens a pull request of a new branch, and comments a command there."""
        branch = f"topic-{len(self.asked)}"
        self.hub.commit(repository, branch, {f"{branch}.md": "A note.\n"}, "alice")
        pull = self.hub.open_pull(repository, "A note", branch, "main", "And add() is wrong.", "alice")
        asked = Asked(repository, pull.number, self.hub.comment(repository, pull.number, FIX, "alice").id)
        self.asked.append(asked)
        return asked

    def delivery_of(self, asked: Asked) -> Delivery:
        """The first attempt to deliver that comment."""
        known = self.hub.site.ledger
        with known.lock:
            new = list(islice(known.deliveries.values(), self._read, None))
        self._read += len(new)
        for one in new:
            if (one.event, one.action) == ("issue_comment", "created"):
                self._deliveries.setdefault(one.payload["comment"]["id"], one)
        return self._deliveries[asked.comment_id]

    def progress(self) -> dict[str, int]:
        """How far it is: runs by state, and what is still to be done."""
        with self.database.read() as connection:
            states = connection.execute(select(runs.runs.c.state, func.count()).group_by(runs.runs.c.state)).all()
            waiting = select(func.count()).where(inbox.deliveries.c.state.in_(("stored", "deciding")))
            # Doubles are looked for a minute later; only those who wait for that count it.
            owed = select(func.count()).where(
                outbox.outbox.c.next_at.is_not(None), ~outbox.outbox.c.kind.like("%doubles")
            )
            undecided, duties = connection.execute(waiting).scalar_one(), connection.execute(owed).scalar_one()
        ended = sum(number for state, number in states if state in ENDS)
        return {"runs": sum(n for _, n in states), "ended": ended, "undecided": undecided, "owed": duties}

    def at_work(self) -> int:
        """Commands whose run has not ended."""
        return len(self.asked) - self.progress()["ended"]

    def is_quiet(self) -> bool:
        """Whether every command has a run that ended, and nothing more is to be done."""
        at = self.progress()
        return at["ended"] >= len(self.asked) and at["runs"] == at["ended"] and not at["undecided"] + at["owed"]

    def await_quiet(self, seconds: float = PATIENCE) -> float:
        """Waits until all is done, and gives how long that took. Raises NotInTime."""
        return self.until(self.is_quiet, "the end of everything", seconds)

    def until(self, true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
        """Waits until it is so, telling every few seconds how far it is; the seconds that it took."""
        began = time.monotonic()
        while not self._now(true):
            if time.monotonic() - began > seconds:
                raise NotInTime(f"not in {seconds:g} s: {what}; {self.progress()}\n{self._last_words()}")
            self._now(self.tell_progress)
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - began

    def tell_progress(self) -> None:
        """Tells how far it is, every few seconds."""
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        self._told = time.monotonic()
        at = self.progress()
        self.ground.tell(f"{len(self.asked)} asked, {', '.join(f'{number} {name}' for name, number in at.items())}")

    def waiting_audits(self) -> int:
        """Looks for doubles that are still to come."""
        theirs = (outbox.outbox.c.next_at.is_not(None), outbox.outbox.c.kind.like("%doubles"))
        return int(self.rows(select(func.count()).select_from(outbox.outbox).where(*theirs))[0][0])

    def logged(self, words: str) -> int:
        """In how many lines the processes said these words."""
        return sum(log.read_text(errors="replace").count(words) for log in self._logs())

    def rows(self, statement: Any) -> list[Any]:
        """Rows of the database."""
        with self.database.read() as connection:
            return list(connection.execute(statement))

    def _now(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except DatabaseError:  # it is being restarted
            return False

    def _last_words(self) -> str:
        return "\n".join(f"--- {log.name}\n{tail(log, 8)}" for log in self._logs())

    def _logs(self) -> list[Path]:
        return sorted((self.stack.settings.data_dir / "logs").glob("*.log"))


def settle_town(hub: LocalGitHub, accounts: int) -> list[str]:
    """Organisations with one repository each, in which alice may write; the repositories."""
    hub.add_user("alice")
    for number in range(accounts):
        hub.add_organisation(f"town-{number}")
        hub.add_repository(f"town-{number}", "app", FILES)
        hub.set_role(f"town-{number}/app", "alice", "write")
    return [f"town-{number}/app" for number in range(accounts)]


@contextmanager
def set_scene(
    ground: Ground,
    *,
    accounts: int = 10,
    given: Mapping[str, str] | None = None,
    services: Services = bot_services,
    creations: tuple[int, int] | None = None,
) -> Iterator[Scene]:
    """A scene with everything up and the App installed everywhere. `given` are settings besides the usual."""
    limits = {"rate_limit": 10_000_000, "creations": creations, "senders": SENDERS}
    with LocalGitHub(ground.directory / "github", **limits) as hub:  # type: ignore[arg-type]  # of several types
        town = settle_town(hub, accounts)
        on = {"DATABASE_URL": ground.database_url} if ground.database_url else {}
        variables = environment(hub, ground.directory, {**SETTINGS, **on, **(given or {})})
        with Stack(variables, services=services) as stack:
            database = Database(stack.settings.database)
            try:
                stack.await_ready(PATIENCE)
                hub.deliver_to(f"{stack.address.url}/github/webhooks")
                for repository in town:
                    hub.install(repository.partition("/")[0])
                assert hub.settle(PATIENCE)
                yield Scene(ground, hub, stack, database, town)
            finally:
                database.close()
                stack.hurry()  # an orderly end takes seconds, and nothing here is about one
