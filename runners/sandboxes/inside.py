"""What a process finds in a sandbox that isolates, whichever that is: places, environment, bounds, command line."""

import os
import subprocess
from pathlib import Path

from runners.agents.adapter import PROGRAMS as PROGRAMS_INSIDE
from runners.git import may_act_as
from runners.sandboxes.interface import Errand
from runners.sandboxes.places import BARE, PYTHON, fill_in, relayed

HOME = "/home/agent"
LAUNCHERS_INSIDE = "/launchers"
GATEWAY_INSIDE = "/gateway"
PROCESSES = 512
TMPFS_BYTES = 512 * 1024**2
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": HOME,
    "USER": "agent",
    "TMPDIR": "/tmp",  # noqa: S108 - the sandbox's own
    "LANG": "C.UTF-8",
}
# A bot that runs as root hands its sandboxes to this user: within the range that Debian reserves (65000-65533),
# above systemd's dynamic users (to 65519), and nobody's.
UNPRIVILEGED = 65533
# What a sandbox is tried with: it says who it is, and writes into the workspace.
PROBE = "import os, sys; open('probe', 'w').close(); sys.stdout.write(f'uid {os.getuid()}')"


def command_line(errand: Errand, processes: int, python: str = str(PYTHON)) -> list[str]:
    """The errand's command line behind its limits and its way to the gateway. `processes` 0: others bound them."""
    limits = [python, *BARE, f"{LAUNCHERS_INSIDE}/limits.py", str(processes), errand.label or "-"]
    argv = [*fill_in(errand.argv, PROGRAMS_INSIDE, HOME, python), *errand.verbatim]
    return [*limits, *relayed(argv, LAUNCHERS_INSIDE, GATEWAY_INSIDE if errand.gateway else None, python)]


def users(user: int, group: int) -> str:
    """Whom a sandbox knows, as /etc/passwd has it: some agents end where their user has no name."""
    return f"root:x:0:0:root:/:/bin/sh\nagent:x:{user}:{group}:agent:{HOME}:/bin/sh\n"


def owner() -> int | None:
    """Whose a workspace is to be: a bot that runs as root gives it away. None: its own, or nothing here could do it."""
    return UNPRIVILEGED if os.geteuid() == 0 and may_act_as(UNPRIVILEGED) else None


def hand_over(tree: Path) -> None:
    """Gives the workspace to the unprivileged user, if it was not made as theirs.

    A file with several names stays ours: one may lie in a mirror.
    """
    if tree.stat().st_uid == UNPRIVILEGED:
        return
    chown = ("chown", "--no-dereference", f"{UNPRIVILEGED}:{UNPRIVILEGED}", "--")
    found = ("find", "-P", str(tree), "(", "-type", "d", "-o", "-links", "1", ")")
    subprocess.run([*found, "-exec", *chown, "{}", "+"], check=True, capture_output=True, env={"PATH": os.defpath})
