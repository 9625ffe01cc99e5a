"""All sandboxes, where they work."""

import pytest

from runners.sandboxes.interface import Sandbox
from tests.sandboxes.running import ALL, usable


@pytest.fixture(params=[sandbox.name for sandbox in ALL])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return usable(request.param)


@pytest.fixture
def bubblewrap() -> Sandbox:
    return usable("bubblewrap")
