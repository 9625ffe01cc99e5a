"""A Postgres server of the benchmark's own that keeps what it says it keeps: fsync and synchronous_commit are on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def why_none() -> str | None:
    """What the Postgres column wants; None where all is there."""
    return None if _binaries() else "no Postgres server is installed; apt-get install postgresql"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of a server in this folder, on a unix socket, ended and left behind with the folder."""
    home = folder / "postgres"
    home.mkdir(mode=0o700)
    if os.geteuid() == 0:  # a server does not run as root
        folder.chmod(0o711)
        shutil.chown(home, "postgres", "postgres")
    _command(home, "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories={home}"
    _command(home, "pg_ctl", "start", "--wait", "--silent", f"--log={home / 'log'}", "-o", options)
    try:
        yield f"postgresql://postgres@/postgres?host={home}"
    finally:
        _command(home, "pg_ctl", "stop", "--silent", "--mode=immediate")


def _command(home: Path, program: str, *words: str) -> None:
    binaries = _binaries()
    assert binaries
    as_server: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_server = {"user": "postgres", "group": "postgres", "extra_groups": []}
    argv = [str(binaries / program), f"--pgdata={home / 'data'}", *words]
    subprocess.run(argv, cwd=home, stdout=subprocess.DEVNULL, check=True, **as_server)


def _binaries() -> Path | None:
    """Debian keeps them off PATH, a directory for each version; the newest is taken."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).parent if found else None
