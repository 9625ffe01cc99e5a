"""What a binary patch adds is found again, whatever git made of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners import binaries
from tests.runners.ground import plain_git

SECRET = "ghs_" + "aB3" * 12


def patch_of(where: Path, old: bytes | None, new: bytes) -> bytes:
    """The patch from one content to another, as git writes it."""
    plain_git(where, "init", "--quiet")
    if old is not None:
        (where / "file").write_bytes(old)
    plain_git(where, "add", "--all")
    plain_git(where, "commit", "--quiet", "--allow-empty", "--message=x")
    (where / "file").write_bytes(new)
    plain_git(where, "add", "--all")
    return plain_git(where, "diff", "--cached", "--binary", "--full-index").encode() + b"\n\n"


NOISE = bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, b"\0" + SECRET.encode()),
        (None, NOISE + SECRET.encode() + NOISE),
        (None, SECRET.encode("utf-16")),
        (NOISE, NOISE + SECRET.encode()),
        (NOISE, NOISE[:5000] + SECRET.encode() + NOISE[5000:]),
    ],
    ids=["behind a nul", "in noise", "in two bytes each", "appended", "inserted"],
)
def test_a_secret_is_found(tmp_path: Path, old: bytes | None, new: bytes) -> None:
    assert any(SECRET in text for text in binaries.added(patch_of(tmp_path, old, new)))


def test_what_was_there_before_is_not_added(tmp_path: Path) -> None:
    found = list(binaries.added(patch_of(tmp_path, b"\0" + SECRET.encode(), b"\0other")))
    assert found and not any(SECRET in text for text in found)


def test_few_bytes_that_hold_many_are_not_unpacked_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "MOST_BYTES", 1000)
    assert sum(map(len, binaries.added(patch_of(tmp_path, None, bytes(100_000))))) <= 2000


@given(st.binary(max_size=200))
def test_no_patch_breaks_it(rest: bytes) -> None:
    assert len(list(binaries.added(b"GIT binary patch\nliteral 5\n" + rest))) >= 2
