"""A container's process, watched through the line that the engine gives to it."""

import os
import threading
from contextlib import ExitStack, suppress

from runners.agents.adapter import Exit, Killed
from runners.sandboxes.engine import Container, EngineError
from runners.sandboxes.frames import Frames
from runners.sandboxes.interface import Errand
from runners.sandboxes.watched import CHUNK, Watched


class Attached(Watched):
    """Starts the container and sends it `opening`; `made` removes it."""

    def __init__(self, container: Container, errand: Errand, opening: bytes, made: ExitStack) -> None:
        output, self._pipe = os.pipe()
        made.callback(os.close, output)
        super().__init__(errand, output, made)
        self._container, self._over = container, threading.Event()
        try:
            self._line = container.attach()
            made.callback(self._line.close)
            container.start()
        except BaseException:
            os.close(self._pipe)
            made.close()
            raise
        threading.Thread(target=self._pump, args=(opening,), name="sandbox", daemon=True).start()

    def _pump(self, opening: bytes) -> None:
        """From the engine's line into our pipe, until there is no more."""
        frames = Frames()
        with suppress(OSError), os.fdopen(self._pipe, "wb") as pipe:
            self._line.send(opening)
            while chunk := self._line.receive(CHUNK):
                pipe.writelines(frames.feed(chunk))
                pipe.flush()
        self._over.set()

    def _ended(self, seconds: float = 0) -> bool:
        return self._over.wait(seconds) if seconds else self._over.is_set()

    def _end(self) -> None:
        # Beside whoever reads: the engine answers only when all that was said has been taken.
        threading.Thread(target=self._kill, name="sandbox-end", daemon=True).start()

    def _kill(self) -> None:
        try:
            self._container.kill()
        except EngineError:  # its first process ends all when the line does
            with suppress(OSError):
                self._line.hang_up()

    def _found(self, killed: Killed | None) -> Exit:
        code, out_of_memory = self._container.found()
        return Exit(code, killed, out_of_memory)
