"""One experiment's result as data: what was counted, and what is wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Size = Literal["short", "full"]
Counted = Mapping[str, int | float]


@dataclass(frozen=True)
class Ground:
    """Where an experiment takes place, how large it is, and who is told how it goes."""

    directory: Path
    size: Size = "short"
    database_url: str | None = None  # SQLite in the data directory, if none
    tell: Callable[[str], None] = lambda line: None

    @property
    def database(self) -> str:
        """The database's name for people."""
        return "Postgres" if self.database_url else "SQLite"

    def of(self, short: int, full: int) -> int:
        """The number that goes with the size."""
        return full if self.size == "full" else short


@dataclass(frozen=True)
class Row:
    """What was measured. It passed if nothing is wrong."""

    experiment: str
    database: str
    counted: Counted
    wrong: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether all is as it must be."""
        return not self.wrong

    def __str__(self) -> str:
        """All of it on one line, for a test that failed."""
        counted = ", ".join(f"{name} {number:.12g}" for name, number in self.counted.items())
        verdict = "pass" if self.passed else "FAIL: " + "; ".join(self.wrong)
        return f"{self.experiment} on {self.database}, {self.seconds:.0f} s: {counted}: {verdict}"


Experiment = Callable[[Ground], Row]


def differences(counted: Counted, wanted: Counted) -> tuple[str, ...]:
    """What was counted otherwise than it must be, each as a sentence."""
    return tuple(
        f"{name}: {counted[name]:g}, must be {number:.12g}"
        for name, number in wanted.items()
        if counted[name] != number
    )


def beyond(counted: Counted, most: Counted) -> tuple[str, ...]:
    """What is more than it may be."""
    return tuple(
        f"{name}: {counted[name]:g}, may be {number:.12g}" for name, number in most.items() if counted[name] > number
    )
