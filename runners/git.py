"""git as the host runs it: no configuration but ours, no prompts, hooks or filters, and a deadline.

A token travels in the environment of one command, never in an address or an argument.
"""

import base64
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from config.addresses import on_loopback
from runners.github_types import Forbidden, GitHubError, NotFound, Unavailable
from runners.interruptible import bound, run

SECONDS = 300
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
    argv, where = [*_as(owner), "git", *arguments], tree or git_dir or Path("/")
    try:
        done = run(argv, stdin, seconds, cwd=where, env=env | dict(environment or {}))
    except TimeoutError as error:
        raise Unavailable(f"git {error}") from None
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
        bound(process.pid)
        assert process.stdout
        try:
            yield iter(process.stdout)
        finally:
            process.kill()


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
