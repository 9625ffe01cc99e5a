"""One stack a data directory, kept by a file lock that the kernel drops with its holder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.embedded import StackError


@contextmanager
def sole_user_of(data_dir: Path) -> Iterator[None]:
    """Holds the data directory. Raises StackError, naming the holder's pid, if another stack has it."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / "stack.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StackError(
                f"Another async-code (pid {lock.read().strip() or 'unknown'}) uses {data_dir}. "
                "Stop that one first, or set DATA_DIR to another directory."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
