"""A container's first process: `enter.py ARGV…` runs ARGV on what the worker sends, and ends with it or the worker.

On standard input comes a line with a length, then so many bytes of JSON: `files` to write, by path, each with its
mode and in base64, `env`, the agent's `stdin`, and `filter`, a seccomp program in base64. Nothing of that stands in
the container's description, which the host's users may read. After it the line stays open: its end means that the
worker is gone, and so goes everything here.
"""

import base64
import ctypes
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

CHUNK = 64 * 1024
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
INSTRUCTION = 8  # bytes


def opening(line: int) -> dict[str, Any]:
    """What the worker sends first."""
    with os.fdopen(os.dup(line), "rb", buffering=0) as unbuffered:
        length = b""
        while not length.endswith(b"\n"):
            byte = unbuffered.read(1)
            if not byte:
                sys.exit("the worker is gone")
            length += byte
        text = bytearray()
        while len(text) < int(length):
            text += unbuffered.read(int(length) - len(text)) or sys.exit("the worker is gone")
    return dict(json.loads(text))


def write(files: dict[str, tuple[int, str]]) -> None:
    """Into the folders in memory; for this user alone."""
    for name, (mode, packed) in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(base64.b64decode(packed))
        Path(name).chmod(mode)


def held(text: str) -> int:
    """The agent's standard input: a file, so that nobody waits for it to be read."""
    descriptor = os.memfd_create("stdin")
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(text.encode("utf-8", "replace"))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def forbid(program: bytes) -> None:
    """Lays the filter over this process and its children."""

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    libc = ctypes.CDLL(None, use_errno=True)
    laid = ctypes.byref(Filter(len(program) // INSTRUCTION, program))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, laid):
        sys.exit(f"the filter of system calls was not taken: {os.strerror(ctypes.get_errno())}")


def become(argv: list[str], sent: dict[str, Any]) -> None:
    """In the child: does not return."""
    os.dup2(held(sent["stdin"]), 0)
    try:
        os.execvpe(argv[0], argv, sent["env"])  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.exit(f"{argv[0]} can't be started: {error.strerror}")


def keep(child: int, line: int, ended: int) -> int:
    """Waits for the child or for the worker's end, and buries orphans; the child's exit code, 128 + n for signal n."""
    while True:
        ready, _, _ = select.select([line, ended], [], [])
        if line in ready and not os.read(line, CHUNK):
            return 128 + signal.SIGKILL
        if ended in ready:
            os.read(ended, CHUNK)
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == child:
                    code = os.waitstatus_to_exitcode(found[1])
                    return 128 - code if code < 0 else code


def main(argv: list[str]) -> int:
    """Runs ARGV to its end."""
    # Whoever has the same user could else write into our memory, or open our line and hold it when the worker is gone.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    line = os.dup(0)  # not inherited
    sent = opening(line)
    write(sent["files"])
    ended, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(tell)
    forbid(base64.b64decode(sent["filter"]))
    child = os.fork()
    if not child:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        become(argv, sent)
    os.close(0)
    return keep(child, line, ended)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
