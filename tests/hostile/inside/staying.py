"""Staying when the agent has ended: whoever is still there could wait for the next run. All of them sleep."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from .facts import Facts, Table

CHILDREN = 30


def sleeper(facts: Facts) -> list[str]:
    """A process that the host can find."""
    return [sys.executable, "-c", "import time; time.sleep(600)", facts["token"]]


def left_by(work: Callable[[], object]) -> None:
    """Work in a child that nobody waits for."""
    if not os.fork():
        work()
        os._exit(0)


def daemon(facts: Facts) -> None:
    """Forked twice, in a session of its own, without streams."""

    def second() -> None:
        os.setsid()
        left_by(lambda: os.execv(sys.executable, sleeper(facts)))

    left_by(second)


def child_of_nohup(facts: Facts) -> None:
    """It hears of no hang-up."""
    subprocess.Popen(
        ["nohup", *sleeper(facts)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def child_that_hears_nothing(facts: Facts) -> None:
    """It ignores every signal that may be ignored."""

    def deaf() -> None:
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGALRM}:
            signal.signal(number, signal.SIG_IGN)
        os.execv(sys.executable, sleeper(facts))

    left_by(deaf)


def child_that_stands_still(facts: Facts) -> None:
    """A stopped process takes no signal but one."""
    os.kill(subprocess.Popen(sleeper(facts)).pid, signal.SIGSTOP)


def child_that_holds_the_output(facts: Facts) -> None:
    """Whoever reads to the end of the output reads for ever."""
    subprocess.Popen(sleeper(facts), start_new_session=True)


def many_children(facts: Facts) -> None:
    """Some are born while others are ended."""
    for _ in range(CHILDREN):
        left_by(lambda: os.execv(sys.executable, sleeper(facts)))


ACTIONS: Table = {
    "all processes of a sandbox end with its first": (
        daemon,
        child_of_nohup,
        child_that_hears_nothing,
        child_that_stands_still,
        child_that_holds_the_output,
        many_children,
    ),
}
