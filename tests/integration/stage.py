"""The language of the end-to-end tests: people comment on a local GitHub, the bot works by itself, people look.

Every process is a real one, and nothing is stepped: what is to happen is awaited. A test may harm the processes.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select

from bot.embedded.address import Address
from bot.embedded.keeper import Service
from bot.embedded.logs import tail
from bot.embedded.processes import noted, record_of
from bot.embedded.stack import Environment, Stack, bot_services
from bot.local_github import LocalGitHub
from bot.local_github.records import Pull
from config.database import Database, DatabaseError, now
from config.settings import Settings, load
from runners import outbox, runs, tasks
from runners.states import ENDS
from tests.world import FILES, FIX, REPO

ANYWHERE = Address("127.0.0.1", 0)
PATIENCE = 90.0  # seconds; the machine may be busy with other tests
LOOK_SECONDS = 0.05
ONE_OF_EACH = dict.fromkeys(("tasks", "runs", "branches", "pull requests", "status comments", "check runs"), 1)

Services = Callable[[Settings, Environment, float], Sequence[Service]]
Found = TypeVar("Found")


@dataclass
class Stage:
    """A local GitHub with `octo/app`, where alice may write, and the embedded stack that is installed on it."""

    hub: LocalGitHub
    variables: Mapping[str, str]  # the processes' environment, as an operator would write it into `.env`
    settings: Settings
    database: Database
    web: Address = ANYWHERE

    # What people do

    def deliver_to(self, web: Address) -> None:
        """The App's operator tells GitHub where the web process listens."""
        self.web = web
        self.hub.deliver_to(f"{web.url}/github/webhooks")

    def comment(self, text: str = FIX, on: int | None = None) -> int:
        """Alice comments (on a new issue, if none is named); the issue's number."""
        number = on or self.hub.open_issue(REPO, "add() is wrong", "It subtracts.", "alice").number
        self.hub.comment(REPO, number, text, "alice")
        return number

    def redeliver(self, number: int) -> None:
        """Somebody presses "Redeliver" on the first comment of an issue."""
        guid = next(one.guid for one in self.hub.deliveries if one.event == "issue_comment" and _about(one) == number)
        self.hub.redeliver(guid)

    def redeliver_what_failed(self) -> None:
        """Somebody presses "Redeliver" on all that the bot never acknowledged, until it has."""
        self.until(lambda: self.hub.settle(0), "deliveries that are attempted")
        self.until(self.web.healthy, "a web process that answers")
        kept = {one.guid for one in self.hub.deliveries if one.ok}
        for guid in dict.fromkeys(one.guid for one in self.hub.deliveries if one.guid not in kept):
            self.hub.redeliver(guid)
        self.until(lambda: self.hub.settle(0), "redeliveries that are attempted")

    # What accidents do

    def pid(self, name: str) -> int:
        """The process of a service (`broker`, `web`, `control`, `runs`, `beat`), once there is one."""
        return self.until(lambda: noted(record_of(self.settings.data_dir, name)), f"a process of {name}").pid

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Sends a process `kill -9`, or another signal; its pid."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def pause(self, pid: int) -> None:
        """Lets a process stand still, but not in the middle of a transaction: SQLite would stand with it."""
        os.kill(pid, signal.SIGSTOP)
        while not self._writable():
            self.resume(pid)
            time.sleep(LOOK_SECONDS)
            os.kill(pid, signal.SIGSTOP)

    def resume(self, pid: int) -> None:
        """Lets it go on."""
        os.kill(pid, signal.SIGCONT)

    # What comes of it

    def until(self, true: Callable[[], Found | None], what: str, seconds: float = PATIENCE) -> Found:
        """Waits until something is there, and gives it; fails with what the processes said last."""
        deadline = time.monotonic() + seconds
        while not (found := true()):
            assert time.monotonic() < deadline, f"not in {seconds:g} s: {what}\n{self._last_words()}"
            time.sleep(LOOK_SECONDS)
        return found

    def run(self, number: int) -> Any:
        """The newest run of an issue, as SQL has it; None where there is none yet."""
        found = self.runs(number)
        return found[-1] if found else None

    def runs(self, *numbers: int) -> list[Any]:
        """The runs of these issues, the oldest first."""
        wanted = select(runs.runs).join(tasks.tasks).where(tasks.tasks.c.number.in_(numbers))
        return self._rows(wanted.order_by(runs.runs.c.created_at))

    def states(self, *numbers: int) -> set[str]:
        """Where the runs of these issues stand."""
        return {run.state for run in self.runs(*numbers)}

    def waited(self, *numbers: int) -> float:
        """Seconds that the one of these runs that nobody claimed has waited."""
        with self.database.read() as connection:
            at = now(connection)
        return max(at - float(run.next_at) for run in self.runs(*numbers) if run.next_at is not None)

    def tasks(self, *numbers: int) -> list[Any]:
        """The tasks of these issues."""
        return self._rows(select(tasks.tasks).where(tasks.tasks.c.number.in_(numbers)))

    def await_run(self, number: int, *states: str, fence: int = 1) -> Any:
        """Waits until the issue's run is in one of these states, at this attempt or a later one; its row."""

        def there() -> Any:
            run = self.run(number)
            return run if run and run.state in states and run.fence >= fence else None

        return self.until(there, f"a run of #{number} that is {' or '.join(states)}, at attempt {fence}")

    def await_pull_request(self, number: int) -> Pull:
        """Waits for the end of the issue's run and of all that follows from it; the one pull request."""
        run = self.await_run(number, *ENDS)
        assert run.state == "done", f"{run.state} ({run.reason}): {run.detail}"
        self.await_silence()
        (pull,) = self.pull_requests(number)
        return pull

    def await_silence(self) -> None:
        """Waits until nothing more is to follow on GitHub."""
        now_owed = (
            outbox.outbox.c.next_at.is_not(None),
            outbox.outbox.c.kind.not_like("%doubles"),
        )  # looked for a minute later
        owed = select(func.count()).select_from(outbox.outbox).where(*now_owed)
        self.until(lambda: self._rows(owed)[0][0] == 0, "everybody was told")

    def pull_requests(self, *numbers: int) -> list[Pull]:
        """The pull requests of these issues."""
        ours = tuple(f"async-code/{number}-" for number in numbers)
        return [pull for pull in self.hub.pulls(REPO) if pull.head.startswith(ours)]

    def branches(self, *numbers: int) -> list[str]:
        """The branches of these issues."""
        return [name for name in self.hub.branches(REPO) if name.startswith(tuple(f"async-code/{n}-" for n in numbers))]

    def status_comments(self, *numbers: int) -> list[str]:
        """What the bot wrote below these issues."""
        written = (comment for number in numbers for comment in self.hub.comments(REPO, number))
        return [comment.body for comment in written if comment.via_app == self.hub.app_id]

    def counts(self, *numbers: int) -> dict[str, int]:
        """How many of each thing there are for these issues."""
        return {
            "tasks": len(self.tasks(*numbers)),
            "runs": len(self.runs(*numbers)),
            "branches": len(self.branches(*numbers)),
            "pull requests": len(self.pull_requests(*numbers)),
            "status comments": len(self.status_comments(*numbers)),
            "check runs": len([one for one in self.hub.check_runs(REPO) if one.external_id in self._ids(numbers)]),
        }

    def wake_ups(self, name: str) -> int:
        """How many of a name reached the workers, by their logs."""
        lines = (line for log in self._logs() for line in log.read_text(errors="replace").splitlines())
        return len([line for line in lines if "wake_up.began" in line and f"wake_up={name}" in line])

    def _ids(self, numbers: Sequence[int]) -> set[str]:
        return {run.id for run in self.runs(*numbers)}

    def _rows(self, statement: Any) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(statement))

    def _writable(self) -> bool:
        # A short patience of its own: the transaction of a process that stands still would never end.
        url = self.database.url.update_query_dict({"timeout": "1"}) if self.database.is_sqlite else self.database.url
        other = Database(url.render_as_string(hide_password=False))
        try:
            with other.write():
                return True
        except DatabaseError:
            return False
        finally:
            other.close()

    def _last_words(self) -> str:
        return "\n".join(f"--- {log.name}\n{tail(log, 12)}" for log in self._logs())

    def _logs(self) -> list[Path]:
        return sorted((self.settings.data_dir / "logs").glob("*.log"))


