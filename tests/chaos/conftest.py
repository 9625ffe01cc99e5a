"""What the chaos tests ask for by name."""

import pytest

from tests.integration.conftest import nothing_from_outside

__all__ = ["nothing_from_outside"]

# What a killed control worker held is taken up after a minute, and the machine may be busy.
SECONDS = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them harm real processes, and need what the stack and the local GitHub need."""
    for item in items:
        if item.nodeid.startswith("tests/chaos/"):
            for mark in (pytest.mark.chaos, pytest.mark.needs("git", "redis"), pytest.mark.timeout(SECONDS)):
                item.add_marker(mark)
