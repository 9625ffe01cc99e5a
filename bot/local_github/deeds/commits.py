"""Commits that are made over the API: of a tree that was pushed, on no branch."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.local_github.git_objects import Commit
from bot.local_github.ledger import now
from bot.local_github.records import Repository
from bot.local_github.refusals import RefusalError, archived
from bot.local_github.signatures import ADDRESS, COMMITTER, sign
from bot.local_github.site import Site


@dataclass(frozen=True)
class Person:
    """Who made a commit, as git writes people."""

    name: str
    email: str

    @property
    def can_be_written(self) -> bool:
        """Whether git has room for such a name and address."""
        return bool(self.name.strip()) and not any(mark in self.name + self.email for mark in "<>\n\0")

    def line(self, role: str) -> str:
        """A commit's header; the time is the present."""
        return f"{role} {self.name} <{self.email}> {int(now().timestamp())} +0000"


@dataclass(frozen=True)
class Draft:
    """What a commit is to be; an author or a committer who is named keeps GitHub from signing it."""

    message: str
    tree: str
    parents: Sequence[str]
    author: Person | None = None
    committer: Person | None = None


def create_commit(site: Site, repository: Repository, draft: Draft) -> Commit:
    """POST …/git/commits. Raises GitHub's 422s."""
    if repository.archived:
        raise archived()
    if site.disk.kind(repository.id, draft.tree) != "tree":
        raise RefusalError(422, "Tree SHA does not exist")
    if any(site.disk.kind(repository.id, parent) != "commit" for parent in draft.parents):
        raise RefusalError(422, "Parent SHA does not exist or is not a commit object")
    people = [person for person in (draft.author, draft.committer) if person]
    if "\0" in draft.message or not all(person.can_be_written for person in people):
        raise RefusalError(422, "Invalid commit")
    sha = site.disk.write(repository.id, _written(site, draft))
    return site.disk.commits(repository.id, sha, limit=1)[0]


def _written(site: Site, draft: Draft) -> bytes:
    bot = site.app.bot
    named = draft.author or draft.committer
    author = draft.author or Person(bot.login, f"{bot.id}+{bot.login}@users.noreply.github.com")
    committer = draft.committer or (author if named else Person(COMMITTER, ADDRESS))
    parents = [f"parent {parent}" for parent in draft.parents]
    lines = [f"tree {draft.tree}", *parents, author.line("author"), committer.line("committer"), "", draft.message]
    commit = "\n".join(lines).encode(errors="replace")
    return sign(site.app, commit) if site.ledger.signs and not named else commit
