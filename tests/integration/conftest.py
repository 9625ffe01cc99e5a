"""What the end-to-end tests ask for by name."""

import os
from collections.abc import Iterator

import pytest

from config.settings import Settings

# What a killed control worker held is taken up after a minute, and the machine may be busy.
SECONDS = 300


@pytest.fixture(autouse=True, scope="package")
def nothing_from_outside() -> Iterator[None]:
    """A developer's own settings are none of the processes' that are started here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        patch.setenv("ENV_FILE", os.devnull)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them are end-to-end tests, and need what the stack and the local GitHub need."""
    for item in items:
        if item.nodeid.startswith("tests/integration/"):
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.long)
            item.add_marker(pytest.mark.needs("git", "redis"))
            item.add_marker(pytest.mark.timeout(SECONDS))
