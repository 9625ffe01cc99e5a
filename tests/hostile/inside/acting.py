"""Tries actions one after the other, each in a process of its own, and says in a JSON line what each came to.

An action gives what it got; None, or an OSError, is to be refused. What is written here is asked for on standard input.
"""

import json
import os
import re
import signal
import sys
import traceback
from typing import Any

from . import gateway, kernel, looking, network, proxy, staying, writing
from .facts import Action, Facts

SECONDS = 20
TABLES = (
    looking.ACTIONS,
    writing.ACTIONS,
    kernel.ACTIONS,
    network.ACTIONS,
    proxy.ACTIONS,
    gateway.ACTIONS,
    staying.ACTIONS,
)
ACTIONS: dict[str, Action] = {
    action.__name__: action for table in TABLES for actions in table.values() for action in actions
}


def main() -> None:
    """Each action of the request."""
    given: dict[str, Any] = json.loads(sys.stdin.read())
    for name in given["actions"]:
        if not os.fork():
            signal.alarm(SECONDS)
            tell(name, **tried(ACTIONS[name], given["facts"]))
            os._exit(0)
        _, status = os.wait()
        if status:
            tell(name, broken=f"its process ended with {status}")


def tried(action: Action, facts: Facts) -> dict[str, str]:
    """What it came to."""
    try:
        got = action(facts)
    except OSError as error:
        return {"refused": f"{type(error).__name__} {error.errno}"}
    except BaseException:
        return {"broken": traceback.format_exc()}
    return {"refused": "nothing there"} if got is None else {"got": re.sub(r"\s+", " ", str(got))[:500]}


def tell(name: str, **what: str) -> None:
    """One line, whole."""
    os.write(1, f"{json.dumps({'action': name, **what})}\n".encode())
