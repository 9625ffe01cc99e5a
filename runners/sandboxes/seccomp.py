"""The system calls that a locked-in process is not given: a filter in the kernel's own language, for bubblewrap. Pure.

It forbids what containers usually do (namespaces, mounts, modules, keys, looking into other processes, …) and every
kind of socket that a network namespace does not hold: vsock would lead to the machine below a virtual one.
https://docs.kernel.org/userspace-api/seccomp_filter.html, https://docs.docker.com/engine/security/seccomp/
"""

import errno
import platform
import struct
from collections.abc import Sequence

# Of <linux/audit.h>: what the kernel calls the machine.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000  # a second table of the same calls on x86_64

# (x86_64, aarch64), None where the machine has no such call.
FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "sched_setaffinity": (203, 122),  # a process keeps to the processors that it was given
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}
CLONE, CLONE3 = (56, 220), (435, 435)
SOCKET, SOCKETPAIR, IOCTL = (41, 198), (53, 199), (16, 29)
NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW… flag
FAMILIES = (1, 2, 10, 16)  # unix, IPv4, IPv6, netlink: what the network namespace holds
TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX, which type into a terminal

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24  # where they stand in what the kernel shows
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000

Instruction = tuple[int, int, int, int]


def program(machine: str | None = None) -> bytes | None:
    """The filter for this kind of machine; None for one whose numbers we don't know."""
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        return None
    return b"".join(struct.pack("=HBBI", *line) for line in _lines(machine))


def _lines(machine: str) -> list[Instruction]:
    of = list(ARCHITECTURES).index(machine)
    forbidden = [numbers[of] for numbers in FORBIDDEN.values()]
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, ARCHITECTURES[machine]),
        _return(KILL),
        (LOAD, 0, 0, NUMBER),
        *([(JUMP_AT_LEAST, 0, 1, X32), _refusing(errno.ENOSYS)] if machine == "x86_64" else []),
        *(line for number in forbidden if number is not None for line in _if(number, [_refusing(errno.EPERM)])),
        # Without it libraries fall back to clone, whose flags can be seen here.
        *_if(CLONE3[of], [_refusing(errno.ENOSYS)]),
        *_if(CLONE[of], _looking_at(FIRST, [(JUMP_SET, 0, 1, NEW_NAMESPACES), _refusing(errno.EPERM)])),
        *_if(SOCKET[of], _only(FAMILIES)),
        *_if(SOCKETPAIR[of], _only(FAMILIES)),
        *_if(IOCTL[of], _looking_at(SECOND, _none_of(TERMINAL_INPUT))),
        _return(ALLOW),
    ]


def _if(number: int, then: Sequence[Instruction]) -> list[Instruction]:
    """What happens to one call; all others go on behind it."""
    return [(JUMP_EQUAL, 0, len(then), number), *then]


def _looking_at(argument: int, then: Sequence[Instruction]) -> list[Instruction]:
    """By the lower half of an argument, which is all that these have."""
    return [(LOAD, 0, 0, argument), *then, _return(ALLOW)]


def _only(families: Sequence[int]) -> list[Instruction]:
    allowed = [line for family in families for line in ((JUMP_EQUAL, 0, 1, family), _return(ALLOW))]
    return [(LOAD, 0, 0, FIRST), *allowed, _refusing(errno.EAFNOSUPPORT)]


def _none_of(requests: Sequence[int]) -> list[Instruction]:
    return [line for request in requests for line in ((JUMP_EQUAL, 0, 1, request), _refusing(errno.EPERM))]


def _return(what: int) -> Instruction:
    return (RETURN, 0, 0, what)


def _refusing(code: int) -> Instruction:
    return _return(REFUSE | code)
