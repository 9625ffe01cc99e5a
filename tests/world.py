"""The language of the front-door tests: people comment on a local GitHub, workers work when told to, people look.

Everything between is the product's own: HTTP, signatures, SQL, git, a sandbox. Only Celery is left out: `work()`
takes what SQL says is waiting, as the timer loop does.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.local_github import LocalGitHub
from bot.local_github.records import CheckRun, Comment, Pull, Review, ReviewComment
from bot.worker import Worker
from config.database import Database
from config.secrets import envelope
from config.settings import Settings, load
from handlers import sweeping
from runners import runs, tasks
from runners.context import Context
from runners.github import Api
from runners.pace import Pace
from runners.tokens import TokenCache

REPO = "octo/app"
BUGGY = "def add(a, b):\n    return a - b\n"
TESTS = """import unittest

from app import add


class Adding(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(2, 3), 5)
"""
FILES = {"app.py": BUGGY, "test_app.py": TESTS, "README.md": "# app\n"}
FIX = """/async-code apply
```diff
--- a/app.py
+++ b/app.py
@@ -1,2 +1,2 @@
 def add(a, b):
-    return a - b
+    return a + b
```
"""


@dataclass
class World:
    """One local GitHub, one bot, and `octo/app`: alice may write there, tom triage, mallory read; bob is nobody."""

    hub: LocalGitHub
    settings: Settings
    context: Context
    control: Worker
    doing: Worker
    url: str  # of the bot's web process
    closing: list[Callable[[], None]] = field(default_factory=list)

    @property
    def database(self) -> Database:
        """Where the truth is."""
        return self.context.database

    def issue(
        self, title: str = "add() is wrong", body: str = "It subtracts.", by: str = "alice", repo: str = REPO
    ) -> int:
        """A person opens an issue; its number."""
        number = self.hub.open_issue(repo, title, body, by).number
        self.delivered()
        return number

    def comment(self, text: str, on: int | None = None, by: str = "alice", repo: str = REPO) -> int:
        """A person comments (on a new issue, if none is named); the issue's number."""
        number = on if on is not None else self.issue(repo=repo)
        self.hub.comment(repo, number, text, by)
        self.delivered()
        return number

    def pull(self, by: str = "alice") -> int:
        """A person opens a pull request of a branch of their own; its number."""
        self.hub.commit(REPO, "feature", {"NEWS.md": "soon\n"}, by)
        number = self.hub.open_pull(REPO, "A feature", "feature", "main", None, by).number
        self.delivered()
        return number

    def review_comment(self, number: int, path: str, line: int, text: str, by: str = "alice") -> int:
        """A person comments on a line of a pull request; the comment's id."""
        made = self.hub.comment_on_line(REPO, number, path, line, text, by).id
        self.delivered()
        return made

    def review_reply(self, comment: int, text: str, by: str = "alice") -> int:
        """A person answers in the thread that a comment began; the answer's id."""
        made = self.hub.reply_on_line(REPO, comment, text, by).id
        self.delivered()
        return made

    def review(self, number: int, text: str, by: str = "alice") -> int:
        """A person reviews a pull request as a whole; the review's id."""
        made = self.hub.review(REPO, number, text, by).id
        self.delivered()
        return made

    def delivered(self) -> None:
        """Waits until GitHub has sent what it had to send."""
        assert self.hub.settle(20), "deliveries are still under way"

    def work(self) -> None:
        """Lets the workers do all that is waiting, and all that follows from it."""
        while self.control_step() or self.runs_step():
            self.delivered()

    def control_step(self) -> bool:
        """The control pool does what is waiting now; whether there was anything."""
        return _do(self.control)

    def runs_step(self) -> bool:
        """The runs pool does what is waiting now."""
        return _do(self.doing)

    def decide(self) -> None:
        """The control pool alone works; no run starts."""
        while self.control_step():
            self.delivered()

    def sweep(self) -> None:
        """The bot asks GitHub what it could not deliver, and for all of that again."""
        sweeping.look(self.context)
        sweeping.ask(self.context)
        self.delivered()

    def in_background(self, work: Callable[[], Any]) -> threading.Thread:
        """Does something in a thread, joined at the end of the test."""
        thread = threading.Thread(target=work)
        thread.start()
        self.closing.append(thread.join)
        return thread

    def later(self, seconds: float) -> None:
        """Lets so much time pass for the database and for tokens."""
        self.database.clock_shift += seconds
        self.hub.advance(seconds)

    def replies(self, number: int, repo: str = REPO) -> list[str]:
        """The bot's own comments on an issue, without their marks."""
        return [_unmarked(comment.body) for comment in self.bot_comments(number, repo)]

    def bot_comments(self, number: int, repo: str = REPO) -> list[Comment]:
        """The same as GitHub has them."""
        return [comment for comment in self.hub.comments(repo, number) if comment.via_app == self.hub.app_id]

    def reply(self, number: int, repo: str = REPO) -> str:
        """The bot's only comment on an issue."""
        (only,) = self.replies(number, repo)
        return only

    def say(self, number: int, text: str, by: str = "alice") -> str:
        """A person says something about it, and the workers do what follows; the bot's newest comment."""
        self.comment(text, on=number, by=by)
        self.work()
        return self.replies(number)[-1]

    def reactions(self, number: int, repo: str = REPO) -> list[str]:
        """Reactions on the comments of an issue, in order."""
        return [
            reaction.content for comment in self.hub.comments(repo, number) for reaction in self.hub.reactions(comment)
        ]

    def reviews(self, number: int) -> list[Review]:
        """Everybody's reviews of a pull request, as GitHub has them."""
        return self.hub.reviews(REPO, number)

    def review_comments(self, number: int) -> list[ReviewComment]:
        """Everybody's comments on its lines."""
        return self.hub.review_comments(REPO, number)

    @property
    def pull_requests(self) -> list[Pull]:
        """Pull requests of `octo/app`."""
        return self.hub.pulls(REPO)

    @property
    def pull_request(self) -> Pull:
        """The only one."""
        (only,) = self.pull_requests
        return only

    @property
    def checks(self) -> list[CheckRun]:
        """Check runs of `octo/app`."""
        return self.hub.check_runs(REPO)

    def branches(self) -> list[str]:
        """Branches of `octo/app` that the bot made."""
        return [name for name in self.hub.branches(REPO) if name.startswith("async-code/")]

    def run_rows(self) -> list[Any]:
        """Rows of runs, oldest first."""
        with self.database.read() as connection:
            return list(connection.execute(select(runs.runs).order_by(runs.runs.c.created_at)))

    def task_rows(self) -> list[Any]:
        """Rows of tasks, oldest first."""
        with self.database.read() as connection:
            return list(connection.execute(select(tasks.tasks).order_by(tasks.tasks.c.created_at)))

    def close(self) -> None:
        """Ends what the test began."""
        for end in reversed(self.closing):
            end()


