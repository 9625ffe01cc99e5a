"""What surrounds a sandbox: a host with secrets and open doors, another run at work, the gateway and a provider."""

import ctypes
import json
import os
import platform
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from config.database import Database
from config.settings import Settings, load
from runners import runs
from runners.agents.adapter import Exit
from runners.claims import Claim, note
from runners.sandboxes import seccomp
from runners.sandboxes.interface import Errand, Process, Sandbox
from runners.way_out import folder_of
from tests.gateway.provider import Provider
from tests.hostile.inside.acting import TABLES
from tests.hostile.scene import inside
from tests.runners.rows import claim, new_run, row, write
from tests.serving import living_gateway, served

NAMES = [[action.__name__ for actions in table.values() for action in actions] for table in TABLES]
TABLE_OF = {name: names for names in NAMES for name in names}
ALIVE, OTHER, ENDED = "credential-of-a-run-at-work", "credential-of-another-run", "credential-of-an-ended-run"
SHARED_MEMORY, IPC_CREAT, IPC_RMID = 0x7E57C0DE, 0o1000, 0
Report = dict[str, str]


@dataclass
class Field:
    """One sandbox in it. `reached` is who came to a door of the host's that no run should find."""

    sandbox: Sandbox
    settings: Settings
    database: Database
    provider: Provider
    tree: Path
    facts: dict[str, Any]
    run_id: str
    reached: list[str]
    reports: dict[str, Report] = field(default_factory=dict)

    def report(self, name: str) -> Report:
        """What an action came to. All of its table are tried in one sandbox, once."""
        if name not in self.reports:
            self.reports |= self.try_out(TABLE_OF[name])
        return self.reports[name]

    def try_out(self, names: list[str], sandbox: Sandbox | None = None) -> dict[str, Report]:
        """The reports of these, in a sandbox of their own."""
        asked = json.dumps({"actions": names, "facts": self.facts})
        process = self.start("from inside.acting import main; main()", sandbox, stdin=asked, seconds=100)
        lines = [line for line in process.lines(1) if line]
        assert process.wait() == Exit(0), lines[-5:]
        reports = [json.loads(line) for line in lines if line.startswith('{"action"')]
        return {report.pop("action"): report for report in reports}

    def start(self, work: str, sandbox: Sandbox | None = None, **limits: Any) -> Process:
        """A process that does it; where it is locked in, it has a way to the gateway."""
        chosen, argv = sandbox or self.sandbox, ["{python}", "-E", "-s", "-B", "-c", inside(work)]
        shown = Errand(argv, self.tree, tools=Path(self.facts["tools"]), objects=Path(self.facts["objects"]), **limits)
        return chosen.start(replace(shown, gateway=folder_of(self.settings)) if chosen.isolates else shown)

    def spent(self) -> float:
        """What the run at work has cost."""
        return float(row(self.database, self.run_id).cost_usd or 0)


@contextmanager
def set_field(directory: Path, database_url: str, sandbox: Sandbox) -> Iterator[Field]:
    """All of it, for as long as it is looked at."""
    with ExitStack() as held:
        provider, reached, host = Provider(), list[str](), directory / "host"
        host.mkdir()
        (host / "secret").write_text(canary("host"))
        (host / "mirrors").mkdir()
        (host / "mirrors/1.git").write_text(canary("host"))
        for name in ("tree", "other", "tools", "objects"):
            (directory / name).mkdir()
        for name in ("tools/agent", "objects/pack"):
            (directory / name).touch()
        url = held.enter_context(served(provider.app))
        settings = load(
            _env_file=None, data_dir=directory / "bot", sandbox_hosts="allowed.example,.listed.example", **provided(url)
        )
        database = Database(database_url)
        held.callback(database.close)
        run_id = at_work(database)
        held.enter_context(living_gateway(settings, database))
        port = held.enter_context(door(socket.AF_INET, ("0.0.0.0", 0), reached))[1]  # noqa: S104 - a door of the host's to every side
        abstract = f"async-code-{uuid4().hex}"
        held.enter_context(door(socket.AF_UNIX, f"\0{abstract}", reached))
        held.enter_context(door(socket.AF_UNIX, str(host / "other.sock"), reached))
        held.enter_context(shared_memory())
        token = uuid4().hex
        held.enter_context(bystander(token))
        held.enter_context(another_run(sandbox, directory / "other"))
        facts = {
            "secret": str(host / "secret"),
            "host_folder": str(host),
            "mirrors": str(host / "mirrors"),
            "database": database_url.removeprefix("sqlite:///"),
            "home": str(Path.home()),
            "host_word": token,
            "other_tree": str(directory / "other"),
            "other_socket": str(host / "other.sock"),
            "abstract_socket": abstract,
            "shared_memory": SHARED_MEMORY,
            "tools": str(directory / "tools"),
            "objects": str(directory / "objects"),
            "port": port,
            "host_name": socket.gethostname(),
            "host_address": address_of_host(),
            "listeners": [["127.0.0.1", port], [address_of_host(), port]],
            "credential": ALIVE,
            "ended_credential": ENDED,
            "part_of_credential": ALIVE[:-1],
            "calls": numbers(),
            "token": uuid4().hex,
        }
        yield Field(sandbox, settings, database, provider, directory / "tree", facts, run_id, reached)


