"""Whether GitHub signed a body. No I/O.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hmac
from collections.abc import Sequence

PREFIX = b"sha256="


def is_signed(body: bytes, header: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether `X-Hub-Signature-256` signs these very bytes with one of the secrets (two while one is rotated).

    Compared as bytes: a header is whatever a stranger sent, and `compare_digest` raises on text that is not ASCII.
    """
    wanted = [PREFIX + hmac.digest(secret, body, "sha256").hex().encode() for secret in secrets]
    matches = [hmac.compare_digest(header, signature) for signature in wanted]  # all, whatever the first said
    return any(matches)
