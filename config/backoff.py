"""How long to wait before the next try: longer each time, and never in step with others who wait for the same."""

import random

JITTER = 0.2  # of the wait, to either side


def backoff(tries: int, *, first: float, longest: float) -> float:
    """Seconds before the next try, after so many that failed (0: none yet)."""
    return min(first * 2.0 ** min(tries, 60), longest) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 # no secret