def canary(whose: str) -> str:
    """A secret by which its owner is known."""
    return f"canary-of-the-{whose}-{uuid4().hex}"


def provided(url: str) -> dict[str, str]:
    """Keys and addresses of the model's providers."""
    key = "sk-real-key-of-the-operator"
    keys = dict.fromkeys(("anthropic_api_key", "openai_api_key", "gemini_api_key"), key)
    return keys | {"anthropic_base_url": url, "openai_base_url": f"{url}/v1", "gemini_base_url": url}


def at_work(database: Database) -> str:
    """The run of the agent, another one at work, and one that has ended; the first one's id."""
    claims = {}
    for number, credential in enumerate((ALIVE, OTHER, ENDED), 1):
        held = claim(database, new_run(database, number), lease_seconds=3600)
        assert held
        note_of(database, held, credential=runs.digest(credential), budget_usd=0.5)
        claims[credential] = held
    note_of(database, claims[ENDED], credential=None)
    return claims[ALIVE].run_id


def note_of(database: Database, claim: Claim, **values: Any) -> None:
    """What a worker writes into the row of its run."""
    write(database, lambda connection: note(connection, claim, **values))


@contextmanager
def door(family: int, address: Any, reached: list[str]) -> Iterator[Any]:
    """Listens, and notes who comes."""
    with socket.socket(family) as listener:
        listener.bind(address)
        listener.listen()
        listener.settimeout(0.2)
        over = threading.Event()

        def wait() -> None:
            while not over.is_set():
                try:
                    came, _ = listener.accept()
                except TimeoutError:
                    continue
                came.close()
                reached.append(str(address))

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            over.set()
            thread.join()


@contextmanager
def shared_memory() -> Iterator[None]:
    """A segment that everybody may attach."""
    libc = ctypes.CDLL(None)
    segment = libc.shmget(SHARED_MEMORY, 4096, IPC_CREAT | 0o666)
    yield
    libc.shmctl(segment, IPC_RMID, None)


@contextmanager
def bystander(token: str) -> Iterator[None]:
    """A process of the host with secrets in its environment and command line."""
    argv = [sys.executable, "-c", "input()", token, canary("host")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, env={"TOKEN": canary("host"), "PATH": os.defpath}) as process:
        yield
        process.communicate(b"\n")


@contextmanager
def another_run(sandbox: Sandbox, tree: Path) -> Iterator[None]:
    """Another run's agent at work, with secrets of its own."""
    (tree / "file").write_text(canary("other"))
    argv = ["{python}", "-c", "print('up', flush=True); import time; time.sleep(600)", canary("other")]
    process = sandbox.start(Errand(argv, tree, env={"TOKEN": canary("other")}, seconds=600))
    assert next(line for line in process.lines(1) if line) == "up"
    yield
    process.kill("cancelled")
    process.wait()


def address_of_host() -> str:
    """By which others of its network would call it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(asked.getsockname()[0])


def numbers() -> dict[str, int]:
    """Of system calls, on this machine."""
    of = list(seccomp.ARCHITECTURES).index(platform.machine())
    found = {name: both[of] for name, both in seccomp.FORBIDDEN.items()}
    found |= {"clone": seccomp.CLONE[of], "clone3": seccomp.CLONE3[of]}
    return {name: number for name, number in found.items() if number is not None}
