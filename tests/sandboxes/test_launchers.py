"""The scripts between the host and a sandboxed process."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.sandboxes import container
from runners.sandboxes.inside import HOME
from runners.sandboxes.interface import Errand
from runners.sandboxes.launchers.enter import write
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
    argv = fill_in(["{python}", "{programs}/run.py", "{home}/x", "{}", "{other}", "$HOME"], "/programs", "/home")
    assert argv[0].startswith("/") and argv[1:] == ["/programs/run.py", "/home/x", "{}", "{other}", "$HOME"]


def test_what_a_container_is_sent_is_written_byte_for_byte(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"images/1.png": b"\x89PNG\xff\0", "note": "é"}
    length, _, text = container.opening(Errand(["true"], tmp_path, files=files)).partition(b"\n")
    assert int(length) == len(text)
    sent = json.loads(text)["files"]
    write({str(tmp_path / name): sent[f"{HOME}/{name}"] for name in files})
    assert (tmp_path / "images/1.png").read_bytes() == b"\x89PNG\xff\0"
    assert (tmp_path / "note").read_text() == "é"
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in files] == [0o400, 0o600]