def make_world(directory: Path, database_url: str, **settings: Any) -> World:
    """A world whose bot has this migrated database, and these settings besides those it needs."""
    hub = LocalGitHub(directory / "github")
    hub.start()
    closing: list[Callable[[], None]] = [hub.stop]
    given = {
        "data_dir": directory / "bot",
        "github_base_url": hub.url,
        "github_app_id": hub.app_id,
        "github_app_private_key": hub.private_key_pem,
        "github_webhook_secret": hub.webhook_secret,
        "allowed_accounts": "octo,alice",
        "sandbox": "none",
        "default_agent": "mend",
        "database_url": database_url,
        "lease_seconds": 30,
        "github_write_pause_seconds": 0,  # tests don't wait; those of the pace say so
        "github_writes_per_minute": 100_000,
        "github_writes_per_hour": 100_000,
    }
    made = load(_env_file=None, **given | settings)
    database = Database(made.database)
    context = Context(made, database, Api(made, _tokens(made), Pace(database, made)))
    world = World(hub, made, context, Worker(context, "control"), Worker(context, "runs"), "", closing)
    closing += [world.control.stop, world.doing.stop]
    _populate(hub)
    return world


def serve(world: World, url: str) -> None:
    """GitHub delivers to this web process from now on."""
    world.url = url
    world.hub.deliver_to(f"{url}/github/webhooks")
    world.hub.install("octo")
    world.delivered()


def _tokens(settings: Settings) -> TokenCache:
    return TokenCache("unix:///nowhere/broker.sock", settings.host_name, envelope(settings))


def _populate(hub: LocalGitHub) -> None:
    hub.add_organisation("octo")
    for login in ("alice", "tom", "bob", "mallory"):
        hub.add_user(login)
    hub.add_repository("octo", "app", FILES)
    hub.set_role(REPO, "alice", "write")
    hub.set_role(REPO, "tom", "triage")
    hub.set_role(REPO, "mallory", "read")


def _do(worker: Worker) -> bool:
    found = worker.unclaimed(0)
    for work, subject in found:
        work(subject)
    return bool(found)


def _unmarked(body: str) -> str:
    return re.sub(r"^<!-- async-code [^>]* -->\n", "", body)
