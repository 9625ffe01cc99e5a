"""Commits that GitHub makes itself, and references that are no branches."""

from runners.github.connection import Connection
from runners.github_types import Committed, Where, committed_of


class Commits(Connection):
    """Commits in the App's name, and what is taken away behind them."""

    def commit(self, where: Where, like: str, *, message: str, tree: str, parent: str) -> Committed:
        """A commit of a tree that GitHub has, on no branch. It names no author, so that GitHub signs it.

        `like` is the commit of ours that it stands for, by which it keeps its turn.

        https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
        """
        with self.writing(where, f"commit like {like}") as rest:
            made = rest.git.create_commit(where.owner, where.name, message=message, tree=tree, parents=[parent])
            return committed_of(made.json())

    def refs_under(self, where: Where, folder: str) -> list[str]:
        """Full names of the references below `folder` (refs/…/)."""
        with self.reading(where) as rest:
            found = rest.git.list_matching_refs(where.owner, where.name, folder.removeprefix("refs/")).json()
        return [one["ref"] for one in found]

    def remove_ref(self, where: Where, ref: str) -> None:
        """Removes a reference (refs/…). Raises Invalid where there is none."""
        with self.writing(where, f"without {ref}") as rest:
            rest.git.delete_ref(where.owner, where.name, ref.removeprefix("refs/"))
