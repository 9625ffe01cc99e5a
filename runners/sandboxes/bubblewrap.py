"""Bubblewrap: namespaces of its own, no network, a read-only system, only the workspace writable."""

import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from runners.agents.adapter import PROGRAMS as PROGRAMS_INSIDE
from runners.agents.adapter import WORKSPACE
from runners.sandboxes import seccomp
from runners.sandboxes.inside import (
    ENVIRONMENT,
    GATEWAY_INSIDE,
    HOME,
    LAUNCHERS_INSIDE,
    PROBE,
    PROCESSES,
    TMPFS_BYTES,
    UNPRIVILEGED,
    command_line,
    hand_over,
    users,
)
from runners.sandboxes.interface import Errand, Process, mode_of
from runners.sandboxes.kept import end, keeper
from runners.sandboxes.places import BARE, LAUNCHERS, PROGRAMS, PYTHON, PYTHON_HOME, searched
from runners.sandboxes.process import Launch, LocalProcess

INSIDE_ID = 1000
ETC = {
    "passwd": users(INSIDE_ID, INSIDE_ID),
    "group": f"agent:x:{INSIDE_ID}:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
}
# Besides what programs are found by: whom to trust over https, without anybody's private keys.
SHOWN_OF_ETC = ("ld.so.cache", "alternatives", "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "ca-certificates")
SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")

NOT_INSTALLED = "bubblewrap is not installed; install it (Debian, Ubuntu: `apt install bubblewrap`)."
NOT_WORKING = (
    "bubblewrap does not work here ({}). It needs unprivileged user namespaces: a default container forbids them (run "
    "the worker on the host, or allow them), and so does Ubuntu's AppArmor unless it has a profile for bwrap."
)


class Bubblewrap:
    """The default where no container engine is."""

    name = "bubblewrap"
    isolates = True
    installing = "./async-code agents --install {}   ({})"

    def unusable(self) -> str | None:
        """By a real errand, once for each process of ours."""
        return self._problem

    @cached_property
    def _problem(self) -> str | None:
        if shutil.which("bwrap") is None:
            return NOT_INSTALLED
        with tempfile.TemporaryDirectory(prefix="async-code-probe-") as tree:
            process = self.start(Errand(["{python}", *BARE, "-c", PROBE], Path(tree), seconds=20))
            said = [line for line in process.lines(1) if line]
            if process.wait().code == 0 and said == [f"uid {INSIDE_ID}"]:
                return None
        return NOT_WORKING.format(said[-1] if said else "it printed nothing")

    @cached_property
    def _flags(self) -> list[str]:
        flags = ["--unshare-all", "--unshare-user", "--uid", str(INSIDE_ID), "--gid", str(INSIDE_ID)]
        flags += ["--clearenv", "--new-session", "--die-with-parent", "--cap-drop", "ALL", "--hostname", "sandbox"]
        known = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=True).stdout
        # Namespaces within namespaces are how most kernel escapes begin; bubblewrap before 0.8 can't forbid them.
        return flags + [flag for flag in ("--disable-userns",) if flag in known]

    def has(self, program: str, tools: Path | None) -> bool:
        """What lies there on the host lies there inside."""
        return shutil.which(program, path=searched(tools, ENVIRONMENT["PATH"])) is not None

    def surroundings(self) -> str:
        """This host's."""
        return f"{self.name} {PYTHON}"

    def start(self, errand: Errand) -> Process:
        """As root, another user's process: see `launchers/stage.py`."""
        if os.geteuid() == 0:
            hand_over(errand.tree)
            return self._launch(errand, UNPRIVILEGED)
        return self._launch(errand, None)

    def sweep(self, at_work: Callable[[], Collection[str]], workspaces: Path) -> None:
        """Nothing is left: the keeper ends what it keeps when its worker dies."""

    def _launch(self, errand: Errand, user: int | None) -> Process:
        shown = shown_in(errand)
        sources = [str(path) for path in shown.values()]
        # As stage.py puts them.
        places = sources if user is None else [f"/tmp/{number}" for number in range(len(sources))]  # noqa: S108 - its own
        bound = dict(zip(shown, places, strict=True))
        with Held() as held:
            options = [*self._flags, *filtered(held), *system(held), *home(errand, held), *binds(bound)]
            options += variables(errand)
            staged = [] if user is None else [str(user), *sources]
            stage = [*keeper(), str(PYTHON), *BARE, str(LAUNCHERS / "stage.py"), str(math.ceil(errand.cpus))]
            locked = [self._bwrap, "--args", held.hold("\0".join(options))]
            argv = [*stage, *staged, "--", *locked, "--", *command_line(errand, PROCESSES)]
            launch = Launch(argv, pass_fds=tuple(held.descriptors), owner=user)
            return LocalProcess(launch, errand, end, ExitStack())

    @cached_property
    def _bwrap(self) -> str:
        return shutil.which("bwrap") or "bwrap"


