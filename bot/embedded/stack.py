"""The embedded stack: a data directory of our own, the broker, and the processes of the bot."""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from bot.embedded import StackError
from bot.embedded.address import Address
from bot.embedded.broker import NAME, Broker
from bot.embedded.keeper import Service, State, Tell
from bot.embedded.lock import sole_user_of
from bot.embedded.logs import Echo
from bot.embedded.supervisor import Supervisor
from config.settings import Settings, load

SECONDS_TO_GIVE_BACK = 15.0
SECONDS_TO_LOAD = 60.0  # the broker's append-only file, when it is large

Environment = Mapping[str, str]


def silent(_name: str, _state: State) -> None:
    """The listener of a stack that nobody watches."""


def bot_services(settings: Settings, environment: Environment, drain_seconds: float) -> list[Service]:
    """The bot's own processes, in the order of starting. Beat is the first to stop, the web process the last."""
    web = Address(settings.host, settings.port)

    def ours(name: str, *words: str, ready: Callable[[], bool] | None = None, stop_seconds: float = 10.0) -> Service:
        return Service(name, (sys.executable, "-m", "bot", *words), environment, ready, stop_seconds)

    # Without a model to reach there is nothing to let out.
    gateway = [ours("gateway", "gateway")] if settings.offers_models else []
    return [
        ours("web", "web", ready=web.healthy),
        *gateway,
        ours("control", "worker", "control"),
        ours("runs", "worker", "runs", stop_seconds=drain_seconds),
        ours("beat", "beat"),
    ]


def seconds_to_drain(settings: Settings) -> float:
    """How long a runs worker that was told to stop may take: to finish its runs, or to give them back in time."""
    allowed = settings.run_minutes * 60 if settings.drain_seconds is None else settings.drain_seconds
    return allowed + SECONDS_TO_GIVE_BACK


def migrate(settings: Settings) -> None:
    """Brings the database to the newest schema, before any process reads it."""
    # SQLAlchemy and Alembic: only for those who really start a stack.
    from config.database import Database
    from config.schema import migrate as bring_up_to_date

    database = Database(settings.database)
    try:
        bring_up_to_date(database)
    finally:
        database.close()


class Stack:
    """Everything that `./async-code up` runs. As a context manager: entered, all is started; left, nothing is there."""

    def __init__(
        self,
        environment: Environment | None = None,
        *,
        on_event: Tell = silent,
        drain_seconds: float | None = None,
        services: Callable[[Settings, Environment, float], Sequence[Service]] = bot_services,
        prepare: Callable[[Settings], None] = migrate,
    ) -> None:
        """`environment` is laid over this process's own, `drain_seconds` over what it says of the runs worker's end.

        Raises SettingsError where the settings contradict each other.
        """
        given = environment or {}
        self.settings = load(**{name.lower(): value for name, value in given.items()})
        self._given = {**os.environ, **given}
        self._drain_seconds = seconds_to_drain(self.settings) if drain_seconds is None else drain_seconds
        self._services, self._prepare = services, prepare
        self._supervisor = Supervisor(self.settings.data_dir, on_event)
        self._held = ExitStack()

    @property
    def address(self) -> Address:
        """Where the web process listens."""
        return Address(self.settings.host, self.settings.port)

    def start(self) -> None:
        """Starts all of it, and returns before it is ready. After an error, `stop` ends what was started.

        Raises StackError if the data directory, the port or the broker can't be had.
        """
        self._held.enter_context(sole_user_of(self.settings.data_dir.absolute()))
        broker = Broker(self.settings)
        broker.end_stale()
        self._supervisor.end_left_over()
        self.settings = self.settings.model_copy(update={"port": self.address.settled().port})
        self._held.callback(self._supervisor.stop)
        self._start_services(broker)

    def stop(self) -> None:
        """Stops all of it in the reverse order. Safe to repeat."""
        self._held.close()

    def hurry(self) -> None:
        """Makes a stop that is under way in another thread kill what it waits for."""
        self._supervisor.hurry()

    def await_ready(self, seconds: float) -> None:
        """Waits until all is ready. Raises StackError, with the words of the process that is not, after this time."""
        self._supervisor.await_ready(seconds)

    def pid(self, name: str) -> int | None:
        """The process of a service (`broker`, `web`, `control`, `runs`, `beat`); None while it is between two lives."""
        return self._supervisor.pid(name)

    def kill(self, name: str) -> None:
        """`kill -9` of one process, as an accident would. Raises StackError if it has none at the moment."""
        pid = self.pid(name)
        if pid is None:
            raise StackError(f"{name} has no process now")
        os.kill(pid, signal.SIGKILL)

    def echo(self, say: Callable[[str], None]) -> Echo:
        """Repeats what was said since the start, and what is said while the echo is open."""
        return self._supervisor.echo(say)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_services(self, broker: Broker) -> None:
        environment = {
            **self._given,
            "DATA_DIR": str(self.settings.data_dir.absolute()),
            "PORT": str(self.settings.port),
        }
        if self.settings.redis_url is None:
            broker.prepare()
            self._supervisor.start([Service(NAME, broker.argv(), environment, broker.ready)])
        self._prepare(self.settings)
        # A worker that finds no broker waits two seconds before it looks again.
        self._supervisor.await_ready(SECONDS_TO_LOAD)
        self._supervisor.start(self._services(self.settings, environment, self._drain_seconds))
