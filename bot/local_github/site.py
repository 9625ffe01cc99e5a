"""The local GitHub as one value that is built once and handed around: the App, the records, the disk, the post."""

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from bot.local_github.addresses import Addresses
from bot.local_github.attachments import Attachments
from bot.local_github.ledger import Ledger
from bot.local_github.manifest import Manifest
from bot.local_github.records import User
from bot.local_github.repositories_on_disk import RepositoriesOnDisk
from bot.local_github.webhooks import Postman


@dataclass(frozen=True)
class App:
    """The one App that is registered here. `bot` is the user as which it writes."""

    id: int
    client_id: str
    manifest: Manifest
    private_key: RSAPrivateKey
    webhook_secret: str
    owner: User
    bot: User

    @property
    def public_key(self) -> RSAPublicKey:
        """Checks what the App signs."""
        return self.private_key.public_key()


@dataclass(frozen=True)
class Site:
    """All that a request or a test's wish works on."""

    app: App
    ledger: Ledger
    disk: RepositoriesOnDisk
    at: Addresses
    postman: Postman
    attachments: Attachments = field(default_factory=Attachments)
    logs: dict[int, str] = field(default_factory=dict)  # of other Apps' jobs, by the id of their check run


Json = dict[str, Any]
