"""What people attach to their texts, and the addresses at which it lies: for ever in a text, for minutes on a page.

A text names `/user-attachments/assets/UUID`. Where a page shows it, GitHub puts a signed address there, good for
whoever has it; to an attachment in a private repository no other leads.
"""

import re
import secrets
import time
from dataclasses import dataclass, field
from uuid import uuid4

import jwt

from bot.local_github.records import Repository, User

SECONDS = 300  # that a signed address is good for
LARGEST = 10 * 1024 * 1024  # bytes
KINDS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NAMED = re.compile(rf"https?://[\w.:-]+/user-attachments/assets/({UUID})")
_IN_HTML = re.compile(rf'src="{NAMED.pattern}"')


@dataclass(frozen=True)
class Attachment:
    """One file: whose it is, where it was attached, and what it is said to be."""

    uuid: str
    repository: Repository
    user: User
    content: bytes
    media_type: str

    @property
    def path(self) -> str:
        """Of its signed address; without a host, as a token names it."""
        number = f"{int(self.uuid[:6], 16)}"
        return f"/private-user-images/{self.user.id}/{number}-{self.uuid}.{KINDS.get(self.media_type, 'bin')}"


@dataclass
class Attachments:
    """All of them, by UUID, and the key that signs their addresses: it is new at each start."""

    kept: dict[str, Attachment] = field(default_factory=dict)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def add(self, repository: Repository, user: User, content: bytes, media_type: str) -> Attachment:
        """Keeps a file."""
        made = Attachment(str(uuid4()), repository, user, content, media_type)
        self.kept[made.uuid] = made
        return made

    def signed(self, attachment: Attachment) -> str:
        """A path at which it is to be had for some minutes."""
        claims = {"iss": "local", "path": attachment.path, "exp": int(time.time()) + SECONDS}
        return f"{attachment.path}?jwt={jwt.encode(claims, self.key, 'HS256')}"

    def at(self, path: str, token: str) -> Attachment | None:
        """What lies at a signed address; None where the signature is another's, or too old."""
        try:
            claims = jwt.decode(token, self.key, ["HS256"], options={"require": ["exp", "path"]})
        except jwt.PyJWTError:
            return None
        return next((one for one in self.kept.values() if one.path == path == claims["path"]), None)

    def shown(self, html: str, host: str = "") -> str:
        """A page whose attachments lie at signed addresses, of this host if one is named."""

        def signed(source: re.Match[str]) -> str:
            found = self.kept.get(source[1])
            return f'src="{host}{self.signed(found)}"' if found else source[0]

        return _IN_HTML.sub(signed, html)
