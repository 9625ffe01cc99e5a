"""GitHub's primary rate limit: calls an hour for each caller, told in every answer's headers."""

import time
from dataclasses import dataclass

WINDOW = 3600  # seconds


@dataclass(frozen=True)
class Rate:
    """A caller's hour so far; `reset` is a Unix time."""

    limit: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        """Calls that are left in this hour."""
        return max(self.limit - self.used, 0)

    @property
    def exceeded(self) -> bool:
        """Whether the last call was one too many."""
        return self.used > self.limit

    def shape(self) -> dict[str, int]:
        """GET /rate_limit's part for it."""
        return {
            "limit": self.limit,
            "used": min(self.used, self.limit),
            "remaining": self.remaining,
            "reset": self.reset,
        }

    def headers(self) -> dict[str, str]:
        """The headers of an answer."""
        return {
            **{f"X-RateLimit-{name.capitalize()}": str(value) for name, value in self.shape().items()},
            "X-RateLimit-Resource": "core",
        }


class Rates:
    """Counts calls by caller. Not thread-safe by itself: the ledger's lock is held by whoever calls."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._hours: dict[str, Rate] = {}

    def count(self, caller: str, calls: int = 1) -> Rate:
        """The caller's hour with these calls in it."""
        present = int(time.time())
        rate = self._hours.get(caller)
        if rate is None or rate.reset <= present or rate.limit != self.limit:
            rate = Rate(self.limit, 0, present + WINDOW)
        rate = Rate(rate.limit, rate.used + calls, rate.reset)
        self._hours[caller] = rate
        return rate

    def age(self, seconds: float) -> None:
        """Brings the end of everybody's hour so much nearer."""
        self._hours = {who: Rate(one.limit, one.used, int(one.reset - seconds)) for who, one in self._hours.items()}