class Held:
    """Texts for the child, each behind a descriptor: a command line is readable by everyone on the host."""

    def __init__(self) -> None:
        self.descriptors: list[int] = []

    def __enter__(self) -> "Held":
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)

    def hold(self, text: str | bytes) -> str:
        """The descriptor's number, as bubblewrap takes it."""
        descriptor = os.memfd_create("async-code")
        self.descriptors.append(descriptor)
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(text.encode() if isinstance(text, str) else text)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return str(descriptor)


def filtered(held: Held) -> list[str]:
    """The filter of system calls; none on a machine whose numbers we don't know."""
    program = seccomp.program()
    return [] if program is None else ["--seccomp", held.hold(program)]


def system(held: Held) -> list[str]:
    """A read-only system of the host's /usr, with processes, devices and users of its own."""
    options = ["--ro-bind", "/usr", "/usr"]
    for path in (Path("/", name) for name in SYSTEM):
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    for name in SHOWN_OF_ETC:
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name, text in ETC.items():
        options += ["--perms", "0444", "--file", held.hold(text), f"/etc/{name}"]
    # What is not remounted read-only below would be memory without a bound.
    return [*options, "--proc", "/proc", "--dev", "/dev", *tmpfs("/dev/shm", "1777"), *tmpfs("/tmp", "1777")]  # noqa: S108 - its own


def tmpfs(place: str, mode: str) -> list[str]:
    """Memory that looks like a folder, with a bound."""
    return ["--perms", mode, "--size", str(TMPFS_BYTES), "--tmpfs", place]


def home(errand: Errand, held: Held) -> list[str]:
    """A throw-away home with the errand's files."""
    options = tmpfs(HOME, "0700")
    for name, content in errand.files.items():
        options += ["--perms", f"{mode_of(content):04o}", "--file", held.hold(content), f"{HOME}/{name}"]
    return options


def shown_in(errand: Errand) -> dict[str, Path]:
    """What lies where inside, and where on the host: the workspace, our programs, the interpreter, the errand's own."""
    shown = {WORKSPACE: errand.tree.resolve(), PROGRAMS_INSIDE: PROGRAMS, LAUNCHERS_INSIDE: LAUNCHERS}
    if not PYTHON_HOME.is_relative_to("/usr"):
        shown[str(PYTHON_HOME)] = PYTHON_HOME
    if errand.gateway:
        shown[GATEWAY_INSIDE] = errand.gateway.resolve()
    if errand.objects:
        shown[str(errand.objects)] = errand.objects.resolve()
    if errand.tools and not errand.tools.resolve().is_relative_to("/usr"):
        shown[str(errand.tools)] = errand.tools.resolve()
    return shown


def binds(places: Mapping[str, str]) -> list[str]:
    """Each from where it lies; all but the workspace is read-only, and so becomes the rest."""
    options: list[str] = []
    for target, source in places.items():
        options += ["--bind" if target == WORKSPACE else "--ro-bind", source, target]
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORKSPACE]


def variables(errand: Errand) -> list[str]:
    """The sandbox's environment, then the errand's."""
    ours = {**ENVIRONMENT, "PATH": searched(errand.tools, ENVIRONMENT["PATH"])}
    return [word for name, value in {**ours, **errand.env}.items() for word in ("--setenv", name, value)]
