"""A stack in a terminal: until Ctrl-C, then a polite stop, and an impolite one after a second Ctrl-C."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from queue import Empty, SimpleQueue
from types import FrameType

from bot.checkup import check_up
from bot.embedded.keeper import State
from bot.embedded.stack import Stack
from config.settings import Settings

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130  # as shells say it
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_START = 60.0
TOLD = {State.READY, State.DIED, State.STOPPED}


def up(say: Callable[[str], None], *, logs: bool) -> None:
    """Runs the whole stack until it is interrupted, and says how it stands. `logs`: and what its processes say."""

    def told(name: str, state: State) -> None:
        if state in TOLD:
            say(f"{name} {state}")

    stack = Stack(on_event=told)
    with until_interrupted(stack, say), stack.echo(say) if logs else nullcontext():
        stack.await_ready(SECONDS_TO_START)
        say(welcome(stack.settings, stack.address.url))
        for line in check_up(stack.settings):
            say(f"  {line}")
        wait()


def welcome(settings: Settings, url: str) -> str:
    """What to know of a stack that is up."""
    return (
        "async-code is up; Ctrl-C stops it.\n"
        f"  pages     {url}\n"
        f"  webhooks  {settings.public_url}/github/webhooks\n"
        f"  logs      {settings.data_dir.absolute() / 'logs'}"
    )


class Interruption:
    """A handler of signals: the first one interrupts what runs, the later ones are only counted."""

    def __init__(self) -> None:
        self.expected = True
        self.again: SimpleQueue[int] = SimpleQueue()

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if not self.expected:
            self.again.put(number)
            return
        # Before anything else is done: an impatient second one must not break the stop.
        self.expected = False
        raise KeyboardInterrupt


@contextmanager
def until_interrupted(stack: Stack, say: Callable[[str], None]) -> Iterator[None]:
    """Starts the stack and stops it at the end; Ctrl-C or SIGTERM in the body is such an end, and no error.

    Only for the main thread.
    """
    interruption = Interruption()
    before = {ending: signal.getsignal(ending) for ending in ENDINGS}
    # `nohup` and shells' background jobs ignore some of them, and mean it.
    heard = [ending for ending, handler in before.items() if handler != signal.SIG_IGN]
    for ending in heard:
        signal.signal(ending, interruption)
    try:
        try:
            stack.start()
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None
        try:
            yield
        except KeyboardInterrupt:
            say("Stopping. Runs at work may finish; Ctrl-C again stops at once, and they are done later.")
    finally:
        interruption.expected = False
        _stop(stack, interruption)
        for ending in heard:
            signal.signal(ending, before[ending])


def wait() -> None:
    """Does nothing until the process is interrupted."""
    threading.Event().wait()


def _stop(stack: Stack, interruption: Interruption) -> None:
    """Stops in a thread, so that this one can hear a second Ctrl-C without breaking the stop half-way."""
    stopping = threading.Thread(target=stack.stop, name="stop")
    stopping.start()
    while stopping.is_alive():
        try:
            interruption.again.get(timeout=SECONDS_BETWEEN_LOOKS)
        except Empty:
            continue
        stack.hurry()
