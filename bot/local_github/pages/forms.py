"""Forms that only a page of ours can send: same Origin, and a token bound to the browser's cookie.

A comment makes code run on this machine, so a page of another site must not be able to write one.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from bot.local_github.refusals import RefusalError

COOKIE = "local_github"


@dataclass(frozen=True)
class FormKey:
    """Makes and checks form tokens; the key is new at each start."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def token(self, visitor: str) -> str:
        """The token that belongs to a cookie."""
        return hmac.new(self.key, visitor.encode(), hashlib.sha256).hexdigest()

    def check(self, request: Request, given: str, origin: str) -> None:
        """Raises 403 unless the form is ours and was made for this browser."""
        if request.headers.get("origin") != origin:
            raise RefusalError(403, "This form came from another site.")
        visitor = request.cookies.get(COOKIE, "")
        if not visitor or not hmac.compare_digest(self.token(visitor).encode(), given.encode(errors="replace")):
            raise RefusalError(403, "This form is out of date. Go back, reload the page and send it again.")


def visitor_of(request: Request) -> str:
    """The browser's cookie, or a new one for it."""
    return request.cookies.get(COOKIE) or secrets.token_urlsafe(32)


def remember(response: Response, visitor: str) -> None:
    """Gives the browser its cookie."""
    response.set_cookie(COOKIE, visitor, httponly=True, samesite="strict", path="/")
