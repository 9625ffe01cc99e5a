"""A stack in a terminal: until Ctrl-C, then a polite stop, and an impolite one after a second Ctrl-C."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from queue import Empty, SimpleQueue
from types import FrameType

from bot.embedded.keeper import State
from bot.embedded.stack import Stack
from config.settings import Settings

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_START = 60.0
TOLD = {State.READY, State.DIED, State.STOPPED}


def up(settings: Settings, say: Callable[[str], None], *, logs: bool, drain_seconds: float | None) -> None:
    """Runs the whole stack until it is interrupted, and says how it stands. `logs`: and what its processes say.

    `drain_seconds` None lets runs at work take all the time that a run may have.
    """

    def told(name: str, state: State) -> None:
        if state in TOLD:
            say(f"{name} {state}")

    patience = settings.run_minutes * 60 if drain_seconds is None else drain_seconds
    stack = Stack(on_event=told, drain_seconds=patience)
    with until_interrupted(stack, say), stack.echo(say) if logs else nullcontext():
        stack.await_ready(SECONDS_TO_START)
        say(welcome(stack.settings, stack.address.url))
        wait()


def welcome(settings: Settings, url: str) -> str:
    """What to know of a stack that is up."""
    return (
        "async-code is up; Ctrl-C stops it.\n"
        f"  pages     {url}\n"
        f"  webhooks  {settings.public_url}/github/webhooks\n"
        f"  logs      {settings.data_dir.absolute() / 'logs'}"
    )


@contextmanager
def until_interrupted(stack: Stack, say: Callable[[str], None]) -> Iterator[None]:
    """Starts the stack and stops it at the end; Ctrl-C or SIGTERM in the body is such an end, and no error.

    Only for the main thread.
    """
    before = {ending: signal.getsignal(ending) for ending in ENDINGS}
    # `nohup` and shells' background jobs ignore some of them, and mean it.
    heard = [ending for ending, handler in before.items() if handler != signal.SIG_IGN]
    _hear(heard, _interrupt)
    try:
        try:
            stack.start()
            yield
        except KeyboardInterrupt:
            say("Stopping. Runs at work may finish; Ctrl-C again stops at once, and they are done again later.")
        finally:
            _stop(stack, heard)
    finally:
        for ending in heard:
            signal.signal(ending, before[ending])


def wait() -> None:
    """Does nothing until the process is interrupted."""
    threading.Event().wait()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _hear(endings: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], None]) -> None:
    for ending in endings:
        signal.signal(ending, handler)


def _stop(stack: Stack, heard: Iterable[signal.Signals]) -> None:
    """Stops in a thread, so that this one can hear a second Ctrl-C without interrupting the stop half-way."""
    again: SimpleQueue[int] = SimpleQueue()
    _hear(heard, lambda number, _: again.put(number))
    stopping = threading.Thread(target=stack.stop, name="stop")
    stopping.start()
    while stopping.is_alive():
        try:
            again.get(timeout=SECONDS_BETWEEN_LOOKS)
        except Empty:
            continue
        stack.hurry()
    stopping.join()