@contextmanager
def github(directory: Path) -> Iterator[LocalGitHub]:
    """The local GitHub with its people and its repository."""
    with LocalGitHub(directory / "github") as hub:
        hub.add_organisation("octo")
        hub.add_user("alice")
        hub.add_repository("octo", "app", FILES)
        hub.set_role(REPO, "alice", "write")
        yield hub


def environment(hub: LocalGitHub, directory: Path, given: Mapping[str, str]) -> dict[str, str]:
    """What an operator would write into `.env`, and what the test wants besides."""
    return {
        "DATA_DIR": str(directory / "bot"),
        "HOST": ANYWHERE.host,
        "PORT": str(ANYWHERE.port),
        "GITHUB_BASE_URL": hub.url,
        "GITHUB_WRITE_PAUSE_SECONDS": "0",
        "GITHUB_WRITES_PER_MINUTE": "100000",
        "GITHUB_WRITES_PER_HOUR": "100000",
        "GITHUB_APP_ID": str(hub.app_id),
        "GITHUB_APP_PRIVATE_KEY": hub.private_key_pem,
        "GITHUB_WEBHOOK_SECRET": hub.webhook_secret,
        "ALLOWED_ACCOUNTS": "octo",
        "DEFAULT_AGENT": "patch",
        **given,
    }


@contextmanager
def empty_stage(directory: Path, given: Mapping[str, str]) -> Iterator[Stage]:
    """A stage without processes, with these settings besides those that it needs."""
    with github(directory) as hub:
        variables = environment(hub, directory, given)
        settings = load(**{name.lower(): value for name, value in variables.items()})
        database = Database(settings.database)
        try:
            yield Stage(hub, variables, settings, database)
        finally:
            database.close()


@contextmanager
def set_stage(
    directory: Path, given: Mapping[str, str] | None = None, services: Services = bot_services
) -> Iterator[Stage]:
    """A stage with the stack up and installed."""
    with (
        empty_stage(directory, given or {}) as stage,
        Stack(stage.variables, services=services) as stack,
    ):
        stack.await_ready(PATIENCE)
        stage.deliver_to(stack.address)
        stage.hub.install("octo")
        try:
            yield stage
        finally:
            stack.hurry()  # an orderly end takes seconds; the tests of `up` wait for one


def _about(delivery: Any) -> int:
    return int(delivery.payload["issue"]["number"])
