"""Docker: a container without a network, of an image that the operator built, with every bound that it can have."""

import math
import os
import socket
import tempfile
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from runners.sandboxes import container
from runners.sandboxes.inside import PROBE, UNPRIVILEGED, hand_over, users
from runners.sandboxes.interface import Errand, Process
from runners.sandboxes.places import BARE

if TYPE_CHECKING:
    from runners.sandboxes.engine import Engine

log = structlog.get_logger()

PROBE_SECONDS = 30.0
WHERE = "import shutil, sys; sys.stdout.write(shutil.which(sys.argv[1]) or '')"
USUAL = "unix:///var/run/docker.sock"
NO_ENGINE = "no container engine answers ({}): is it running, and may this user ask it?"
NO_IMAGE = "there is no image `{}` on the engine's machine (./async-code image builds one, and says how)."
LOOK_AGAIN = 30.0  # seconds
NOT_WORKING = "a container of `{}` does not do what it should: {}"


class Docker:
    """The default where an engine and the image are. `folder` is where it tries itself out: the engine must see it."""

    name = "docker"
    isolates = True
    installing = "./async-code image"

    def __init__(self, image: str, runtime: str, folder: Path) -> None:
        self._image, self._runtime, self._folder = image, runtime, folder
        self._found: dict[str, bool] = {}
        self._problem: str | None = None
        self._due = 0.0

    def unusable(self) -> str | None:
        """By a real errand, until one went well; what stands in the way may go, and is looked for again."""
        if monotonic() >= self._due:
            self._problem = self._look()
            self._due = monotonic() + LOOK_AGAIN if self._problem else math.inf
        return self._problem

    def _look(self) -> str | None:
        if problem := unreachable():
            return problem
        from runners.sandboxes.engine import EngineError

        try:
            engine = self._engine
        except EngineError as error:
            return NO_ENGINE.format(error)
        try:
            engine.image_id(self._image)
        except EngineError:
            return NO_IMAGE.format(self._image)
        try:
            said = self._try([*BARE, "-c", PROBE])
        except EngineError as error:
            said = str(error)
        wanted = f"uid {user_and_group()[0]}"
        return None if said == wanted else NOT_WORKING.format(self._image, said or "it printed nothing")

    @property
    def _engine(self) -> "Engine":
        from runners.sandboxes.engine import engine

        return engine(os.environ.get("DOCKER_HOST"))

    @cached_property
    def _users(self) -> Path:
        """A file that the engine can show as the container's users."""
        self._folder.mkdir(parents=True, exist_ok=True)
        user, group = user_and_group()
        kept = self._folder / f"passwd-{user}"
        new = kept.with_suffix(f".{os.getpid()}")
        new.write_text(users(user, group))
        new.chmod(0o644)
        return new.replace(kept)

    def _try(self, arguments: list[str]) -> str:
        """The last line that the image's interpreter says."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="probe-", dir=self._folder) as tree:
            process = self.start(Errand(["{python}", *arguments], Path(tree), seconds=PROBE_SECONDS))
            said = [line for line in process.lines(1) if line]
            process.wait()
        return said[-1] if said else ""

    def has(self, program: str, tools: Path | None) -> bool:
        """What lies in the image: the host's tools are not shown."""
        if program not in self._found:
            self._found[program] = bool(self._try([*BARE, "-c", WHERE, program]))
        return self._found[program]

    def surroundings(self) -> str:
        """The image's, as it is now."""
        return f"{self.name} {self._engine.image_id(self._image)}"

    def start(self, errand: Errand) -> Process:
        """Of the image as it is now: a name that is moved meanwhile changes nothing."""
        from runners.sandboxes.attached import Attached

        if os.geteuid() == 0:
            hand_over(errand.tree)
        image = self._engine.image_id(self._image)
        with ExitStack() as undo:
            described = container.description(errand, image, self._runtime, *user_and_group())
            made = self._engine.create(described, container.binds(errand, self._users), container.ulimits())
            undo.callback(made.remove)
            return Attached(made, errand, container.opening(errand), undo.pop_all())

    def sweep(self, at_work: Callable[[], Collection[str]], workspaces: Path) -> None:
        """Removes containers, listed before `at_work` is asked: an attempt is claimed before it has one."""
        if unreachable():
            return
        from runners.sandboxes.engine import EngineError

        try:
            listed = self._engine.labelled(container.LABEL)
            current = frozenset(at_work()) if listed else frozenset()
            for one in listed:
                if container.is_left(one.labels, current, workspaces, time.time()):
                    one.remove()
        except EngineError as error:  # the next look is soon, and what else is swept must not wait for it
            log.warning("sandboxes.not_swept", error=str(error))


def unreachable() -> str | None:
    """Why there can't be an engine; looked at first, since its client is large. None for one that is not near, too."""
    address = os.environ.get("DOCKER_HOST", USUAL)
    if not address.startswith("unix://"):
        return None
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(address.removeprefix("unix://"))
        except OSError as error:
            return NO_ENGINE.format(f"{address}: {error.strerror}")
    return None


def user_and_group() -> tuple[int, int]:
    """Ours, so that what is written can be read; another where we are root."""
    return (UNPRIVILEGED, UNPRIVILEGED) if os.geteuid() == 0 else (os.getuid(), os.getgid())
