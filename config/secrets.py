"""Secrets at rest: sealed with a key of the account's own, derived from the operator's master key.

A sealed value reads `v1:<key id>:<kdf>:<salt>:<Fernet token>`. The account and the name stand inside the token, since
Fernet has no associated data: a row copied to another account or name does not open.
"""

import base64
import hashlib
import json
import os
import secrets as randomness
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from sqlalchemy import Column, Double, ForeignKey, Table, Text, UniqueConstraint

from config.database import Identity, metadata
from config.settings import Settings, SettingsError

PBKDF2_ROUNDS = 600_000  # OWASP's figure for PBKDF2-HMAC-SHA256
SHORTEST_PASSPHRASE = 16

secrets = Table(
    "secrets",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("key_id", Text, nullable=False, index=True),
    Column("sealed", Text, nullable=False),
    Column("last_four", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("updated_by", Text, nullable=False),
    UniqueConstraint("account_id", "name"),
)


class SecretError(Exception):
    """A sealed value does not open: another key, another owner, or damage. The message says which."""


@dataclass(frozen=True)
class Master:
    """One master key: 32 random bytes (HKDF), or a passphrase (PBKDF2)."""

    key: bytes
    kdf: str  # hkdf | pbkdf2

    @property
    def id(self) -> str:
        """Names the key without telling it."""
        return hashlib.sha256(b"async-code/v1/key-id/" + self.key).hexdigest()[:8]


class Envelope:
    """Seals with the first master key, opens with any of them."""

    def __init__(self, masters: Sequence[Master]) -> None:
        self._masters = {master.id: master for master in masters}
        self._first = masters[0]
        self._salt = os.urandom(16)

    def seal(self, account: str, name: str, value: bytes) -> str:
        """The value as text that only this account and name open."""
        inner = json.dumps([account, name, base64.b64encode(value).decode()]).encode()
        token = _fernet(self._first, self._salt, account).encrypt(inner).decode()
        return ":".join(("v1", self._first.id, self._first.kdf, _text(self._salt), token))

    def open(self, account: str, name: str, sealed: str) -> bytes:
        """The value. Raises SecretError."""
        master, salt, token = self._parts(sealed)
        try:
            owner, label, value = json.loads(_fernet(master, salt, account).decrypt(token))
        except InvalidToken:
            raise SecretError(
                f"the secret {name!r} does not open for {account!r}: it is another account's, or damaged"
            ) from None
        if (owner, label) != (account, name):
            raise SecretError(f"the secret {name!r} of {account!r} was sealed under another name")
        return base64.b64decode(value)

    def rotate(self, account: str, sealed: str) -> str:
        """The same value under the first master key, with its original time. Raises SecretError."""
        master, salt, token = self._parts(sealed)
        both = MultiFernet([_fernet(self._first, salt, account), _fernet(master, salt, account)])
        try:
            rotated = both.rotate(token).decode()
        except InvalidToken:
            raise SecretError(f"a secret does not open for {account!r}: it is another account's, or damaged") from None
        return ":".join(("v1", self._first.id, self._first.kdf, _text(salt), rotated))

    def _parts(self, sealed: str) -> tuple[Master, bytes, bytes]:
        parts = sealed.split(":")
        if len(parts) != 5 or parts[0] != "v1":
            raise SecretError("not a sealed secret of version v1")
        _, key_id, kdf, salt, token = parts
        master = self._masters.get(key_id)
        if master is None or master.kdf != kdf:
            raise SecretError(f"sealed under the master key {key_id}, which SECRETS_MASTER_KEY does not list")
        try:
            return master, base64.b64decode(salt, b"-_", validate=True), token.encode("ascii")
        except ValueError:
            raise SecretError("a sealed secret is damaged") from None


def envelope(settings: Settings) -> Envelope:
    """The envelope of this deployment: SECRETS_MASTER_KEY, or a key made once in DATA_DIR."""
    given = settings.master_keys
    return Envelope([_master(part) for part in given] or [_kept_master(settings.data_dir / "master.key")])


def _master(text: str) -> Master:
    key = _random_key(text)
    if key:
        return Master(key, "hkdf")
    if len(text) < SHORTEST_PASSPHRASE:
        raise SettingsError(
            f"SECRETS_MASTER_KEY: a passphrase needs {SHORTEST_PASSPHRASE} characters; better: openssl rand -base64 32"
        )
    return Master(text.encode(), "pbkdf2")


def _random_key(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return key if len(key) == 32 else None


def _kept_master(path: Path) -> Master:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_key(path)
    key = _random_key(path.read_text(errors="replace").strip())
    if key is None:
        raise SettingsError(
            f"{path} is not the master key that was made there. Bring it back from a backup; "
            "without it what was sealed stays shut, and removing the file begins with a new key."
        )
    return Master(key, "hkdf")


def _make_key(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{randomness.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(base64.b64encode(os.urandom(32)).decode())
        file.flush()
        os.fsync(file.fileno())  # what is sealed must not be on disk before its key
    with suppress(FileExistsError):  # another process was first, and its key counts
        os.link(draft, path)
    draft.unlink()


@lru_cache(maxsize=1024)
def _fernet(master: Master, salt: bytes, account: str) -> Fernet:
    info = f"async-code/v1/account/{account}".encode()
    key = master.key
    if master.kdf == "pbkdf2":
        key = PBKDF2HMAC(hashes.SHA256(), 32, salt, PBKDF2_ROUNDS).derive(key)
    return Fernet(base64.urlsafe_b64encode(HKDF(hashes.SHA256(), 32, salt, info).derive(key)))


def _text(salt: bytes) -> str:
    return base64.urlsafe_b64encode(salt).decode()
