"""Secrets at rest open for their own account and name only, and say clearly why they do not (threats 31 and 32)."""

import base64
import os
import stat
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.secrets import Envelope, Master, SecretError, envelope
from config.settings import SettingsError, load

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()
PASSPHRASE = "correct horse battery staple"


def made(tmp_path: Path, key: str | None = KEY) -> Envelope:
    return envelope(load(_env_file=None, data_dir=tmp_path, secrets_master_key=key))


HKDF = Envelope([Master(b"k" * 32, "hkdf")])
SEALED = HKDF.seal("github.com/1", "token", b"s3cret")


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")), st.binary(max_size=200))
def test_what_was_sealed_opens_unchanged(account: str, name: str, value: bytes) -> None:
    sealed = HKDF.seal(account, name, value)
    assert HKDF.open(account, name, sealed) == value
    assert sealed.isascii()
    assert sealed.isprintable()


def test_a_row_swapped_to_another_account_or_name_is_refused(tmp_path: Path) -> None:
    opened = made(tmp_path)
    sealed = {
        (account, name): opened.seal(account, name, f"{account}{name}".encode()) for account in "ab" for name in "xy"
    }
    for (account, name), text in sealed.items():
        for other, label in sealed:
            if (other, label) == (account, name):
                continue
            with pytest.raises(SecretError, match=f"{label!r}.*{other!r}") as refused:
                opened.open(other, label, text)
            assert "another" in str(refused.value)


def test_the_same_value_is_never_sealed_alike(tmp_path: Path) -> None:
    opened = made(tmp_path)
    assert len({opened.seal("a", "x", b"v") for _ in range(20)}) == 20
    assert opened.seal("a", "x", b"v").split(":")[3] != made(tmp_path).seal("a", "x", b"v").split(":")[3]


def test_another_master_key_is_named_but_not_told(tmp_path: Path) -> None:
    sealed = made(tmp_path, OTHER).seal("a", "x", b"v")
    key_id = sealed.split(":")[1]
    with pytest.raises(SecretError, match=f"master key {key_id}, which SECRETS_MASTER_KEY does not list"):
        made(tmp_path).open("a", "x", sealed)
    assert len(key_id) == 8
    assert OTHER not in sealed


def time_of(sealed: str) -> bytes:
    """The bytes of a Fernet token that tell when it was made."""
    return base64.urlsafe_b64decode(sealed.split(":")[4])[1:9]


def test_two_keys_rotate_and_then_the_old_one_may_go(tmp_path: Path) -> None:
    old, both, new = made(tmp_path, OTHER), made(tmp_path, f"{KEY}, {OTHER}"), made(tmp_path)
    sealed = old.seal("a", "x", b"v")
    assert both.open("a", "x", sealed) == b"v"
    assert both.seal("a", "x", b"v").split(":")[1] == new.seal("a", "x", b"v").split(":")[1]
    rotated = both.rotate("a", sealed)
    assert new.open("a", "x", rotated) == b"v"
    assert time_of(rotated) == time_of(sealed)
    assert both.rotate("a", rotated).split(":")[:4] == rotated.split(":")[:4], "done twice, it is done"
    with pytest.raises(SecretError):
        old.open("a", "x", rotated)
    with pytest.raises(SecretError):
        new.rotate("a", sealed)
    with pytest.raises(SecretError):
        both.rotate("b", sealed)


def test_a_passphrase_is_stretched_once_and_then_remembered(tmp_path: Path) -> None:
    opened = made(tmp_path, PASSPHRASE)
    began = time.process_time()
    sealed = opened.seal("a", "x", b"v")
    first = time.process_time() - began
    began = time.process_time()
    for number in range(50):
        assert opened.open("a", "x", opened.seal("a", "x", str(number).encode()))
    assert time.process_time() - began < first
    assert sealed.split(":")[2] == "pbkdf2"
    assert PASSPHRASE not in sealed
    assert made(tmp_path, f"{KEY},{PASSPHRASE}").open("a", "x", sealed) == b"v"


@pytest.mark.parametrize("short", ["short", "x" * 15, base64.b64encode(b"x" * 8).decode()])
def test_a_master_key_that_could_be_guessed_is_refused(tmp_path: Path, short: str) -> None:
    with pytest.raises(SettingsError, match=r"SECRETS_MASTER_KEY.*16 characters.*openssl") as refused:
        made(tmp_path, short)
    assert short not in str(refused.value)


def test_a_wrong_kdf_in_the_row_is_refused() -> None:
    with pytest.raises(SecretError, match="does not list"):
        HKDF.open("github.com/1", "token", SEALED.replace(":hkdf:", ":pbkdf2:"))


PIECES = st.sampled_from(["v1", "v2", "", "hkdf", "pbkdf2", "=", "é", "\ud800", "\0", *SEALED.split(":")])


@given(st.lists(PIECES, max_size=7).map(":".join) | st.text(st.characters(codec=None)))
def test_other_text_is_never_anything_but_a_secret_error(text: str) -> None:
    if text == SEALED:
        return
    for act in (lambda: HKDF.open("github.com/1", "token", text), lambda: HKDF.rotate("github.com/1", text)):
        with pytest.raises(SecretError):
            act()


@given(st.integers(0, len(SEALED) - 1), st.characters(codec=None) | st.just(""))
def test_damage_of_one_character_never_opens_as_something_else(at: int, instead: str) -> None:
    damaged = SEALED[:at] + instead + SEALED[at + 1 :]
    for account in ("github.com/1", "another"):
        try:
            assert HKDF.open(account, "token", damaged) == b"s3cret"
        except SecretError as error:
            assert "s3cret" not in str(error)


def test_without_a_master_key_one_is_made_and_kept_for_the_owner_only(tmp_path: Path) -> None:
    sealed = made(tmp_path / "new", None).seal("a", "x", b"v")
    kept = tmp_path / "new" / "master.key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(base64.b64decode(kept.read_text())) == 32
    assert made(tmp_path / "new", None).open("a", "x", sealed) == b"v"
    assert os.listdir(kept.parent) == ["master.key"]  # noqa: PTH208  # the plain names


def test_processes_that_start_at_once_keep_one_key(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    envelopes: list[Envelope] = []

    def begin() -> None:
        start.wait(10)
        envelopes.append(made(tmp_path, None))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed = [one.seal("a", "x", b"v") for one in envelopes]
    assert len(sealed) == 8
    assert all(one.open("a", "x", text) == b"v" for one in envelopes for text in sealed)
    assert os.listdir(tmp_path) == ["master.key"]  # noqa: PTH208  # the plain names


@pytest.mark.parametrize("content", ["", "short", "long enough to be a passphrase"])
def test_a_damaged_kept_key_is_named_by_its_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "master.key").write_text(content)
    with pytest.raises(SettingsError, match=r"master\.key"):
        made(tmp_path, None)
