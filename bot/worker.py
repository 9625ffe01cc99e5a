"""A worker process, put together: which function each wake-up means, and the timer loop that needs no wake-up.

Both pools are threads of one process (docs/decisions/0001): work here waits for GitHub, git and agents. A slot of the
runs pool is one semaphore, so a run that the timer loop took fills it like one that Celery brought.
"""

import os
import secrets
import signal
import socket
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

import structlog
from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import worker_shutting_down

from bot.canary import NAME as CANARY
from bot.canary import Canary, hear
from bot.upkeep import Upkeep
from config import errors, logging
from config.broker import broker_urls
from config.database import Database, DatabaseError, require_schema
from config.identity import require_github
from config.logging import log_task_lifecycle
from config.secrets import envelope
from config.settings import Settings, load
from handlers import answers, inbox
from handlers.deciding import decide_delivery
from runners import claiming, outbox, runs, sandboxes
from runners.context import Context
from runners.doing import attempt_next
from runners.doubles import remove_doubles
from runners.duties import Effect, serve_duty
from runners.github import Api
from runners.lease import Lease
from runners.pace import Pace
from runners.picking import open_picked
from runners.queue import Sender, celery_app
from runners.queues import DELIVERY, POOLS
from runners.quiet import tell_quiet
from runners.releasing import let_ci_run
from runners.reviewing import post_review
from runners.telling import tell_check, tell_status
from runners.tokens import TokenCache
from runners.workspace import sweep, workspaces

EFFECTS: dict[str, Effect] = {
    "reaction": answers.react,
    "reply": answers.reply,
    "reply_doubles": answers.remove_doubles,
    "status": tell_status,
    "check": tell_check,
    "review": post_review,
    "release": let_ci_run,
    "pick": open_picked,
    "quiet": tell_quiet,
    "doubles": remove_doubles,
}
TICK_SECONDS = 1.0
SWEEP_TICKS = 60  # between two looks for workspaces of killed workers

log = structlog.get_logger()


def main(pool: str) -> None:
    """Runs one worker of the pool until it is told to stop. Raises SettingsError."""
    settings = load()
    require_github(settings)
    logging.set_up(settings, pool)
    errors.set_up(settings, pool)
    app = celery_app(settings)
    sender = Sender(app)
    context = compose(settings, sender)
    require_schema(context.database)
    worker = Worker(context, pool, Canary(POOLS[pool], settings.canary_seconds, sender.reached_since))
    worker.bind(app)
    worker.start_timer()
    # To a root user it recommends options that we don't have; what it fears are messages that run code, and ours can't.
    warnings.simplefilter("ignore", SecurityWarning)
    app.worker_main(_argv(pool, worker.slots))
    worker.stop()
    sender.close()
    if worker.is_deaf:
        raise SystemExit("No wake-up came for a while although the broker takes them: this worker is to start anew.")


def compose(settings: Settings, sender: Sender) -> Context:
    """What deciding and doing need."""
    tokens = TokenCache(broker_urls(settings).redis, settings.host_name, envelope(settings))
    database = Database(settings.database, sender.send)
    return Context(settings, database, Api(settings, tokens, Pace(database, settings)))


