"""What the demo plays on: a local GitHub with a small repository, and the embedded stack as `up` runs it."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.demo.cast import Cast, model_of
from bot.embedded.address import Address
from bot.embedded.keeper import Service, State
from bot.embedded.stack import Environment, Stack, bot_services, migrate
from bot.local_github import LocalGitHub
from bot.local_github.sample import Sample, plant
from config.database import Database
from config.settings import Settings, load
from runners.sandboxes import choose, sandboxes

COMMAND = "/async-code implement make the failing test pass"


@dataclass(frozen=True)
class Stage:
    """The local GitHub with its sample, and the stack that is installed on it."""

    hub: LocalGitHub
    sample: Sample
    stack: Stack
    database: Database

    @property
    def bot_url(self) -> str:
        """Where the bot's pages are."""
        return self.stack.address.url

    @property
    def logs(self) -> Path:
        """Where its processes log."""
        return self.stack.settings.data_dir / "logs"

    def open_for_business(self) -> None:
        """GitHub delivers to the bot, and somebody with a repository installs the App."""
        self.hub.deliver_to(f"{self.bot_url}/github/webhooks")
        plant(self.hub)

    def ask(self) -> int:
        """Somebody reports the bug and asks for a fix; the issue's number."""
        sample = self.sample
        number = self.hub.open_issue(sample.repository, sample.issue_title, sample.issue_body, sample.stranger).number
        self.hub.comment(sample.repository, number, COMMAND, sample.maintainer)
        return number

    def issue_url(self, number: int) -> str:
        """The issue's page."""
        return f"{self.hub.url}/{self.sample.repository}/issues/{number}"

    def pull_url(self, number: int) -> str:
        """A pull request's page."""
        return f"{self.hub.url}/{self.sample.repository}/pull/{number}"


@contextmanager
def set_stage(port: int | None, cast: Cast, on_event: Callable[[str, State], None]) -> Iterator[Stage]:
    """A fresh local GitHub, and a stack that is not started yet but told all it needs."""
    directory = load().data_dir.absolute() / "demo"
    with (
        tempfile.TemporaryDirectory(prefix="async-code-github-") as repositories,
        LocalGitHub(Path(repositories)) as hub,
        model_of(cast) as model,
    ):
        environment = _environment(hub, directory, port) | cast.environment | model
        stack = Stack(environment, on_event=on_event, services=_impatient, prepare=_fresh)
        database = Database(stack.settings.database)
        try:
            yield Stage(hub, Sample(), stack, database)
        finally:
            database.close()


def _impatient(settings: Settings, environment: Environment, drain_seconds: float) -> list[Service]:
    """The bot's processes, ended at once: nobody misses what a demo leaves undone, and the person wants the prompt."""
    return [replace(service, stop_seconds=0) for service in bot_services(settings, environment, drain_seconds)]


def _fresh(settings: Settings) -> None:
    """An empty database: the local GitHub begins anew, and would give out ids that the last demo's database knows."""
    for old in (*settings.data_dir.glob("async-code.sqlite3*"), settings.data_dir / "mirrors"):
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    migrate(settings)


def _environment(hub: LocalGitHub, directory: Path, port: int | None) -> dict[str, str]:
    """The settings that a real GitHub's owner would write into `.env`."""
    isolates = choose("auto", sandboxes(load())).isolates
    web = Address("127.0.0.1", port or 0).settled()
    return {
        "DATA_DIR": str(directory / "bot"),
        "HOST": web.host,
        "PORT": str(web.port),
        "PUBLIC_URL": web.url,
        "GITHUB_BASE_URL": hub.url,
        "GITHUB_WRITE_PAUSE_SECONDS": "0",  # this GitHub is nobody else's
        "GITHUB_APP_ID": str(hub.app_id),
        "GITHUB_APP_PRIVATE_KEY": hub.private_key_pem,
        "GITHUB_WEBHOOK_SECRET": hub.webhook_secret,
        "ALLOWED_ACCOUNTS": "*",
        "DEFAULT_AGENT": "mend",
        "SANDBOX": "auto" if isolates else "none",
        "RUNS_PER_HOUR": "200",
        "RUNS_PER_ISSUE": "200",
        "RUNS_PER_DAY": "1000",
    }
