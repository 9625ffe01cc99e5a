"""Asking the kernel for what leads out: each call with arguments that do nothing where it is let through."""

import ctypes
import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from .facts import Action, Facts, Table, named

libc = ctypes.CDLL(None, use_errno=True)
REFUSED = (errno.EPERM, errno.ENOSYS, errno.EACCES)
NEW_USER, NEW_MOUNTS, NEW_NETWORK, NEW_PROCESSES = 0x10000000, 0x00020000, 0x40000000, 0x20000000
NAMESPACES = {"users": NEW_USER, "mounts": NEW_MOUNTS, "network": NEW_NETWORK, "processes": NEW_PROCESSES}

# By the host's numbers of them.
NUMBERED = (
    "acct", "add_key", "bpf", "clock_settime", "delete_module", "fanotify_init", "finit_module", "fsmount", "fsopen",
    "init_module", "io_uring_setup", "kcmp", "kexec_load", "keyctl", "mount", "mount_setattr", "move_mount",
    "name_to_handle_at", "open_by_handle_at", "open_tree", "perf_event_open", "pivot_root", "process_vm_readv",
    "process_vm_writev", "ptrace", "quotactl", "reboot", "request_key", "setns", "settimeofday", "swapon", "syslog",
    "umount2", "userfaultfd", "chroot", "sethostname",
)  # fmt: skip


def through(result: int) -> str | None:
    """What is to be said of a call, None where it was refused."""
    code = ctypes.get_errno()
    if result < 0 and code in REFUSED:
        return None
    return "let through" if result >= 0 else f"let through, {errno.errorcode.get(code)}"


def call(number: int, *words: int) -> str | None:
    """One system call."""
    ctypes.set_errno(0)
    return through(libc.syscall(*(ctypes.c_long(word) for word in (number, *words))))


def of_call(name: str) -> Action:
    """The call, with arguments that are none."""
    return named(lambda facts: call(facts["calls"][name], -1, -1, -1, -1, -1), f"call_{name}")


def of_unshare(name: str, flag: int) -> Action:
    """A namespace of its own."""

    def action(_facts: Facts) -> object:
        ctypes.set_errno(0)
        return through(libc.unshare(flag))

    return named(action, f"unshare_{name}")


def clone_into_a_namespace(facts: Facts) -> object:
    return call(facts["calls"]["clone"], NEW_USER | 17, 0, 0, 0, 0)


def clone_by_the_newer_call(facts: Facts) -> object:
    """Its flags lie in memory, where no filter sees them."""
    words = (ctypes.c_uint64 * 11)(NEW_USER, 0, 0, 0, 17)
    return call(facts["calls"]["clone3"], ctypes.addressof(words), ctypes.sizeof(words))


def calls_of_another_table(facts: Facts) -> object:
    """x86_64 has a second one, of the same calls."""
    return call(facts["calls"]["mount"] | 0x40000000, -1, -1, -1, -1, -1)


def become(change: Callable[[], None]) -> object:
    """Whether it is another user then."""
    try:
        change()
    except OSError:
        return None
    return os.getresuid() if 0 in (*os.getresuid(), *os.getresgid()) else None


def become_root(_facts: Facts) -> object:
    return become(lambda: os.setresuid(0, 0, 0))


def join_the_group_of_root(_facts: Facts) -> object:
    return become(lambda: os.setresgid(0, 0, 0))


def take_groups(_facts: Facts) -> object:
    os.setgroups([0, 27, 999])
    return os.getgroups()


def programs_that_run_as_root(_facts: Facts) -> object:
    """Those that carry the bit."""
    said = b""
    for argv in (["su", "-c", "id -u"], ["mount", "--bind", "/", "/mnt"], ["newgrp", "root"], ["pkexec", "id"]):
        try:
            done = subprocess.run(argv, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=10)
        except OSError:
            continue
        said += done.stdout if done.returncode == 0 else b""
    return said or None


def take_rights(_facts: Facts) -> object:
    """All that there are, by capset."""
    head, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    ctypes.set_errno(0)
    return through(libc.capset(head, data))


def have_rights(_facts: Facts) -> object:
    lines = Path("/proc/self/status").read_text().splitlines()
    rights = dict(line.split(":\t") for line in lines if line.startswith("Cap"))
    return {name: held for name, held in rights.items() if int(held, 16)} or None


def have_new_privileges_again(_facts: Facts) -> object:
    ctypes.set_errno(0)
    return None if libc.prctl(38, 0, 0, 0, 0) < 0 else "may"


def leave_the_filter(_facts: Facts) -> object:
    """There is none, or none that stays."""
    lines = Path("/proc/self/status").read_text().splitlines()
    mode = next(line.split()[1] for line in lines if line.startswith("Seccomp:"))
    return None if mode == "2" else f"seccomp {mode}"


def signal_all(_facts: Facts) -> object:
    """Every process that it may, with a signal that does nothing; more than its own are seen nowhere."""
    reached = [pid for pid in range(1, 5000) if pid != os.getpid() and not _dead(pid)]
    return reached if len(reached) > 8 else None


def _dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return True
    return False


def type_into_the_terminal(_facts: Facts) -> object:
    """Somebody may sit at it."""
    ctypes.set_errno(0)
    libc.ioctl(0, 0x5412, ctypes.c_char_p(b"x"))
    code = ctypes.get_errno()
    return None if code in (errno.EPERM, errno.ENOTTY) else errno.errorcode.get(code, "typed")


ACTIONS: Table = {
    "a filter of system calls": (
        *map(of_call, NUMBERED),
        calls_of_another_table,
        leave_the_filter,
        type_into_the_terminal,
    ),
    "no namespaces within its own": (
        *(of_unshare(*words) for words in NAMESPACES.items()),
        clone_into_a_namespace,
        clone_by_the_newer_call,
    ),
    "no rights, and no way to new ones": (
        become_root,
        join_the_group_of_root,
        take_groups,
        programs_that_run_as_root,
        take_rights,
        have_rights,
        have_new_privileges_again,
        signal_all,
    ),
}
