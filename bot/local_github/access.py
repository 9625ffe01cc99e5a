"""Who calls: App tokens (JWT) checked with the App's public key, installation tokens with what they may see and do."""

import base64
import secrets
import string
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from jwt.types import Options

from bot.local_github.ledger import Ledger, now
from bot.local_github.records import Installation, Repository, Token
from bot.local_github.refusals import RefusalError, bad_credentials, not_accessible, not_found, suspended
from bot.local_github.site import App

LEVELS = ("read", "write", "admin")
LIFETIME = timedelta(hours=1)
LONGEST_JWT = 600  # seconds
DRIFT = 60  # seconds that GitHub forgives

_SIGNATURE_ONLY: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}

Needs = tuple[tuple[str, str], ...]  # any one of these (permission, level) pairs


def check_app_token(app: App, value: str) -> None:
    """Takes a JWT of the App, or raises the 401 in which GitHub names the claim that is wrong."""
    try:
        # The claims are checked below, in GitHub's words.
        claims = jwt.decode(value, app.public_key, ["RS256"], options=_SIGNATURE_ONLY)
    except jwt.PyJWTError:
        raise RefusalError(401, "A JSON web token could not be decoded") from None
    if str(claims.get("iss")) not in (str(app.id), app.client_id):
        raise RefusalError(404, "Integration not found")
    _check_times(claims, time.time())


def _check_times(claims: Mapping[str, Any], present: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, (int, float)) or issued > present + DRIFT:
        raise RefusalError(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        )
    if not isinstance(expires, (int, float)) or expires < present:
        raise RefusalError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the "
            "assertion expires",
        )
    if expires > present + LONGEST_JWT:
        raise RefusalError(401, "'Expiration time' claim ('exp') is too far in the future")


def check_token(ledger: Ledger, value: str) -> Token:
    """The installation token of that text, or the refusal that it earns."""
    with ledger.lock:
        token = ledger.tokens.get(value)
        if token is None or token.expires_at <= now():
            raise bad_credentials()
        installation = ledger.installations.get(token.installation_id)
        if installation is None:
            raise bad_credentials()
        if installation.suspended_at:
            raise suspended()
        return token


def basic_password(header: str) -> str | None:
    """The password of an `Authorization: Basic` header; git sends its token there."""
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except ValueError:
        return None


@dataclass(frozen=True)
class Wishes:
    """How a new token shall be narrower than its installation; None where it shall not."""

    repository_ids: frozenset[int] | None
    permissions: Mapping[str, str] | None
    stateless: bool  # the long form of tokens, asked for by a request header


def new_token(app: App, ledger: Ledger, installation: Installation, wishes: Wishes) -> Token:
    """A token of an installation. Raises 422 where more is asked for than was granted."""
    asked = installation.permissions if wishes.permissions is None else wishes.permissions
    for name, level in asked.items():
        if level not in LEVELS or not reaches(installation.permissions, name, level):
            raise RefusalError(422, "The permissions requested are not granted to this installation.")
    value = _long_value(app, installation) if wishes.stateless else _short_value()
    permissions = {"metadata": "read", **asked}
    return ledger.keep(Token(value, installation.id, permissions, wishes.repository_ids, now() + LIFETIME))


def _short_value() -> str:
    alphabet = string.ascii_letters + string.digits
    return "ghs_" + "".join(secrets.choice(alphabet) for _ in range(36))


def _long_value(app: App, installation: Installation) -> str:
    claims = {"iss": "github", "sub": str(installation.id), "jti": secrets.token_hex(8), "exp": int(time.time()) + 3600}
    return f"ghs_{app.id}_{jwt.encode(claims, app.private_key, 'RS256')}"


def reaches(granted: Mapping[str, str], permission: str, level: str) -> bool:
    """Whether a permission was granted at that level or above."""
    return permission in granted and LEVELS.index(granted[permission]) >= LEVELS.index(level)


def covers(ledger: Ledger, token: Token, repository: Repository) -> bool:
    """Whether the repository is one of the token's own."""
    installation = ledger.installations.get(token.installation_id)
    if installation is None or installation.account.id != repository.owner.id:
        return False
    return token.repository_ids is None or repository.id in token.repository_ids


def check_may(ledger: Ledger, token: Token, repository: Repository, needs: Needs) -> None:
    """Raises 404 for what the token may not see, 403 for what it may not do. Public repositories may be read by all."""
    reading = all(level == "read" for _, level in needs)
    if not covers(ledger, token, repository):
        if repository.private:
            raise not_found()
        if not reading:
            raise not_accessible()
        return
    if not any(reaches(token.permissions, permission, level) for permission, level in needs):
        raise not_accessible()
