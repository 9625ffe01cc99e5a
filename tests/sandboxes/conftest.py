"""Both sandboxes, where they work."""

import pytest

from runners.sandboxes import SANDBOXES
from runners.sandboxes.interface import Sandbox
from tests.sandboxes.running import usable


@pytest.fixture(params=[sandbox.name for sandbox in SANDBOXES])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return usable(request.param)


@pytest.fixture
def bubblewrap() -> Sandbox:
    return usable("bubblewrap")
