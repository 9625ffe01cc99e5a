"""A Postgres server of the tests' own, and empty databases on one."""

import os
import pwd
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql
from sqlalchemy import make_url

DATABASE_PREFIX = "async_code_test"
FASTER_THAN_SAFE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
CONNECTIONS = "-c max_connections=200"


def cannot_start() -> str | None:
    """Why a server can't be started here, and how to mend that; None if it can."""
    if not _binaries():
        return "neither TEST_DATABASE_URL nor a server's binaries are here; apt-get install postgresql"
    if os.geteuid() == 0 and not _has_user("postgres"):
        return "a server does not run as root and there is no user `postgres`; apt-get install postgresql"
    return None


class Server:
    """A server on a unix socket in its directory, which only the user that it runs as may enter."""

    def __init__(self, home: Path, options: str = CONNECTIONS) -> None:
        self.home, self.options = home, options

    @property
    def url(self) -> str:
        """Its address, with the database that is always there."""
        return f"postgresql://postgres@/postgres?host={self.home}"

    def start(self) -> None:
        """Starts it; its directory is made at the first start."""
        if not self.home.exists():
            self._make_home()
            self._command("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={self.home} {self.options}"
        self._command("pg_ctl", "start", "--wait", "--silent", f"--log={self.home / 'log'}", "-o", options)

    def stop(self, mode: Literal["fast", "immediate"] = "immediate") -> None:
        """Stops it, if it runs: `immediate` as a crash would, without writing anything more."""
        if (self.home / "data" / "postmaster.pid").exists():
            self._command("pg_ctl", "stop", "--silent", f"--mode={mode}")

    def _make_home(self) -> None:
        """A directory of the user that the server runs as, in one that this user may pass through."""
        self.home.mkdir(mode=0o700)
        self.home.parent.chmod(0o711)
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")

    def _command(self, program: str, *words: str) -> None:
        binaries = _binaries()
        assert binaries
        as_server: dict[str, Any] = {}
        if os.geteuid() == 0:
            as_server = {"user": "postgres", "group": "postgres", "extra_groups": []}
        argv = [str(binaries / program), f"--pgdata={self.home / 'data'}", *words]
        with (self.home / "commands.log").open("a") as log:
            subprocess.run(argv, cwd=self.home, stdout=log, stderr=log, check=True, **as_server)


def fresh_postgres(server_url: str, like: str = "template1") -> str:
    """Makes a database on this server, empty or like another one that nobody uses, and gives its address."""
    name = f"{_prefix()}{uuid.uuid4().hex}"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(like))
    with connected(server_url) as connection:
        connection.execute(made)
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def drop_ours(server_url: str) -> None:
    """Takes away what `fresh_postgres` made in this process."""
    with connected(server_url) as connection:
        ours = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{_prefix()}%"]).fetchall()
        for (name,) in ours:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection without transactions."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        yield connection


def _prefix() -> str:
    return f"{DATABASE_PREFIX}_{os.getpid()}_"


def _binaries() -> Path | None:
    """Debian keeps them off PATH, a directory for each version; the newest is taken."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).parent if found else None


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
