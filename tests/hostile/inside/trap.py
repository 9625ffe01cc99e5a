"""What an attack is after on the host. An attacker may know these paths; a locked-in process finds nothing there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Trap:
    """Whoever falls for an attack runs the program, or carries the secret away."""

    program: str  # an executable of the host that leaves a mark
    secret: str  # a file of the host


Attack = Callable[[Path, Trap], None]  # on a workspace


def named(attack: Attack, name: str) -> Attack:
    """The attack under a name of its own: one of many that a loop made."""
    attack.__name__ = name
    return attack


def write(path: Path, content: str | bytes) -> None:
    """A file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
