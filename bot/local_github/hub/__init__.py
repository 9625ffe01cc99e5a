"""The local GitHub as its users hold it: start it, plant repositories, act as a person, look at what came of it."""

import secrets
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import TracebackType

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.local_github import manifest as manifests
from bot.local_github.addresses import Addresses
from bot.local_github.application import application
from bot.local_github.creations import Creations
from bot.local_github.faults import Faults, SeenCall
from bot.local_github.gate import Gate
from bot.local_github.hub.accounts import Accounts
from bot.local_github.hub.checks import Checks
from bot.local_github.hub.conversation import Conversation
from bot.local_github.hub.post import Post
from bot.local_github.hub.repositories import Repositories
from bot.local_github.hub.reviews import Reviews
from bot.local_github.ledger import Ledger
from bot.local_github.rates import Rates
from bot.local_github.records import User
from bot.local_github.repositories_on_disk import RepositoriesOnDisk
from bot.local_github.site import App, Site
from bot.local_github.webhooks import Postman
from bot.loopback import LoopbackServer

MANIFEST = Path(__file__).parents[3] / "app.yml"
APP_ID = 4711


class LocalGitHub(Accounts, Repositories, Conversation, Reviews, Checks, Post):
    """A GitHub on loopback with one App. Repositories are named `owner/name`, people by login.

    `rate_limit` is calls an hour for each installation, `creations` what one may create in a minute and in an hour
    (None: all it likes). With several `senders` deliveries come in any order. Everything but the bare repositories is
    in memory. Refusals are raised as RefusalError, also to whoever calls these methods.
    """

    def __init__(
        self,
        directory: Path,
        manifest: Path = MANIFEST,
        rate_limit: int = 5000,
        creations: tuple[int, int] | None = None,
        senders: int = 1,
    ) -> None:
        ledger = Ledger()
        app = _register(ledger, manifests.read(manifest))
        postman = Postman(ledger, app.webhook_secret, app.id, senders)
        disk = RepositoriesOnDisk(directory)
        self.site = Site(app, ledger, disk, Addresses("http://127.0.0.1:0"), postman)
        self.faults = Faults()
        self.rates = Rates(rate_limit)
        self.creations = Creations(creations)
        self.calls: list[SeenCall] = []
        inside = application(self.site, self.rates, self.creations)
        self._server = LoopbackServer(Gate(inside, self._hosts, self.faults, self.calls), "the local GitHub")

    def _hosts(self) -> set[str]:
        return {f"127.0.0.1:{self._server.port}", f"localhost:{self._server.port}"}

    def start(self, port: int = 0) -> "LocalGitHub":
        """Serves on 127.0.0.1. After a stop it can be started again, with all that it remembers."""
        listening = self._server.bind(port)
        self.site.at.url = f"http://127.0.0.1:{self._server.port}"
        self.site.postman.open()
        self._server.serve(listening)
        return self

    def stop(self) -> None:
        """Answers no more and sends no more."""
        self.site.postman.close()
        self._server.stop()

    def __enter__(self) -> "LocalGitHub":
        """Starts, unless that happened already."""
        return self if self._server.running else self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL: REST under `/api/v3/`, git under `/{owner}/{repo}.git`, pages under `/`."""
        return self.site.at.url

    @property
    def app_id(self) -> int:
        """The App's id."""
        return self.site.app.id

    @property
    def client_id(self) -> str:
        """The App's OAuth client id."""
        return self.site.app.client_id

    @property
    def webhook_secret(self) -> str:
        """Signs the deliveries; made at start."""
        return self.site.app.webhook_secret

    @property
    def private_key_pem(self) -> str:
        """The App's RSA key; made when this process first needed one."""
        key = self.site.app.private_key
        return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()

    def advance(self, seconds: float) -> None:
        """Lets tokens and rate limits age by so much. Dates and the App's JWTs keep to the real clock."""
        ledger = self.site.ledger
        with ledger.lock:
            for token in list(ledger.tokens.values()):
                ledger.keep(replace(token, expires_at=token.expires_at - timedelta(seconds=seconds)))
            self.rates.age(seconds)


@cache
def _private_key() -> rsa.RSAPrivateKey:
    # One for this process, never written down: making one for each hub would be most of a quick test's time.
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _register(ledger: Ledger, about: manifests.Manifest) -> App:
    owner = User(ledger.new_id(), "operator")
    bot = User(ledger.new_id(), f"{about.slug}[bot]", "Bot")
    ledger.users[bot.login.lower()] = bot
    return App(
        id=APP_ID,
        client_id="Iv23" + secrets.token_hex(8),
        manifest=about,
        private_key=_private_key(),
        webhook_secret=secrets.token_hex(24),
        owner=owner,
        bot=bot,
    )
