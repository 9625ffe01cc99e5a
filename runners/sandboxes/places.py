"""Where on this host the things lie that every sandbox shows to its process."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import Settings
from runners.agents import adapter
from runners.agents.adapter import GATEWAY, PROXY_PORT
from runners.sandboxes import launchers

PROGRAMS = Path(adapter.__file__).resolve().parent / "programs"
LAUNCHERS = Path(launchers.__file__).resolve().parent

# The interpreter that our virtual environment was made from: it works without the environment's own folder.
PYTHON_HOME = Path(sys.base_prefix).resolve()
PYTHON = PYTHON_HOME / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"

# A script of `launchers` needs neither the environment's variables nor installed packages.
BARE = ("-I", "-S", "-B")

# The gateway's sockets, in the folder that a sandbox is shown, and the ports at which its process finds them.
MODELS, TUNNELS = "models.sock", "tunnels.sock"
PORTS = {urlsplit(GATEWAY).port: MODELS, PROXY_PORT: TUNNELS}


def relayed(argv: Sequence[str], launchers: str, gateway: str | None, python: str = str(PYTHON)) -> list[str]:
    """The command line behind its way to the gateway, if it has one. All paths are as the process sees them."""
    if gateway is None:
        return list(argv)
    ways = [word for port, name in PORTS.items() for word in (str(port), f"{gateway}/{name}")]
    return [python, *BARE, f"{launchers}/relay.py", *ways, "--", *argv]


def tools_of(settings: Settings) -> Path | None:
    """Where installed agents lie; None where nobody installed any."""
    return settings.agents_folder if settings.agents_folder.is_dir() else None


def searched(tools: Path | None, path: str) -> str:
    """The search path, with what `./async-code agents --install` puts into the folder of tools before it."""
    folders = [] if tools is None else [f"{tools}/node_modules/.bin", f"{tools}/bin"]
    return os.pathsep.join([*folders, path])


def fill_in(argv: Sequence[str], programs: str, home: str, python: str = str(PYTHON)) -> list[str]:
    """The command line with its placeholders replaced."""
    filled = (word.replace("{python}", python).replace("{programs}", programs) for word in argv)
    return [word.replace("{home}", home) for word in filled]
