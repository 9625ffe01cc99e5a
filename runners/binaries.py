"""The bytes that git's binary patches add, to be looked through as text is. Pure.

https://git-scm.com/docs/git-diff#Documentation/git-diff.txt---binary; the numbers are git's own base 85, in lines of at
most 52 bytes, and what they hold is deflated.
"""

import base64
import zlib
from collections.abc import Iterator

BEGIN = b"GIT binary patch\n"
MOST_BYTES = 50_000_000  # of all files of a patch: few bytes may hold very many


def added(patch: bytes) -> Iterator[str]:
    """What each binary file gets, as text: as bytes, and as two-byte characters that are ASCII. Never raises."""
    room = MOST_BYTES
    for part in patch.split(BEGIN)[1:]:
        content = _inflated(_packed(part), room)
        room -= len(content)
        yield content.replace(b"\0", b"\n").decode("latin-1")
        yield content.replace(b"\0", b"").decode("latin-1")


def _packed(part: bytes) -> bytes:
    """What stands up to the first empty line: the way forward; the way back holds nothing new."""
    lines = part.partition(b"\n\n")[0].split(b"\n")[1:]
    return b"".join(_line(line) for line in lines if line)


def _line(line: bytes) -> bytes:
    length = line[0] - (64 if line[:1].isupper() else 70)  # A-Z are 1 to 26, a-z are 27 to 52
    try:
        return base64.b85decode(line[1:])[:length]
    except ValueError:
        return b""


def _inflated(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most) if most > 0 else b""
    except zlib.error:
        return b""
