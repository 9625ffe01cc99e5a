"""One pool of connections and one cache of tokens for all of githubkit's clients, which come and go with each call."""

import ssl
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from githubkit.cache import BaseCache, MemCacheStrategy

from runners.tokens import TokenCache

TIMEOUT = httpx.Timeout(10, connect=5)
VERBATIM = {301: 308, 302: 307}


@cache
def trusted() -> ssl.SSLContext:
    """Whom we trust: to read the machine's certificates takes longer than all else here."""
    return httpx.create_ssl_context()


@cache
def parsed(private_key: str) -> Any:
    """The key as PyJWT takes it too: to check the text of one takes longer than to sign with it."""
    return load_pem_private_key(private_key.encode(), None)


class Shared(httpx.BaseTransport):
    """One connection pool for all clients: githubkit closes a client, and its transport, after every call."""

    def __init__(self, transport: httpx.HTTPTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # githubkit's own request for a token comes without any, and would wait for ever.
        request.extensions.setdefault("timeout", TIMEOUT.as_dict())
        response = self._transport.handle_request(request)
        # A repository was renamed: GitHub wants the same request at the new address, httpx would make a GET of it.
        response.status_code = VERBATIM.get(response.status_code, response.status_code)
        return response

    def end(self) -> None:
        self._transport.close()


class _Cache(BaseCache):
    def __init__(self, tokens: TokenCache) -> None:
        self._tokens = tokens

    def get(self, key: str) -> str | None:
        return self._tokens.get(key)

    def set(self, key: str, value: str, ex: timedelta) -> None:
        self._tokens.set(key, value, ex)


class Tokens(MemCacheStrategy):
    """githubkit's cache strategy over ours; the HTTP cache, which it also asks for, is off."""

    def __init__(self, tokens: TokenCache) -> None:
        super().__init__()
        self._tokens = _Cache(tokens)

    def get_cache_storage(self) -> BaseCache:  # type: ignore[override]  # the base promises its own class
        return self._tokens
