"""Prepares bubblewrap's start: `stage.py CPUS [UID SOURCE…] -- ARGV…` becomes ARGV.

It keeps to CPUS processors, which the filter of system calls makes final.
With UID it leaves root first. A process that is root outside keeps root's file permissions inside, capabilities or not:
it could write the host's /proc/sys and change the modes of /dev. The sources may lie where only root can go (a 0700
home), so they are bound to /tmp/0, /tmp/1, … before, in a mount namespace of our own.
"""

import ctypes
import os
import random
import sys
from pathlib import Path

CLONE_NEWNS = 0x20000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, doing: str) -> None:
    """Raises OSError for a failed system call."""
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f"{doing}: {os.strerror(code)}")


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """mount(2)."""
    words = (None if word is None else os.fsencode(word) for word in (source, target, kind))
    check(libc.mount(*words, flags, None if options is None else options.encode()), f"mount {target}")


def stage(sources: list[str]) -> None:
    """Binds each source to a numbered place below a fresh /tmp that only this process and its children see."""
    check(libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    # Opened before /tmp is covered: a source may lie in it.
    held = [os.open(source, os.O_PATH) for source in sources]
    mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")  # noqa: S108 - our own, not the host's
    for number, descriptor in enumerate(held):
        place = Path("/tmp", str(number))  # noqa: S108 - as above
        place.mkdir() if Path(f"/proc/self/fd/{descriptor}").is_dir() else place.touch()
        mount(f"/proc/self/fd/{descriptor}", str(place), None, MS_BIND | MS_REC)
        os.close(descriptor)


def become(user: int) -> None:
    """For good: real, effective and saved ids, and no groups."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def keep_to(cpus: int) -> None:
    """So many of the processors that we were given, not always the same."""
    given = os.sched_getaffinity(0)
    os.sched_setaffinity(0, random.sample(sorted(given), min(cpus, len(given))))


def main(cpus: int, staged: list[str], argv: list[str]) -> None:
    """Does not return."""
    keep_to(cpus)
    if staged:
        # What root with CAP_SYS_RESOURCE writes here nobody else lowers.
        Path("/proc/self/oom_score_adj").write_text("1000")
        user, *sources = staged
        stage(sources)
        become(int(user))
    os.chdir("/")
    os.execv(argv[0], argv)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    split = sys.argv.index("--")
    try:
        main(int(sys.argv[1]), sys.argv[2:split], sys.argv[split + 1 :])
    except OSError as error:
        sys.exit(f"the sandbox can't be prepared: {error.strerror}")
