"""GitHub's secondary limit on what an installation creates: so much a minute, so much an hour, told by a 403.

It is counted in windows that slide, for every installation, also where nothing is refused: a test looks at `worst`.
"""

import time
from collections import deque
from dataclasses import dataclass, field

from bot.local_github.refusals import RefusalError

MINUTE, HOUR = 60.0, 3600.0
GITHUBS_OWN = (80, 500)


@dataclass
class _Window:
    seconds: float
    at: deque[float] = field(default_factory=deque)
    worst: int = 0

    def let_go(self, present: float) -> None:
        """Forgets what lies too long ago."""
        while self.at and self.at[0] <= present - self.seconds:
            self.at.popleft()

    def add(self, present: float) -> None:
        """One more."""
        self.at.append(present)
        self.worst = max(self.worst, len(self.at))


class Creations:
    """Counts by installation. `most` is what is let through in a minute and in an hour; None refuses nothing."""

    def __init__(self, most: tuple[int, int] | None = None) -> None:
        self.most = most
        self.refused = 0
        self._windows: dict[int, tuple[_Window, _Window]] = {}

    @property
    def worst(self) -> tuple[int, int]:
        """The most that one installation asked for in any minute and in any hour, the refused ones too."""
        both = list(self._windows.values())
        return max((one.worst for one, _ in both), default=0), max((one.worst for _, one in both), default=0)

    def count(self, installation_id: int) -> None:
        """Counts one request. Raises the refusal where it is one too many."""
        present = time.monotonic()
        windows = self._windows.setdefault(installation_id, (_Window(MINUTE), _Window(HOUR)))
        for window in windows:
            window.let_go(present)
            window.add(present)
        if self.most is not None:
            self._check(windows, self.most, present)

    def _check(self, windows: tuple[_Window, _Window], most: tuple[int, int], present: float) -> None:
        for window, limit in zip(windows, most, strict=True):
            if len(window.at) > limit:
                self.refused += 1
                wait = max(1, round(window.at[-limit] + window.seconds - present))
                words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
                raise RefusalError(403, words, headers={"Retry-After": str(wait)})
