"""API tokens shared by all processes: sealed in Redis, in this process's memory while Redis is away."""

import time
from datetime import timedelta

import redis
import structlog

from config.secrets import Envelope, SecretError

SILENT_SECONDS = 5.0

log = structlog.get_logger()


class TokenCache:
    """Short-lived tokens by key. Losing it costs a new token and opens no door."""

    def __init__(self, url: str, host: str, envelope: Envelope) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)
        self._owner = f"token-cache/{host}"  # githubkit's keys don't name the GitHub host
        self._envelope = envelope
        self._memory: dict[str, tuple[float, str]] = {}
        self._silent_until = 0.0

    def get(self, key: str) -> str | None:
        """The token, unless it expired or never was."""
        try:
            sealed = None if self._is_away() else self._redis.get(self._name(key))
            if isinstance(sealed, bytes):
                return self._envelope.open(self._owner, key, sealed.decode(errors="replace")).decode()
        except redis.RedisError:
            self._note_absence()
        except SecretError:
            log.info("token_cache.unreadable")  # sealed under a key that has been rotated away
        until, token = self._memory.get(key, (0.0, ""))
        return token if time.monotonic() < until else None

    def set(self, key: str, value: str, ex: timedelta) -> None:
        """Keeps the token until it expires."""
        self._memory[key] = (time.monotonic() + ex.total_seconds(), value)
        try:
            if not self._is_away():
                self._redis.set(self._name(key), self._envelope.seal(self._owner, key, value.encode()), ex)
        except redis.RedisError:
            self._note_absence()

    def forget_all(self) -> None:
        """Drops every token: GitHub called one bad."""
        self._memory.clear()
        try:
            for name in self._redis.scan_iter(match=self._name("*")):
                self._redis.delete(name)
        except redis.RedisError:
            self._note_absence()

    def close(self) -> None:
        """Gives the connections back."""
        self._redis.close()

    def _is_away(self) -> bool:
        return time.monotonic() < self._silent_until

    def _note_absence(self) -> None:
        """A Redis that takes calls and answers none costs seconds each time: for a while it is not asked."""
        self._silent_until = time.monotonic() + SILENT_SECONDS
        log.warning("token_cache.unreachable")

    def _name(self, key: str) -> str:
        return f"async-code:{self._owner}:{key}"
