"""What every sandbox answers: a place to lock an agent's process into."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from runners.agents.adapter import Exit, Killed


@dataclass(frozen=True)
class Errand:
    """One process to run in a sandbox. `tree` is the workspace on the host, writable inside at `/workspace`.

    `{python}`, `{programs}`, `{home}` in `argv` become the sandbox's interpreter, the folder of the project's programs,
    the throw-away home.
    """

    argv: Sequence[str]
    tree: Path
    stdin: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str | bytes] = field(default_factory=dict)  # of the home; what is bytes is only to be read
    seconds: float = 2400  # wall clock
    idle_seconds: float = 600  # without a byte of output
    output_bytes: int = 10 * 1024 * 1024
    tree_bytes: int = 10 * 1024**3  # of the workspace on disk, looked at every few seconds
    memory_bytes: int = 4 * 1024**3  # of all its processes together, where the sandbox can bound that
    cpus: float = 2  # processors' worth of time, likewise
    label: str = ""  # run/fence, to find what a dead worker left
    objects: Path | None = None  # the host's folder of git objects that the workspace borrows, shown at its own path
    gateway: Path | None = None  # the host's folder of the gateway's sockets; None: not even that way out
    tools: Path | None = None  # the host's folder of installed agents, shown at its own path
    verbatim: Sequence[str] = ()  # words of the command line behind `argv`, in which nothing is replaced


def mode_of(content: str | bytes) -> int:
    """Which rights a file of the home has, for its owner alone."""
    return 0o400 if isinstance(content, bytes) else 0o600


class Process(Protocol):
    """A process at work in a sandbox. It dies with the thread that started it: that one stays until `wait`."""

    def lines(self, tick: float) -> Iterator[str | None]:
        """Its output (standard output and error together), line by line; None at least every `tick` seconds meanwhile.

        Ends when the process has ended or has been killed by one of the errand's limits.
        """

    def kill(self, why: Killed) -> None:
        """Ends it and everything it started, now; safe from any thread and after its end."""

    def wait(self) -> Exit:
        """How it ended, after reading what is left of `lines`; removes what the sandbox made. May be asked again."""


class Sandbox(Protocol):
    """One way to lock a process in. A new one is a new file beside this one and a line in the table."""

    name: str
    isolates: bool
    installing: (
        str  # the command that puts an agent where errands find it; `{}` is its name, a second `{}` what it does
    )

    def unusable(self) -> str | None:
        """Why it can't be used on this host; None where it can (probed for real)."""

    def has(self, program: str, tools: Path | None) -> bool:
        """Whether an errand with this folder of tools would find the program."""

    def surroundings(self) -> str:
        """What a process finds there besides its errand's own: what was made in one may not work in another."""

    def start(self, errand: Errand) -> Process:
        """Starts the errand's process with exactly the errand's and the sandbox's own environment."""

    def sweep(self, at_work: Callable[[], Collection[str]], workspaces: Path) -> None:
        """Ends what killed workers left of errands in these workspaces whose label is not at work."""
