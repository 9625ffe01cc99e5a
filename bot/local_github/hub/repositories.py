"""Repositories and what lies in them."""

from collections.abc import Mapping

from bot.local_github.deeds import repositories
from bot.local_github.git_objects import Commit
from bot.local_github.hub.hands import Hands
from bot.local_github.records import Repository
from bot.local_github.signatures import is_verified


class Repositories(Hands):
    """Repositories and what lies in them."""

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

    def refs(self, repo: str, under: str) -> dict[str, str]:
        """Full names of the refs under a prefix, also of such as are no branches, with their commits."""
        return self.site.disk.refs(self.repository(repo).id, under)

    def commit_at(self, repo: str, ref: str) -> Commit:
        """The commit that a branch stands at, or that has this name."""
        return self.site.disk.commits(self.repository(repo).id, ref, limit=1)[0]

    def is_verified(self, repo: str, ref: str) -> bool:
        """Whether people see that commit as Verified."""
        return is_verified(self.site, self.repository(repo).id, self.commit_at(repo, ref))

    def sign_nothing(self) -> None:
        """Signs no commit from now on, as a GitHub Enterprise Server that was not set up to."""
        self.site.ledger.signs = False

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
