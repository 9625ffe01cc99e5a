"""What `mend` asks of one run of tests."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Wish:
    """`out` is the answer's path, `cpu` the most seconds of processor time; no `only` means every test."""

    out: str
    cpu: float
    only: Sequence[str] = ()
    trace: bool = False  # say which lines each test executes
    first: bool = False  # stop at the first failure
