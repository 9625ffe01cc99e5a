"""The filter of system calls: its words as the kernel reads them, and what a process meets that is locked in."""

import platform
import re
import struct
from pathlib import Path

import pytest

from runners.sandboxes import seccomp
from runners.sandboxes.interface import Sandbox
from tests.sandboxes.running import python, run

TRIES = """
import ctypes, errno, os, platform
libc = ctypes.CDLL(None, use_errno=True)
def call(*words):
    ctypes.set_errno(0)
    libc.syscall(*(ctypes.c_long(word) for word in words))
    return errno.errorcode.get(ctypes.get_errno(), 'allowed')
{}
"""


def tried(bubblewrap: Sandbox, tree: Path, code: str) -> list[str]:
    lines, exit = run(bubblewrap, python(tree, TRIES.format(code)))
    assert exit.code == 0, lines
    return lines


def of_this_machine(numbers: tuple[int | None, int | None]) -> int | None:
    return numbers[list(seccomp.ARCHITECTURES).index(platform.machine())]


HEADERS = {"x86_64": "x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "asm-generic/unistd.h"}


@pytest.mark.needs("headers")
@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_the_numbers_are_those_of_the_kernel_s_headers(machine: str) -> None:
    text = Path("/usr/include", HEADERS[machine]).read_text()
    known = {name: int(number) for name, number in re.findall(r"#define __NR_(\w+)\s+(\d+)\b", text)}
    of = list(seccomp.ARCHITECTURES).index(machine)
    ours = {name: numbers[of] for name, numbers in seccomp.FORBIDDEN.items()}
    ours |= {"clone": seccomp.CLONE[of], "clone3": seccomp.CLONE3[of], "ioctl": seccomp.IOCTL[of]}
    ours |= {"socket": seccomp.SOCKET[of], "socketpair": seccomp.SOCKETPAIR[of]}
    assert ours == {name: known.get(name) for name in ours}


def test_every_jump_lands_inside() -> None:
    for machine in seccomp.ARCHITECTURES:
        program = seccomp.program(machine)
        assert program is not None
        lines = list(struct.iter_unpack("=HBBI", program))
        assert len(lines) < 4096
        for at, (code, on_true, on_false, _) in enumerate(lines):
            assert code in (0x20, 0x15, 0x35, 0x45, 0x06)
            assert at + max(on_true, on_false) + 1 < len(lines) or code == seccomp.RETURN
        assert lines[-1] == (seccomp.RETURN, 0, 0, seccomp.ALLOW)


def test_an_unknown_machine_has_none() -> None:
    assert seccomp.program("vax") is None


def test_a_locked_in_process_is_under_the_filter(bubblewrap: Sandbox, tmp_path: Path) -> None:
    code = "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('Seccomp:')])"
    assert tried(bubblewrap, tmp_path, code) == ["['2']"]


def test_forbidden_calls_are_refused(bubblewrap: Sandbox, tmp_path: Path) -> None:
    numbers = [number for numbers in seccomp.FORBIDDEN.values() if (number := of_this_machine(numbers)) is not None]
    lines = tried(bubblewrap, tmp_path, f"for number in {numbers}:\n    print(call(number, -1, -1, -1, -1))")
    assert set(lines) == {"EPERM"}


def test_no_namespace_and_no_socket_that_none_holds(bubblewrap: Sandbox, tmp_path: Path) -> None:
    clone, clone3 = of_this_machine(seccomp.CLONE), of_this_machine(seccomp.CLONE3)
    socket = of_this_machine(seccomp.SOCKET)
    code = f"""
print(call({clone}, 0x10000000 | 17, 0, 0, 0, 0))
print(call({clone3}, 0, 0))
for family in range(0, 48):
    print(family, call({socket}, family, 1, 0))
"""
    lines = tried(bubblewrap, tmp_path, code)
    assert lines[:2] == ["EPERM", "ENOSYS"]
    opened = [line for line in lines[2:] if not line.endswith("EAFNOSUPPORT")]
    assert [int(line.split()[0]) for line in opened] == list(seccomp.FAMILIES)


def test_nothing_is_typed_into_a_terminal(bubblewrap: Sandbox, tmp_path: Path) -> None:
    ioctl = of_this_machine(seccomp.IOCTL)
    code = f"print(call({ioctl}, 0, 0x5412, 0), call({ioctl}, 0, 0x100005412, 0), call({ioctl}, 0, 0x541B, 0))"
    (line,) = tried(bubblewrap, tmp_path, code)
    assert line.split()[:2] == ["EPERM", "EPERM"]
    assert line.split()[2] != "EPERM"


def test_threads_and_children_work_as_ever(bubblewrap: Sandbox, tmp_path: Path) -> None:
    code = """
import subprocess, threading
threads = [threading.Thread(target=print, args=(number,)) for number in range(3)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print(subprocess.run(['sh', '-c', 'echo child'], capture_output=True, text=True).stdout.strip())
"""
    lines = tried(bubblewrap, tmp_path, code)
    assert sorted(lines) == ["0", "1", "2", "child"]
