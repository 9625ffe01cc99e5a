"""The local GitHub as its users hold it: start it, plant repositories, act as a person, look at what came of it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.local_github import manifest as manifests
from bot.local_github.addresses import Addresses
from bot.local_github.anchors import Lines
from bot.local_github.application import application
from bot.local_github.creations import Creations
from bot.local_github.deeds import accounts, checks, conversation, line_comments, pulls, repositories, reviews
from bot.local_github.deeds.pulls import Proposal
from bot.local_github.deeds.remarks import Author, Remark
from bot.local_github.deeds.reviews import Opinion
from bot.local_github.faults import Faults, SeenCall
from bot.local_github.gate import Gate
from bot.local_github.ledger import Ledger
from bot.local_github.rates import Rates
from bot.local_github.records import (
    CheckRun,
    Comment,
    Delivery,
    Installation,
    Issue,
    Pull,
    Reactable,
    Reaction,
    Repository,
    Review,
    ReviewComment,
    Role,
    Side,
    User,
)
from bot.local_github.repositories_on_disk import RepositoriesOnDisk
from bot.local_github.site import App, Site
from bot.local_github.webhooks import Postman
from bot.loopback import LoopbackServer

MANIFEST = Path(__file__).parents[2] / "app.yml"
APP_ID = 4711


class LocalGitHub:
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

    # What the App's operator is told

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

    def deliver_to(self, url: str | None) -> None:
        """Where deliveries go; None logs them as failed."""
        self.site.postman.address = url

    # Accounts

    def add_user(self, login: str, type: str = "User") -> User:
        """A person, or with that type a Bot."""
        return accounts.add_user(self.site, login, "Bot" if type == "Bot" else "User")

    def add_organisation(self, login: str) -> User:
        """An organisation."""
        return accounts.add_user(self.site, login, "Organization")

    def install(self, account: str) -> Installation:
        """Installs the App on all repositories of an account."""
        return accounts.install(self.site, account)

    def suspend(self, account: str) -> None:
        """Suspends the installation."""
        accounts.suspend(self.site, account)

    def unsuspend(self, account: str) -> None:
        """Ends the suspension."""
        accounts.unsuspend(self.site, account)

    def uninstall(self, account: str) -> None:
        """Takes the App away."""
        accounts.uninstall(self.site, account)

    def set_role(self, repo: str, login: str, role: str, *, like: str | None = None) -> None:
        """none, read, triage, write, maintain or admin; a custom role's name needs `like`, one of those."""
        accounts.set_role(self.site, repo, login, role, like)

    def role(self, repo: str, login: str) -> Role:
        """What somebody may do in a repository."""
        return self.site.ledger.role(self.repository(repo), self._user(login))

    # Repositories

    def add_repository(
        self,
        owner: str,
        name: str,
        files: Mapping[str, str] | None,
        *,
        private: bool = False,
        default_branch: str = "main",
        drafts: bool = True,
    ) -> Repository:
        """A repository with one commit of those files; None leaves it empty. `drafts`: its plan knows draft pulls."""
        return repositories.add_repository(self.site, owner, name, files, private, default_branch, drafts)

    def repository(self, repo: str) -> Repository:
        """The repository of that name."""
        return self.site.ledger.repository(repo)

    def fork(self, repo: str, login: str) -> Repository:
        """A person's fork."""
        return repositories.fork(self.site, repo, login)

    def archive(self, repo: str) -> None:
        """Makes it read-only."""
        repositories.archive(self.site, repo)

    def rename_repository(self, repo: str, name: str) -> Repository:
        """Gives it another name; the former one redirects."""
        return repositories.rename(self.site, repo, name)

    def delete_repository(self, repo: str) -> None:
        """Takes it away."""
        repositories.delete(self.site, repo)

    def commit(
        self, repo: str, branch: str, files: Mapping[str, str | None], by: str, message: str | None = None
    ) -> str:
        """A person's push of one commit (None removes a file); a new branch starts at the default branch."""
        return repositories.commit(self.site, repo, branch, files, by, message)

    def branches(self, repo: str) -> dict[str, str]:
        """Branch names with their commits."""
        return self.site.disk.branches(self.repository(repo).id)

    def file_at(self, repo: str, ref: str, path: str) -> str | None:
        """A file's text at a branch or commit."""
        content = self.site.disk.file(self.repository(repo).id, ref, path)
        return None if content is None else content.decode()

    def diff(self, repo: str, base: str, head: str) -> str:
        """What `head` changed since it left `base` (branches or commits), as a unified diff."""
        where = self.repository(repo).id
        ends = [self.site.disk.resolve(where, ref) for ref in (base, head)]
        if ends[0] is None or ends[1] is None:
            raise ValueError(f"{base} or {head} is not in {repo}")
        return self.site.disk.diff(where, ends[0], ends[1])

    # Conversation

    def open_issue(self, repo: str, title: str, body: str | None, by: str) -> Issue:
        """A person opens an issue."""
        return conversation.open_issue(self.site, self.repository(repo), title, body, self._user(by))

    def close_issue(self, repo: str, number: int, by: str) -> Issue:
        """A person closes an issue or a pull request."""
        return conversation.set_state(self.site, self.repository(repo), number, True, self._user(by))

    def reopen_issue(self, repo: str, number: int, by: str) -> Issue:
        """A person opens it again."""
        return conversation.set_state(self.site, self.repository(repo), number, False, self._user(by))

    def label_issue(self, repo: str, number: int, label: str, by: str) -> Issue:
        """A person puts a label on it."""
        return conversation.label(self.site, self.repository(repo), number, label, self._user(by))

    def lock_issue(self, repo: str, number: int, by: str) -> Issue:
        """A person closes the conversation to those who may not write."""
        return conversation.lock(self.site, self.repository(repo), number, self._user(by))

    def comment(self, repo: str, number: int, body: str, by: str, by_app: int | None = None) -> Comment:
        """A comment; `by_app` is the id of the App through which it was written."""
        return conversation.comment(self.site, self.repository(repo), number, body, self._user(by), by_app)

    def edit_comment(self, repo: str, comment_id: int, body: str, by: str) -> Comment:
        """A person changes a comment."""
        return conversation.edit_comment(self.site, self.repository(repo), comment_id, body, self._user(by))

    def delete_comment(self, repo: str, comment_id: int, by: str) -> None:
        """A person deletes a comment."""
        conversation.delete_comment(self.site, self.repository(repo), comment_id, self._user(by))

    def open_pull(
        self, repo: str, title: str, head: str, base: str, body: str | None, by: str, draft: bool = False
    ) -> Pull:
        """A person opens a pull request; `head` is `login:branch` from a fork."""
        proposal = Proposal(title, head, base, body, draft)
        return pulls.open_pull(self.site, self.repository(repo), proposal, self._user(by))

    # Reviews

    def review(
        self, repo: str, number: int, body: str, by: str, event: str = "COMMENT", remarks: Sequence[Remark] = ()
    ) -> Review:
        """A person reviews a pull request: COMMENT, APPROVE or REQUEST_CHANGES, with comments on lines."""
        opinion = Opinion(event, body, remarks)
        return reviews.submit(self.site, self.repository(repo), number, opinion, Author(self._user(by)))

    def comment_on_line(
        self, repo: str, number: int, path: str, line: int, body: str, by: str, side: Side = "RIGHT"
    ) -> ReviewComment:
        """A person comments on one line of a pull request, outside of a review."""
        remark = Remark(Lines(path=path, line=line, side=side), body)
        return line_comments.comment(self.site, self.repository(repo), number, remark, Author(self._user(by)))

    def reply_on_line(self, repo: str, comment_id: int, body: str, by: str) -> ReviewComment:
        """A person answers in the thread that a comment on a line began."""
        repository = self.repository(repo)
        number = self.site.ledger.review_comment(repository, comment_id).number
        return line_comments.reply(self.site, repository, number, comment_id, body, Author(self._user(by)))

    def resolve_thread(self, repo: str, comment_id: int, by: str, resolved: bool = True) -> None:
        """A person calls the thread that a comment began done, or takes that back."""
        repository = self.repository(repo)
        number = self.site.ledger.review_comment(repository, comment_id).number
        line_comments.resolve(self.site, repository, number, comment_id, resolved, self._user(by))

    # Checks and their buttons

    def fail_check(self, repo: str, sha: str, name: str, text: str) -> CheckRun:
        """Another App's check of a commit fails, and says so."""
        return checks.fail_elsewhere(self.site, self.repository(repo), sha, name, text)

    def rerun_check(self, repo: str, check_id: int, by: str) -> None:
        """A person presses "Re-run" on a check run."""
        checks.ask_again(self.site, self.repository(repo), check_id, self._user(by))

    def rerun_checks(self, repo: str, sha: str, by: str) -> None:
        """A person presses "Re-run all checks" of a commit."""
        checks.ask_all_again(self.site, self.repository(repo), sha, self._user(by))

    def press(self, repo: str, check_id: int, identifier: str, by: str) -> None:
        """A person presses one of a check run's buttons."""
        checks.press(self.site, self.repository(repo), check_id, identifier, self._user(by))

    # What came of it

    def issue(self, repo: str, number: int) -> Issue:
        """An issue or pull request."""
        return self.site.ledger.issue(self.repository(repo), number)

    def issues(self, repo: str) -> list[Issue]:
        """Issues, without pull requests, oldest first."""
        return [one for one in self.site.ledger.issues_of(self.repository(repo)) if not isinstance(one, Pull)]

    def pulls(self, repo: str) -> list[Pull]:
        """Pull requests, oldest first."""
        return self.site.ledger.pulls_of(self.repository(repo))

    def comments(self, repo: str, number: int) -> list[Comment]:
        """Comments, oldest first."""
        return self.site.ledger.comments_of(self.issue(repo, number))

    def reviews(self, repo: str, number: int) -> list[Review]:
        """Reviews of a pull request, oldest first; a comment on a line by itself has one too, without a text."""
        return self.site.ledger.reviews_of(self.issue(repo, number))

    def review_comments(self, repo: str, number: int) -> list[ReviewComment]:
        """Comments on a pull request's lines, oldest first."""
        return self.site.ledger.review_comments_of(self.issue(repo, number))

    def reactions(self, of: Issue | Comment | ReviewComment) -> list[Reaction]:
        """Reactions to an issue, a pull request or a comment."""
        kinds: dict[type, Reactable] = {Comment: "comment", ReviewComment: "review_comment"}
        return self.site.ledger.reactions_to(kinds.get(type(of), "issue"), of.id)

    def check_runs(self, repo: str, sha: str | None = None) -> list[CheckRun]:
        """Check runs of a commit, or of all."""
        return self.site.ledger.checks_of(self.repository(repo), sha)

    # Webhooks and time

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt, oldest first."""
        with self.site.ledger.lock:
            return list(self.site.ledger.deliveries.values())

    def send(self, event: str, payload: Mapping[str, Any], guid: str | None = None) -> Delivery:
        """Sends an odd event as it is."""
        return self.site.postman.send(event, payload, guid=guid)

    def redeliver(self, guid: str) -> Delivery:
        """Sends the delivery of that GUID again."""
        first = next((one for one in self.deliveries if one.guid == guid), None)
        if first is None:
            raise ValueError(f"there was no delivery {guid}")
        return self.site.postman.send_again(first)

    def settle(self, timeout: float = 10) -> bool:
        """Waits (seconds) until every delivery so far was attempted; False if that was not enough."""
        return self.site.postman.settle(timeout)

    def advance(self, seconds: float) -> None:
        """Lets tokens and rate limits age by so much. Dates and the App's JWTs keep to the real clock."""
        ledger = self.site.ledger
        with ledger.lock:
            for token in list(ledger.tokens.values()):
                ledger.keep(replace(token, expires_at=token.expires_at - timedelta(seconds=seconds)))
            self.rates.age(seconds)

    def _user(self, login: str) -> User:
        return self.site.ledger.user(login)


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
