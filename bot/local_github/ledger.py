"""Everything that the local GitHub remembers, in memory behind one lock, and the questions asked of it."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import RLock
from typing import TypeVar

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
    Token,
    User,
)
from bot.local_github.refusals import RefusalError, not_found
from bot.local_github.shelf import Shelf

Kept = TypeVar("Kept", Repository, Issue, Pull, Comment, Review, ReviewComment, CheckRun, Installation, Token, Delivery)


def now() -> datetime:
    """The present to the second, as GitHub's dates are."""
    return datetime.now(UTC).replace(microsecond=0)


class Ledger:
    """The records by their keys. Whoever reads more than one thing, or writes, holds `lock`.

    `signs` is False where commits of Apps are not signed, as on a GitHub Enterprise Server that was not set up to.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.revision = 0
        self.signs = True
        self.users: dict[str, User] = {}
        self.repositories: dict[int, Repository] = {}
        self.former_names: dict[str, int] = {}
        self.roles: dict[tuple[int, str], Role] = {}
        # Logins, by the organisation's login and the team's slug.
        self.teams: dict[tuple[str, str], frozenset[str]] = {}
        self.issues: Shelf[tuple[int, int], Issue] = Shelf(lambda one: one.repository_id)
        self.comments: Shelf[int, Comment] = Shelf(lambda one: (one.repository_id, one.number))
        self.reviews: Shelf[int, Review] = Shelf(lambda one: (one.repository_id, one.number))
        self.review_comments: Shelf[int, ReviewComment] = Shelf(lambda one: (one.repository_id, one.number))
        self.reactions: Shelf[int, Reaction] = Shelf(lambda one: (one.kind, one.subject_id))
        self.checks: Shelf[int, CheckRun] = Shelf(lambda one: one.repository_id)
        self.suites: dict[tuple[int, str], int] = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.deliveries: dict[int, Delivery] = {}
        self._ids = itertools.count(1001)
        self._found: dict[str, int] = {}  # names by which a repository was found; a rename makes one of them wrong

    def new_id(self) -> int:
        """A number that nothing else has."""
        return next(self._ids)

    def changed(self) -> None:
        """Tells open pages that there is something new."""
        with self.lock:
            self.revision += 1

    def keep(self, record: Kept) -> Kept:
        """Writes a record in place of the one with its key."""
        with self.lock:
            if isinstance(record, Issue):
                self.issues[record.repository_id, record.number] = record
            elif isinstance(record, Token):
                self.tokens[record.value] = record
            elif isinstance(record, Repository):
                self.repositories[record.id] = record
            elif isinstance(record, Comment):
                self.comments[record.id] = record
            elif isinstance(record, Review):
                self.reviews[record.id] = record
            elif isinstance(record, ReviewComment):
                self.review_comments[record.id] = record
            elif isinstance(record, CheckRun):
                self.checks[record.id] = record
            elif isinstance(record, Installation):
                self.installations[record.id] = record
            else:
                self.deliveries[record.id] = record
            self.changed()
            return record

    def user(self, login: str) -> User:
        """The user of that name, in any case."""
        found = self.users.get(login.lower())
        if found is None:
            raise not_found()
        return found

    def repository(self, full_name: str) -> Repository:
        """The repository of that name. An earlier name of it answers 301, as GitHub does."""
        with self.lock:
            wanted = full_name.lower()
            found = self.repositories.get(self._found.get(wanted, 0))
            if found and found.full_name.lower() == wanted:
                return found
            for repository in self.repositories.values():
                if repository.full_name.lower() == wanted:
                    self._found[wanted] = repository.id
                    return repository
            moved = self.former_names.get(wanted)
        if moved in self.repositories:
            raise RefusalError(301, "Moved Permanently", extra={"repository_id": moved})
        raise not_found()

    def issue(self, repository: Repository, number: int) -> Issue:
        """The issue or pull request of that number."""
        found = self.issues.get((repository.id, number))
        if found is None:
            raise not_found()
        return found

    def pull(self, repository: Repository, number: int) -> Pull:
        """The pull request of that number."""
        found = self.issue(repository, number)
        if not isinstance(found, Pull):
            raise not_found()
        return found

    def issues_of(self, repository: Repository) -> list[Issue]:
        """Issues and pull requests, oldest first."""
        with self.lock:
            return self.issues.of(repository.id)

    def pulls_of(self, repository: Repository) -> list[Pull]:
        """Pull requests, oldest first."""
        return [issue for issue in self.issues_of(repository) if isinstance(issue, Pull)]

    def pulls_from(self, repository: Repository) -> list[Pull]:
        """Pull requests into it, and, if it is a fork, into the repository that it was forked from."""
        source = self.repositories.get(repository.fork_of or 0)
        return self.pulls_of(repository) + (self.pulls_of(source) if source else [])

    def forget(self, repository: Repository) -> None:
        """Takes a repository away, and all that is in it."""
        with self.lock:
            del self.repositories[repository.id]
            for issue in self.issues.of(repository.id):
                for comment in self.comments_of(issue):
                    del self.comments[comment.id]
                for review in self.reviews_of(issue):
                    del self.reviews[review.id]
                for remark in self.review_comments_of(issue):
                    del self.review_comments[remark.id]
                del self.issues[issue.repository_id, issue.number]
            for check in self.checks.of(repository.id):
                del self.checks[check.id]
            self.changed()

    def next_number(self, repository: Repository) -> int:
        """The number of the next issue or pull request."""
        return 1 + max((issue.number for issue in self.issues_of(repository)), default=0)

    def comment(self, repository: Repository, comment_id: int) -> Comment:
        """A comment of that repository."""
        found = self.comments.get(comment_id)
        if found is None or found.repository_id != repository.id:
            raise not_found()
        return found

    def comments_of(self, issue: Issue) -> list[Comment]:
        """Comments of an issue or pull request, oldest first."""
        with self.lock:
            return self.comments.of((issue.repository_id, issue.number))

    def review(self, pull: Issue, review_id: int) -> Review:
        """A review of that pull request."""
        found = self.reviews.get(review_id)
        if found is None or (found.repository_id, found.number) != (pull.repository_id, pull.number):
            raise not_found()
        return found

    def reviews_of(self, pull: Issue) -> list[Review]:
        """Reviews of a pull request, oldest first."""
        with self.lock:
            return self.reviews.of((pull.repository_id, pull.number))

    def review_comment(self, repository: Repository, comment_id: int) -> ReviewComment:
        """A comment on lines of a pull request of that repository."""
        found = self.review_comments.get(comment_id)
        if found is None or found.repository_id != repository.id:
            raise not_found()
        return found

    def review_comments_of(self, pull: Issue) -> list[ReviewComment]:
        """Comments on lines of a pull request, oldest first."""
        with self.lock:
            return self.review_comments.of((pull.repository_id, pull.number))

    def reactions_to(self, kind: Reactable, subject_id: int) -> list[Reaction]:
        """Reactions, oldest first."""
        with self.lock:
            return self.reactions.of((kind, subject_id))

    def check(self, repository: Repository, check_id: int) -> CheckRun:
        """A check run of that repository."""
        found = self.checks.get(check_id)
        if found is None or found.repository_id != repository.id:
            raise not_found()
        return found

    def checks_of(self, repository: Repository, sha: str | None = None) -> list[CheckRun]:
        """Check runs of a commit, or of all, oldest first."""
        with self.lock:
            return [check for check in self.checks.of(repository.id) if sha in (None, check.head_sha)]

    def suite(self, repository: Repository, sha: str) -> int:
        """The id of the App's check suite on a commit."""
        with self.lock:
            return self.suites.setdefault((repository.id, sha), self.new_id())

    def installation_of(self, account: User) -> Installation | None:
        """The App's installation on an account."""
        with self.lock:
            return next((i for i in self.installations.values() if i.account.id == account.id), None)

    def repositories_of(self, account: User) -> list[Repository]:
        """The repositories of an account, oldest first."""
        with self.lock:
            return [repository for repository in self.repositories.values() if repository.owner.id == account.id]

    def role(self, repository: Repository, user: User) -> Role:
        """What somebody may do: what was given, admin for the owner, read for everybody in a public repository."""
        given = self.roles.get((repository.id, user.login.lower()))
        if given:
            return given
        if user.id == repository.owner.id:
            return Role("admin", "admin")
        return Role("none", "none") if repository.private else Role("read", "read")

    def people(self) -> Iterator[User]:
        """Everybody who can write a comment by hand."""
        with self.lock:
            return iter([user for user in self.users.values() if user.type == "User"])
