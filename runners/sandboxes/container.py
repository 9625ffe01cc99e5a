"""What a container is made of: the same for every errand, but for where its workspace lies. Pure.

https://docs.docker.com/reference/api/engine/
"""

import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runners.agents.adapter import PROGRAMS as PROGRAMS_INSIDE
from runners.agents.adapter import WORKSPACE
from runners.sandboxes import seccomp
from runners.sandboxes.inside import (
    ENVIRONMENT,
    GATEWAY_INSIDE,
    HOME,
    LAUNCHERS_INSIDE,
    PROCESSES,
    TMPFS_BYTES,
    command_line,
)
from runners.sandboxes.interface import Errand, mode_of
from runners.sandboxes.launchers.limits import FILE_BYTES, OPEN_FILES
from runners.sandboxes.places import BARE, LAUNCHERS, PROGRAMS

PYTHON = "python3"
LABEL = "async-code"  # and `.run`, `.fence`, `.workspace`, `.deadline`
SHARED_MEMORY_BYTES = 64 * 1024**2
OURS_BYTES = 4 * 1024**2  # of our own scripts inside
PATH = ("/opt/agents/bin", "/opt/agents/node_modules/.bin", *ENVIRONMENT["PATH"].split(":"))  # as the Dockerfile's


def description(errand: Errand, image: str, runtime: str, user: int, group: int) -> dict[str, Any]:
    """The container, as the engine's client takes it. Nothing in it is secret, or anybody's words."""
    enter = (LAUNCHERS / "enter.py").read_text(encoding="utf-8")
    mine = f"uid={user},gid={group}"
    return {
        "image": image,
        "entrypoint": [PYTHON, *BARE, "-c", enter],
        "command": command_line(errand, 0, PYTHON),
        "working_dir": WORKSPACE,
        "user": f"{user}:{group}",
        "hostname": "sandbox",
        "environment": {},
        "labels": labels(errand),
        "stdin_open": True,
        "network_mode": "none",
        "ipc_mode": "private",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "mem_limit": errand.memory_bytes,
        "memswap_limit": errand.memory_bytes,
        "nano_cpus": int(errand.cpus * 10**9),
        "pids_limit": PROCESSES,
        "oom_score_adj": 1000,  # the first to go when the host runs short of memory
        "shm_size": SHARED_MEMORY_BYTES,
        "tmpfs": {
            "/tmp": f"rw,nosuid,nodev,exec,size={TMPFS_BYTES},mode=1777",  # noqa: S108 - the sandbox's own
            HOME: f"rw,nosuid,nodev,exec,size={TMPFS_BYTES},mode=0700,{mine}",
            LAUNCHERS_INSIDE: f"rw,nosuid,nodev,noexec,size={OURS_BYTES},mode=0700,{mine}",
            PROGRAMS_INSIDE: f"rw,nosuid,nodev,noexec,size={OURS_BYTES},mode=0700,{mine}",
        },
        **({"runtime": runtime} if runtime else {}),
    }


def labels(errand: Errand) -> dict[str, str]:
    """Whose container it is, until when, and of which workspace."""
    run, _, fence = errand.label.rpartition("-")
    return {
        LABEL: errand.label,
        f"{LABEL}.run": run,
        f"{LABEL}.fence": fence,
        f"{LABEL}.workspace": str(errand.tree.resolve()),
        f"{LABEL}.deadline": str(int(time.time() + errand.seconds)),
    }


def binds(errand: Errand, known: Path) -> dict[str, tuple[Path, bool]]:
    """What of the host is seen inside, by its place there; and whether it may only be read. `known` are its users."""
    shown = {WORKSPACE: (errand.tree.resolve(), False), "/etc/passwd": (known, True)}
    if errand.objects:
        shown[str(errand.objects)] = errand.objects.resolve(), True
    if errand.gateway:
        shown[GATEWAY_INSIDE] = errand.gateway.resolve(), True
    return shown


def ulimits() -> Mapping[str, int]:
    """Bounds of each process, soft and hard."""
    return {"nofile": OPEN_FILES, "core": 0, "fsize": FILE_BYTES}


def opening(errand: Errand) -> bytes:
    """What `launchers/enter.py` reads first."""
    ours = {LAUNCHERS_INSIDE: LAUNCHERS, PROGRAMS_INSIDE: PROGRAMS}
    files: dict[str, str | bytes] = {
        f"{place}/{path.name}": path.read_text() for place, folder in ours.items() for path in folder.glob("*.py")
    }
    files |= {f"{HOME}/{name}": content for name, content in errand.files.items()}
    sent = {name: (mode_of(content), _packed(content)) for name, content in files.items()}
    env = {**ENVIRONMENT, "PATH": ":".join(PATH), **errand.env}
    program = base64.b64encode(seccomp.program() or b"").decode()
    text = json.dumps({"files": sent, "env": env, "stdin": errand.stdin, "filter": program})
    return f"{len(text.encode())}\n{text}".encode()


def _packed(content: str | bytes) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def is_left(labels: Mapping[str, str], at_work: frozenset[str], workspaces: Path, now: float) -> bool:
    """Whether a container is what a killed worker of ours left, or one past its time, whoever's."""
    if not {f"{LABEL}.deadline", f"{LABEL}.workspace"} <= set(labels):
        return False  # somebody else's, who likes our name
    if float(labels[f"{LABEL}.deadline"]) + GRACE_SECONDS < now:
        return True
    ours = Path(labels[f"{LABEL}.workspace"]).is_relative_to(workspaces.resolve())
    return ours and labels[LABEL] not in at_work


GRACE_SECONDS = 60.0
