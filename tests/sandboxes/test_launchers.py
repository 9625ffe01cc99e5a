"""The scripts between the host and a sandboxed process."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.sandboxes.launchers.keep import descendants
from runners.sandboxes.places import fill_in


@pytest.mark.parametrize(
    ("parents", "found"),
    [
        ({}, set()),
        ({2: 1}, {2}),
        ({2: 1, 3: 2, 4: 3, 5: 99}, {2, 3, 4}),
        ({1: 0, 2: 1}, {2}),
    ],
)
def test_descendants_are_children_and_theirs(parents: dict[int, int], found: set[int]) -> None:
    assert descendants(1, parents) == found


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 30)))
def test_a_table_that_changed_while_it_was_read_ends_too(parents: dict[int, int]) -> None:
    assert descendants(1, parents) <= parents.keys()


def test_only_whole_placeholders_are_filled_in() -> None:
    argv = fill_in(["{python}", "{programs}/run.py", "{}", "{other}", "$HOME"], "/programs")
    assert argv[0].startswith("/") and argv[1:] == ["/programs/run.py", "{}", "{other}", "$HOME"]
