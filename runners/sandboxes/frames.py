"""Takes apart what a container engine sends of a process without a terminal; pure, and never raises.

Each frame has a head of eight bytes: the stream (1 output, 2 errors), three zeros, and the length of what follows.
https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Container/operation/ContainerAttach
"""

from collections.abc import Iterator

HEAD = 8


class Frames:
    """Fed with chunks as they come; output and errors come out together, in the order in which they were sent."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0  # of the frame that is being read

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What the process said in this chunk, as soon as it is there."""
        while chunk:
            if self._left:
                said, chunk = chunk[: self._left], chunk[self._left :]
                self._left -= len(said)
                yield said
                continue
            missing = HEAD - len(self._head)
            self._head, chunk = self._head + chunk[:missing], chunk[missing:]
            if len(self._head) == HEAD:
                self._left, self._head = int.from_bytes(self._head[4:], "big"), b""
