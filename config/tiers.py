"""What an account may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Runs that an account may start in an hour and in a day, and have at work at once."""

    per_hour: int
    per_day: int
    concurrent: int
