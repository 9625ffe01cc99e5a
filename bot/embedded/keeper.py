"""Keeping one process alive: start, notice its end, start again after a pause that grows, stop."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bot.embedded.processes import kill_group, note

PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0)
SECONDS_THAT_COUNT_AS_WELL = 3.0  # longer ones would punish what is killed from outside again and again
SECONDS_BETWEEN_LOOKS = 0.05


class State(StrEnum):
    """What is told about a service."""

    STARTING = "starting"
    READY = "ready"
    DIED = "died"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Service:
    """A process to keep alive. `ready` is asked until it says yes; without it, started is ready."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    stop_seconds: float = 10.0  # that it is given between SIGTERM and SIGKILL


@dataclass(frozen=True)
class Place:
    """Where a service's output and the note of its process go, and the descriptors that it inherits."""

    log: Path
    record: Path
    descriptors: Sequence[int] = ()


Tell = Callable[[str, State], None]


class Backoff:
    """Seconds to wait before the next start: none at first, then more and more; a long life is forgiven."""

    def __init__(self) -> None:
        self._short_lives = 0

    def after(self, lived: float) -> float:
        """The pause after a life of this many seconds."""
        if lived > SECONDS_THAT_COUNT_AS_WELL:
            self._short_lives = 0
        pause = PAUSES[min(self._short_lives, len(PAUSES) - 1)]
        self._short_lives += 1
        return pause


class Keeper:
    """One service's lives, followed by a thread of its own."""

    def __init__(self, service: Service, place: Place, tell: Tell) -> None:
        self.service = service
        self.place = place
        self.ready = threading.Event()
        self.deaths_before_ready = 0
        self._tell = tell
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._launching = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._backoff = Backoff()
        self._thread = threading.Thread(target=self._keep, name=f"keeper-{service.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process of the present life; None between two."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    def start(self) -> None:
        """Begins the first life, and returns at once."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Asks the process to end, waits so long, then kills it and all that it started. Safe to repeat."""
        self._ask_to_end()
        if not self._ended.wait(seconds):
            self.kill()
        self._thread.join()

    def kill(self) -> None:
        """Kills the process and all that it started; there is no next life."""
        self._stopping.set()
        if self.pid:
            kill_group(self.pid)

    def _ask_to_end(self) -> None:
        # Under the lock, so that no life begins unseen after the last one was asked to end.
        with self._launching:
            if self._process and not self._stopping.is_set():
                self._tell(self.service.name, State.STOPPING)
                # To the leader alone: what it started is in the middle of work that the leader finishes.
                self._process.terminate()
            self._stopping.set()

    def _keep(self) -> None:
        while self._launch():
            began = time.monotonic()
            self._follow()
            if not self._stopping.is_set():
                self._tell(self.service.name, State.DIED)
            self._stopping.wait(self._backoff.after(time.monotonic() - began))
        self._tell(self.service.name, State.STOPPED)
        self._ended.set()

    def _launch(self) -> bool:
        with self._launching:
            if self._stopping.is_set():
                return False
            self._tell(self.service.name, State.STARTING)
            self._process = self._spawn()
            return True

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        with self.place.log.open("ab") as log:
            try:
                process = subprocess.Popen(
                    self.service.argv,
                    env=dict(self.service.env),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=self.place.descriptors,
                )
            except OSError as error:
                log.write(f"{self.service.name} could not be started: {error}\n".encode())
                return None
        note(self.place.record, process.pid)
        return process

    def _follow(self) -> None:
        """Returns when the process has ended and nothing that it started is left."""
        process = self._process
        if process:
            code = self._until_ready(process)
            kill_group(process.pid)
            self._write_down(code)
        self.deaths_before_ready += not self.ready.is_set()
        self.ready.clear()
        self.place.record.unlink(missing_ok=True)

    def _until_ready(self, process: subprocess.Popen[bytes]) -> int:
        while self.service.ready and not self.service.ready():
            try:
                return process.wait(SECONDS_BETWEEN_LOOKS)
            except subprocess.TimeoutExpired:
                continue
        self._tell(self.service.name, State.READY)
        self.ready.set()
        return process.wait()

    def _write_down(self, code: int) -> None:
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        with self.place.log.open("a") as log:
            log.write(f"{self.service.name} ended: {how}\n")
