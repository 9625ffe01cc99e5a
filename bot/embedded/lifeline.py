"""A pipe that tells children of the supervisor's death, even by `kill -9`: the only write end closes with it."""

import atexit
import os
import signal
import threading

ENVIRONMENT_NAME = "ASYNC_CODE_LIFELINE"
SECONDS_TO_END = 10.0


class Lifeline:
    """The supervisor's side. Both ends close on exec; a child is given the read end alone, by `pass_fds`."""

    def __init__(self) -> None:
        self.read_end, self._write_end = os.pipe()

    def environment(self) -> dict[str, str]:
        """What a child needs in its environment to find its end."""
        return {ENVIRONMENT_NAME: str(self.read_end)}

    def let_go(self) -> None:
        """Closes both ends: a child that is still there begins to end itself."""
        os.close(self._write_end)
        os.close(self.read_end)


def watch(read_end: int, seconds_to_end: float = SECONDS_TO_END) -> None:
    """The child's side: once the supervisor is gone, asks this process to end, and ends it after this time.

    All that it started goes with it, as nobody else is left to see to that.
    """
    os.set_inheritable(read_end, False)
    alone = threading.Event()
    # What is registered first runs last, after everybody else's farewells.
    atexit.register(_take_the_group_along, alone, os.getpid())
    threading.Thread(target=_follow, args=(read_end, alone, seconds_to_end), name="lifeline", daemon=True).start()


def _follow(read_end: int, alone: threading.Event, seconds_to_end: float) -> None:
    while os.read(read_end, 1):
        continue
    alone.set()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(seconds_to_end)
    _take_the_group_along(alone, os.getpid())
    os.kill(os.getpid(), signal.SIGKILL)


def _take_the_group_along(alone: threading.Event, leader: int) -> None:
    if alone.is_set() and os.getpid() == leader == os.getpgrp():
        os.killpg(leader, signal.SIGKILL)
