"""No sandbox: a plain process in the workspace. It isolates nothing; policy refuses it wherever that matters."""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path

from runners.sandboxes.interface import Errand, Process, mode_of
from runners.sandboxes.kept import end, keeper
from runners.sandboxes.places import BARE, LAUNCHERS, PROGRAMS, PYTHON, fill_in, relayed, searched
from runners.sandboxes.process import Launch, LocalProcess


class Plain:
    """A clean environment and a throw-away home are all it gives."""

    name = "none"
    isolates = False
    installing = "./async-code agents --install {}   ({})"

    def unusable(self) -> str | None:
        """It always works."""
        return None

    def has(self, program: str, tools: Path | None) -> bool:
        """By the host's own search path."""
        return shutil.which(program, path=searched(tools, os.pathsep.join(os.get_exec_path()))) is not None

    def surroundings(self) -> str:
        """This host's."""
        return f"{self.name} {PYTHON}"

    def start(self, errand: Errand) -> Process:
        """Runs in the workspace itself."""
        with ExitStack() as undo:
            folder = tempfile.TemporaryDirectory(prefix="async-code-home-", ignore_cleanup_errors=True)
            home = Path(undo.enter_context(folder))
            for name, content in errand.files.items():
                (home / name).parent.mkdir(parents=True, exist_ok=True)
                (home / name).write_bytes(content.encode() if isinstance(content, str) else content)
                (home / name).chmod(mode_of(content))
            limits = [str(PYTHON), *BARE, str(LAUNCHERS / "limits.py"), "0", errand.label or "-"]
            gateway = str(errand.gateway) if errand.gateway else None
            argv = [*fill_in(errand.argv, str(PROGRAMS), str(home)), *errand.verbatim]
            launch = Launch(
                [*keeper(home), *limits, *relayed(argv, str(LAUNCHERS), gateway)],
                cwd=str(errand.tree),
                env=tuple({**environment(home, errand.tools), **errand.env}.items()),
            )
            return LocalProcess(launch, errand, end, undo.pop_all())

    def sweep(self, at_work: Callable[[], Collection[str]], workspaces: Path) -> None:
        """Nothing is left: the keeper ends what it keeps when its worker dies."""


def environment(home: Path, tools: Path | None) -> dict[str, str]:
    """Nothing of the bot's own but the search path: git may lie anywhere."""
    path = searched(tools, os.pathsep.join(os.get_exec_path()))
    return {"PATH": path, "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}
