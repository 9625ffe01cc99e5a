"""git as the host runs it: no configuration but ours, no prompts, hooks or filters, and a deadline.

A token travels in the environment of one command, never in an address or an argument.
"""

import base64
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

from config.addresses import on_loopback
from runners.github_types import Forbidden, GitHubError, NotFound, Unavailable

SECONDS = 300
# Of each of its processes. What an agent left may make git ask for any amount; that it gets an end, and not the host.
MEMORY_BYTES = 4 * 1024**3
HARDENED = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.autocrlf": "false",
    "core.symlinks": "true",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.sharedRepository": "0644",  # a sandbox's user reads the objects that it is lent
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "gc.auto": "0",
    "fetch.unpackLimit": "1",  # a fetch is one file, not a hundred
    "maintenance.auto": "false",
    "advice.detachedHead": "false",
    "credential.helper": "",
    "diff.external": "",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.fsckObjects": "true",
    # Old but harmless, and found in well-known repositories.
    "fetch.fsck.badTimezone": "ignore",
    "fetch.fsck.zeroPaddedFilemode": "ignore",
    "fetch.fsck.missingSpaceBeforeDate": "ignore",
    "safe.directory": "*",  # of another uid where a sandbox made it; its own configuration is never read
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "http.lowSpeedLimit": "1",  # bytes a second: a git whose worker was killed must end by itself
    "http.lowSpeedTime": "60",
}


# A fetch may take minutes; a cancel must not wait for it.
_check: ContextVar[Callable[[], None]] = ContextVar("check", default=lambda: None)
CHECK_SECONDS = 0.5


@contextmanager
def interrupted_by(check: Callable[[], None]) -> Iterator[None]:
    """Lets `check` end a git command of this thread by raising, within half a second."""
    before = _check.set(check)
    try:
        yield
    finally:
        _check.reset(before)


def check_now() -> None:
    """Asks whether the work of this thread must stop here; raises what `interrupted_by` was given to raise."""
    _check.get()()


class GitError(Exception):
    """git failed; the message is its own last words."""


def git(
    *arguments: str,
    git_dir: Path | None = None,
    tree: Path | None = None,
    index: Path | None = None,
    settings: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    seconds: float = SECONDS,
    owner: int | None = None,
) -> str:
    """What git printed. Raises GitError with its words, Unavailable past the deadline.

    What it writes belongs to `owner`, where we may give things away.
    """
    return git_bytes(
        *arguments,
        git_dir=git_dir,
        tree=tree,
        index=index,
        settings=settings,
        environment=environment,
        stdin=stdin,
        seconds=seconds,
        owner=owner,
    ).decode(errors="replace")


def git_bytes(
    *arguments: str,
    git_dir: Path | None = None,
    tree: Path | None = None,
    index: Path | None = None,
    settings: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    seconds: float = SECONDS,
    owner: int | None = None,
) -> bytes:
    """The same, as bytes: a patch need not be text."""
    places = {"GIT_DIR": git_dir, "GIT_WORK_TREE": tree, "GIT_INDEX_FILE": index}
    env = _environment({**HARDENED, **(settings or {})}) | {name: str(path) for name, path in places.items() if path}
    done = run(
        [*_as(owner), "git", *arguments],
        stdin,
        seconds,
        cwd=tree or git_dir or Path("/"),
        env=env | dict(environment or {}),
    )
    if done.returncode:
        raise GitError(done.stderr.decode(errors="replace").strip()[-2000:])
    return done.stdout


def _as(owner: int | None) -> list[str]:
    """Runs what follows as another user, who may enter folders that are ours alone: git is our program, not theirs."""
    if owner is None:
        return []
    who = (f"--reuid={owner}", f"--regid={owner}", "--clear-groups")
    # git asks with access(2) too, for which the rights of another user than root count only with these bits.
    rights = ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return ["setpriv", *who, *rights, "--"]


@cache
def may_act_as(owner: int) -> bool:
    """Whether git can write another user's files here: root in a container may lack the rights, a machine setpriv."""
    try:
        return subprocess.run([*_as(owner), "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def git_lines(*arguments: str, git_dir: Path) -> Iterator[Iterator[bytes]]:
    """What git prints, line by line as it comes: whoever has seen enough leaves, and git ends."""
    argv, env = ["git", *arguments], _environment(HARDENED) | {"GIT_DIR": str(git_dir)}
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=git_dir, env=env
    ) as process:
        _bound(process.pid)
        assert process.stdout
        try:
            yield iter(process.stdout)
        finally:
            process.kill()


def run(
    argv: list[str], stdin: bytes, seconds: float, *, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Runs git, or what works as long as git may, in a session of its own: the helpers that it starts end with it.

    It is bounded in memory, ends where `interrupted_by` says so, and raises Unavailable past the deadline.
    """
    pipe = subprocess.PIPE
    with TemporaryFile() as given:  # no pipe: `communicate` can't go on with its input after a look at the clock
        given.write(stdin)
        given.seek(0)
        with subprocess.Popen(
            argv, stdin=given, stdout=pipe, stderr=pipe, cwd=cwd, env=env, start_new_session=True
        ) as process:
            _bound(process.pid)
            try:
                out, err = _finished(process, seconds)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
    return subprocess.CompletedProcess(argv, process.returncode, out, err)


def _bound(pid: int) -> None:
    """In memory, and the first to go where the host has none left."""
    with suppress(OSError):  # it has ended already
        resource.prlimit(pid, resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


def _finished(process: "subprocess.Popen[bytes]", seconds: float) -> tuple[bytes, bytes]:
    """What it printed. Raises Unavailable past the deadline, and whatever `interrupted_by` was given to raise."""
    check, deadline = _check.get(), time.monotonic() + seconds
    while True:
        try:
            return process.communicate(timeout=CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            check()
            if time.monotonic() > deadline:
                raise Unavailable(f"git took longer than {seconds:.0f} s") from None


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C.UTF-8",  # refusals are read by their English words
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for index, (key, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return env


def remote(base_url: str, token: str) -> dict[str, str]:
    """Settings with which git may reach this GitHub, and only this one, as the token's owner."""
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    plain = {"protocol.http.allow": "always"} if on_loopback(base_url) else {}
    return {
        f"http.{base_url}/.extraHeader": f"Authorization: Basic {basic}",
        "http.followRedirects": "initial",
        **plain,
    }


def meaning(error: GitError) -> GitHubError | None:
    """What a failed fetch or push says about GitHub; None where it speaks of the refs themselves."""
    said = str(error)
    lower = said.lower()
    if "not found" in lower and "remote ref" not in lower:
        return NotFound(said, 404)
    if "error: 403" in lower or "permission to" in lower:
        return Forbidden(said, 403)
    away = (
        "could not resolve",
        "failed to connect",
        "connection",
        "error: 5",
        "error: 429",
        "could not read username",  # what git says after a 401
        "authentication failed",
        "timed out",
        "too slow",
        "early eof",
        "hung up",
        "empty reply",
        "rpc failed",
        "unexpected disconnect",
        "unable to access 'http",  # whatever else curl has to say
    )
    if any(word in lower for word in away):
        return Unavailable(said)
    return None
