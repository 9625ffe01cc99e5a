"""Where the processes' output goes: one file each, rotated by size at start, shown in the terminal when asked."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

MEGABYTES_KEPT = 10
SECONDS_BETWEEN_LOOKS = 0.2
TAIL_BYTES = 2000


def opened(log: Path, megabytes: float = MEGABYTES_KEPT) -> int:
    """Makes way for new output, and gives the byte at which it will begin.

    A log that has grown too large is set aside as `name.log.1`, in place of the one before.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > megabytes * 1_000_000:
        log.replace(log.with_name(log.name + ".1"))
    log.touch()
    return log.stat().st_size


def tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


class Echo:
    """Repeats what is appended to logs, line by line, with the process's name before it.

    It follows the files rather than pipes, so that a process can still write when its supervisor was killed.
    """

    def __init__(self, beginnings: Mapping[Path, int], say: Callable[[str], None]) -> None:
        """`beginnings` are the logs, and the byte from which each is repeated."""
        self._places = dict(beginnings)
        self._width = max(len(log.stem) for log in self._places)
        self._say = say
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="echo", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Repeats what is left, and stops."""
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            self._look()
        self._look()

    def _look(self) -> None:
        for log in self._places:
            for line in self._new_lines(log):
                self._say(f"{log.stem:<{self._width}} | {line}")

    def _new_lines(self, log: Path) -> list[str]:
        with log.open("rb") as file:
            file.seek(self._places[log])
            # A line that is still being written waits for its end.
            whole, end, _ = file.read().rpartition(b"\n")
        self._places[log] += len(whole) + len(end)
        return whole.decode(errors="replace").splitlines()
