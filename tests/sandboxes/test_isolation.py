"""What holds in every sandbox that isolates."""

from pathlib import Path

import pytest

from runners.sandboxes.interface import Sandbox
from tests.sandboxes.running import ALL, facts, usable, writable


@pytest.fixture(params=[sandbox.name for sandbox in ALL if sandbox.isolates])
def isolating(request: pytest.FixtureRequest) -> Sandbox:
    return usable(request.param)


PLACES = (
    "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/dev/sda", "/dev/kmsg", "/x", "/usr/x", "/etc/passwd",
    "/workspace/../x",
)  # fmt: skip


def test_the_system_is_not_writable(isolating: Sandbox, tmp_path: Path) -> None:
    assert writable(isolating, tmp_path, PLACES) == []


def test_its_user_has_a_name(isolating: Sandbox, tmp_path: Path) -> None:
    assert facts(isolating, tmp_path, "import pwd\nfound = [pwd.getpwuid(os.getuid()).pw_name]") == ["agent"]
