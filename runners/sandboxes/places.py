"""Where on this host the things lie that every sandbox shows to its process."""

import sys
from collections.abc import Sequence
from pathlib import Path

from runners.agents import adapter
from runners.sandboxes import launchers

PROGRAMS = Path(adapter.__file__).resolve().parent / "programs"
LAUNCHERS = Path(launchers.__file__).resolve().parent

# The interpreter that our virtual environment was made from: it works without the environment's own folder.
PYTHON_HOME = Path(sys.base_prefix).resolve()
PYTHON = PYTHON_HOME / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"

# A script of `launchers` needs neither the environment's variables nor installed packages.
BARE = ("-I", "-S", "-B")


def fill_in(argv: Sequence[str], programs: str) -> list[str]:
    """The command line with its placeholders replaced."""
    return [word.replace("{python}", str(PYTHON)).replace("{programs}", programs) for word in argv]
