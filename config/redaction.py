"""The redactor that stands at every exit: known secrets by value, unknown ones by their shape (threat 30).

Give it text as it was, before `runners.wording.safe` escapes it, and after `runners.wording.hidden` took out characters
that could hide in the middle of a secret.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote

HIDDEN = "[redacted]"

# A shorter value is no secret, and would riddle every text with holes.
_SHORTEST = 6

_FORMATS = re.compile(
    "|".join(
        [
            # GitHub's installation tokens are 40 characters, or since 2026 some 520 with dots and dashes.
            r"gh[opsur]_[A-Za-z0-9._-]{36,}",
            r"github_pat_[A-Za-z0-9_]{22,}",
            r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}",  # Anthropic, OpenAI and those who imitate them
            r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",  # AWS
            r"AIza[A-Za-z0-9_-]{35}",  # Google
            r"xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}",  # Slack
            r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",  # JWT
            # Also one whose end was cut off; the count keeps the mere mention of a header from hiding a whole log.
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----)){0,10000}"
            r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?",
        ]
    )
)
_AUTHORIZATION = re.compile(
    r"(authorization[\"']?\s{0,9}[:=]\s{0,9}[\"']?(?:basic|bearer|token)\s{1,9})[^\s\"',]+", re.IGNORECASE
)
_USERINFO = re.compile(r"(?<=://)[^\s/@:]{0,200}:[^\s/@]{1,1000}(?=@)")


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with the given secret values, in the encodings that they travel in, and all known formats hidden."""
    known = frozenset(secret for secret in secrets if len(secret) >= _SHORTEST)
    forms = _known(known)
    if any(map(text.__contains__, forms)):  # hardly ever, and asked of each line that an agent prints
        for form in forms:
            text = text.replace(form, HIDDEN)
    text = _FORMATS.sub(HIDDEN, text)
    text = _AUTHORIZATION.sub(rf"\1{HIDDEN}", text)
    return _USERINFO.sub(HIDDEN, text)


@lru_cache(maxsize=16)  # a process has one set of secrets and a line of its log many values
def _known(secrets: frozenset[str]) -> list[str]:
    """All that these secrets look like, the longest form first: a secret may contain another."""
    forms = {form for secret in secrets for form in _forms(secret)}
    return sorted(forms, key=lambda form: (-len(form), form))


def _forms(secret: str) -> Iterator[str]:
    """A secret as it stands in plain text, JSON, URLs, hex and base64, and backwards."""
    data = secret.encode("utf-8", "replace")
    yield from (secret, secret[::-1])
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (quote(secret, safe="", errors="replace"), quote(secret, errors="replace"))
    yield from (data.hex(), data.hex().upper())
    for alignment in range(3):
        yield from _base64_forms(data, alignment)


def _base64_forms(data: bytes, alignment: int) -> Iterator[str]:
    """What is the same in each base64 text that holds the data after `alignment` bytes (mod 3) of anything else."""
    start, spare = (0, 2, 3)[alignment], (alignment + len(data)) % 3
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(b"\0" * alignment + data).decode().rstrip("=")
        yield whole[start : len(whole) - (1 if spare else 0)]
