"""What this GitHub signs of its own accord: commits that the App makes over the API without naming an author.

GitHub has a key for that; here the App's own stands for it. A commit carries its signature, so nothing else is kept.
"""

import base64
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from bot.local_github.git_objects import Commit
from bot.local_github.records import User
from bot.local_github.site import App, Site

WEB_FLOW = User(19864447, "web-flow")  # as whom GitHub commits, under this name and address
COMMITTER, ADDRESS = "GitHub", "noreply@github.com"
ARMOR = "-----{} LOCAL GITHUB SIGNATURE-----"
HEADER = re.compile(rb"\ngpgsig (.*(?:\n .*)*)")


def sign(app: App, commit: bytes) -> bytes:
    """The commit with a signature in it."""
    raw = base64.encodebytes(app.private_key.sign(commit, PKCS1v15(), SHA256())).decode()
    lines = [ARMOR.format("BEGIN"), *raw.split(), ARMOR.format("END")]
    headers, _, message = commit.partition(b"\n\n")
    return headers + b"\ngpgsig " + "\n ".join(lines).encode() + b"\n\n" + message


def parted(commit: bytes) -> tuple[bytes, bytes]:
    """A commit as it was signed, and its signature; that is empty where nobody signed."""
    headers, _, message = commit.partition(b"\n\n")
    found = HEADER.search(headers)
    if found is None:
        return commit, b""
    unsigned = headers[: found.start()] + headers[found.end() :]
    return unsigned + b"\n\n" + message, found[1].replace(b"\n ", b"\n")


def is_verified(site: Site, repository_id: int, made: Commit) -> bool:
    """Whether people see it as Verified: this GitHub committed and signed it, whatever its texts say."""
    if made.committer_email != ADDRESS:
        return False
    commit, signature = parted(site.disk.written(repository_id, made.sha))
    return _holds(site.app, commit, signature)


def _holds(app: App, commit: bytes, signature: bytes) -> bool:
    try:
        app.public_key.verify(base64.b64decode(b"".join(signature.splitlines()[1:-1])), commit, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