class Worker:
    """One process of one pool: its slots, what it is doing, and its timer loop."""

    def __init__(self, context: Context, pool: str, canary: Canary | None = None) -> None:
        self.context, self.pool, self._canary, self.is_deaf = context, pool, canary, False
        settings = context.settings
        self.slots = settings.run_slots if pool == "runs" else settings.control_slots
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._free = threading.BoundedSemaphore(self.slots)
        self._running: set[Lease] = set()
        self._at_hand: set[int] = set()  # threads that do what a wake-up brought
        self._taken: set[str] = set()  # what the timer loop took and has not done yet
        self._upkeep = Upkeep(context, self.holder)
        self._sweeps = cycle([True, *[False] * SWEEP_TICKS])
        self._ended, self._drained = threading.Event(), threading.Event()
        self._threads = ThreadPoolExecutor(self.slots, thread_name_prefix="timer")
        self._timer = threading.Thread(target=self._tick_for_ever, name="timer", daemon=True)

    def bind(self, app: Celery) -> None:
        """Binds the names of this pool's wake-ups."""
        names: dict[str, Callable[[str], None]] = {"run": self.run}
        if self.pool == "control":
            names = {DELIVERY: self.decide, "duty": self.serve, "sweep": lambda _by: self.tick()}
        names[CANARY] = self._hear
        for name, function in names.items():
            app.task(_shell(name, self.heard(function)), name=name)
        worker_shutting_down.connect(self._on_stop, weak=False)

    def heard(self, function: Callable[[str], None]) -> Callable[[str], None]:
        """The function, and a worker that knows that it heard something, and how many hands are at work."""

        def work(subject: str) -> None:
            self._at_hand.add(threading.get_ident())
            if self._canary:
                self._canary.busy()
            try:
                function(subject)
            finally:
                self._at_hand.discard(threading.get_ident())

        return work

    def start_timer(self) -> None:
        """Starts the loop that finds work in SQL."""
        self._timer.start()

    def stop(self) -> None:
        """Ends the loop, and waits for what it began."""
        self._ended.set()
        if self._timer.ident:
            self._timer.join()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._drained.set()
        self.context.close()

    def decide(self, guid: str) -> None:
        """A delivery waits to be decided."""
        decide_delivery(self.context, guid)

    def serve(self, duty: str) -> None:
        """Something must follow on GitHub."""
        kind, _, subject = duty.partition(" ")
        serve_duty(self.context, EFFECTS, kind, subject)

    def run(self, _run_id: str) -> None:
        """Some run waits for a worker: those whose turn it is are done, until none waits or this worker ends."""
        # Asked here too: what the timer loop took may have waited behind a run that was just given back.
        if self._ended.is_set() or not self._free.acquire(blocking=False):
            return
        try:
            while attempt_next(self.context, POOLS["runs"], self.holder, self._running) and not self._ended.is_set():
                continue
        finally:
            self._free.release()

    def tick(self) -> None:
        """Takes what nobody took; one process at a time also looks after what is nobody's."""
        if self._canary:
            self._listen(self._canary)
        for work, subject in self.unclaimed(self.context.settings.unclaimed_seconds):
            self._submit(work, subject)
        if self.pool == "control":
            for name, upkeep in self._upkeep.due().items():
                self._submit(upkeep, name)
        elif next(self._sweeps):
            sandboxes.sweep(self.context.settings, self._at_work, workspaces(self.context.settings))
            sweep(self.context.settings, self._at_work)

    def _submit(self, work: Callable[[str], None], subject: str) -> None:
        if subject not in self._taken:
            self._taken.add(subject)
            self._threads.submit(self._do, work, subject)

    def _at_work(self) -> set[str]:
        with self.context.database.read() as connection:
            return runs.attempts_at_work(connection)

    def _hear(self, queue: str) -> None:
        with self.context.database.write() as connection:
            hear(connection, queue)

    def _listen(self, canary: Canary) -> None:
        """Sends canaries, and ends this worker if it can't hear them."""
        if max(len(self._running), len(self._at_hand)) >= self.slots:
            canary.busy()
        with self.context.database.write() as connection:
            canary.send(connection)
            deaf = canary.is_deaf(connection)
        if deaf and not self.is_deaf:
            self.is_deaf = True
            log.error("worker.deaf", holder=self.holder)
            os.kill(os.getpid(), signal.SIGTERM)

    def unclaimed(self, unclaimed_for: float) -> list[tuple[Callable[[str], None], str]]:
        """What waits in SQL and nobody took for so many seconds: functions, and what each is to do."""
        with self.context.database.read() as connection:
            if self.pool == "runs":
                queues = POOLS["runs"]
                found = claiming.unclaimed(connection, queues, unclaimed_for=unclaimed_for, most=self.slots)
                return [(self.run, run_id) for run_id in found]
            late = inbox.unclaimed(connection, unclaimed_for=unclaimed_for, most=self.slots * 4)
            owed = outbox.due(connection, unclaimed_for=unclaimed_for, most=self.slots * 4)
        return [(self.decide, guid) for guid in late] + [(self.serve, f"{kind} {subject}") for kind, subject in owed]

    def _do(self, work: Callable[[str], None], subject: str) -> None:
        """In the timer loop's threads nobody sees an exception unless it is told here."""
        try:
            work(subject)
        except Exception as error:
            log.exception("timer.work_failed", subject=subject)
            errors.report(error)
        finally:
            self._taken.discard(subject)

    def _tick_for_ever(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            try:
                self.tick()
            except DatabaseError as error:
                log.warning("timer.database_unreachable", error=type(error).__name__)
            except Exception as error:
                log.exception("timer.failed")
                errors.report(error)

    def _on_stop(self, **_signal: Any) -> None:
        """Told to stop: nothing new is taken; what runs may finish for a while, then goes back to the queue."""
        self._ended.set()
        seconds = self.context.settings.drain_seconds
        if seconds is not None:
            threading.Thread(target=self._drain, args=(seconds,), name="drain", daemon=True).start()

    def _drain(self, seconds: float) -> None:
        """Gives back what runs then, and what was being claimed in the moment of the stop."""
        while not self._drained.wait(seconds):
            for lease in list(self._running):
                lease.drain()
            seconds = TICK_SECONDS


def _shell(name: str, function: Callable[[str], None]) -> Callable[..., None]:
    def wake_up(*subjects: str) -> None:
        for subject in subjects:
            with log_task_lifecycle(name, subject=subject):
                function(subject)

    return wake_up


def _argv(pool: str, slots: int) -> list[str]:
    """Celery's command line for the pool."""
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
    return [
        "--quiet",
        "worker",
        "--pool=threads",
        f"--concurrency={slots}",
        "-Q",
        ",".join(POOLS[pool]),
        "-n",
        f"{pool}@%h",
        *quiet,
    ]
