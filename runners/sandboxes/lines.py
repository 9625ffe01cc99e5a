"""Cuts a process's bytes into lines of text; pure, linear in the bytes, and never raises."""

from runners.agents.adapter import LONGEST_LINE


class Splitter:
    """Fed with chunks as they come. A carriage return ends a line too: that is how progress bars print."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._after_return = False

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that this chunk completes."""
        if not chunk:
            return []
        if self._after_return:
            chunk = chunk.removeprefix(b"\n")
        self._after_return = chunk.endswith(b"\r")
        chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._rest += chunk
        if b"\n" not in chunk and len(self._rest) <= self._longest:
            return []
        *whole, rest = bytes(self._rest).split(b"\n")
        *pieces, rest = cut(rest, self._longest)
        self._rest = bytearray(rest)
        return [text for line in whole for text in self._pieces(line)] + [decode(piece) for piece in pieces]

    def flush(self) -> list[str]:
        """The last line, where no newline ended it."""
        rest, self._rest = bytes(self._rest), bytearray()
        return self._pieces(rest) if rest else []

    def _pieces(self, line: bytes) -> list[str]:
        return [decode(piece) for piece in cut(line, self._longest)]


def cut(line: bytes, longest: int) -> list[bytes]:
    """The line in pieces of at most `longest` bytes (at least 4), never inside a UTF-8 character."""
    pieces, start = [], 0
    while len(line) - start > longest:
        end = start + longest
        while end > start + longest - 3 and line[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(line[start:end])
        start = end
    return [*pieces, line[start:]]


def decode(line: bytes) -> str:
    """Text that any database takes: what is not UTF-8, and NUL, become the replacement character."""
    return line.decode("utf-8", "replace").replace("\0", "\ufffd")
