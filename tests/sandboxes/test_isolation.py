"""What holds in every sandbox that isolates."""

from pathlib import Path

import pytest

from runners.sandboxes.interface import Sandbox
from tests.sandboxes.running import ALL, facts, usable


@pytest.fixture(params=[sandbox.name for sandbox in ALL if sandbox.isolates])
def isolating(request: pytest.FixtureRequest) -> Sandbox:
    return usable(request.param)


PLACES = (
    "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/dev/sda", "/dev/kmsg", "/x", "/usr/x", "/etc/passwd",
    "/workspace/../x",
)  # fmt: skip


def test_the_system_is_not_writable(isolating: Sandbox, tmp_path: Path) -> None:
    # Opened for writing and never written: a sandbox that allows it must not cost this machine anything.
    code = f"""
found = []
for place in {PLACES!r}:
    try:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT))
        found.append(place)
    except OSError:
        pass
"""
    assert facts(isolating, tmp_path, code) == []


def test_its_user_has_a_name(isolating: Sandbox, tmp_path: Path) -> None:
    assert facts(isolating, tmp_path, "import pwd\nfound = [pwd.getpwuid(os.getuid()).pw_name]") == ["agent"]
