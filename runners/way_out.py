"""An attempt's way to its models: a credential that the gateway knows while the agent is at work, and the sockets."""

import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from config.catalogue import provider_of
from config.database import Row
from config.settings import Settings
from runners import runs
from runners.agents.adapter import PROXY_PORT, Agent, Outcome
from runners.attempt import Attempt
from runners.looking import budget_of
from runners.patience import persistently
from runners.problems import Problem
from runners.reach import reach
from runners.sandboxes.places import MODELS
from runners.sockets import connect

SECONDS_FOR_THE_GATEWAY = 10.0  # that it may take to come back
SECONDS_TO_ANSWER = 1.0
LOOK_SECONDS = 0.1
PROBE = b"HEAD / HTTP/1.0\r\n\r\n"


class GatewayAway(Exception):
    """The gateway of this host does not answer: no fault of the run's."""


@dataclass(frozen=True)
class WayOut:
    """What an errand is given. Empty where the agent needs no model."""

    credential: str = ""
    sockets: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)  # how programs are told of the proxy


def folder_of(settings: Settings) -> Path:
    """Where the gateway's sockets are. The folder is what a sandbox sees: a restarted gateway makes new sockets."""
    return settings.data_dir.absolute() / "gateway"


def require_way_out(settings: Settings, agent: Agent, *, hosts: bool = False) -> None:
    """Before anything is fetched for it: a model that can be reached, by a gateway that answers.

    `hosts`: a gateway is needed anyhow. Raises Problem, GatewayAway.
    """
    if agent.wire is None and not hosts:
        return
    if agent.wire is not None and not settings.offers(agent.wire):
        name = provider_of(agent.wire).upper()
        raise Problem("no_model_key", f"The agent `{agent.name}` needs a model: the operator sets {name}_API_KEY.")
    _await(folder_of(settings) / MODELS)


@contextmanager
def way_out(attempt: Attempt, agent: Agent, *, for_setup: bool = False) -> Iterator[WayOut]:
    """Opens the way, and closes it at the end. A setup's leads to the hosts alone: its packages are strangers' too."""
    settings = attempt.context.settings
    hosts = reach(settings, attempt.task.bounds or {})
    if not (hosts if for_setup else agent.wire):
        yield WayOut()
        return
    sockets, credential = folder_of(settings), secrets.token_urlsafe(32)
    budget_usd = 0.0 if for_setup else budget_of(attempt.task, settings)
    attempt.note(credential=runs.digest(credential), budget_usd=budget_usd, over_budget=False)
    yield WayOut(credential, sockets, proxied(credential) if hosts else {})
    nothing_spent = {"budget_usd": None, "over_budget": False} if for_setup else {}
    attempt.note(credential=None, **nothing_spent)


def proxied(credential: str) -> dict[str, str]:
    """What makes package managers and the like use the proxy; what goes to the gateway itself does not."""
    url = f"http://run:{credential}@127.0.0.1:{PROXY_PORT}"
    names = {"HTTPS_PROXY": url, "NO_PROXY": "127.0.0.1,localhost"}
    return names | {name.lower(): value for name, value in names.items()}


def over_budget(attempt: Attempt) -> Outcome | None:
    """How the run ends whose budget is used up; None where it is not."""
    run = persistently(partial(_row, attempt))
    if not run.over_budget:
        return None
    said = f"Its budget of ${run.budget_usd:.2f} has no room for another request (${run.cost_usd or 0:.2f} spent)."
    return Outcome("limit", "budget", said)


def _row(attempt: Attempt) -> Row[Any]:
    with attempt.context.database.read() as connection:
        return runs.get(connection, attempt.run.id)


def _await(path: Path) -> None:
    """Waits until the gateway answers. Raises GatewayAway."""
    deadline = time.monotonic() + SECONDS_FOR_THE_GATEWAY
    while not _answers(path):
        if time.monotonic() > deadline:
            raise GatewayAway
        threading.Event().wait(LOOK_SECONDS)


def _answers(path: Path) -> bool:
    """Whether it says anything: the kernel alone makes connections to a process that stands still."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(SECONDS_TO_ANSWER)
        try:
            connect(probe, path)
            probe.sendall(PROBE)
            return probe.recv(1) != b""
        except OSError:
            return False
