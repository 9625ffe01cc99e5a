"""What lies in a repository, as git tells of it: commits, and the entries of trees. Pure."""

from dataclasses import dataclass

FIELDS = ("%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B")
FORMAT = "%x1f".join(FIELDS)  # of `git log -z`; the message comes last, since it may hold that character too


@dataclass(frozen=True)
class Commit:
    """A commit as pages and the API show it; dates are ISO 8601 with an offset."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: str
    email: str
    date: str
    committer: str
    committer_email: str
    committed: str
    message: str

    @property
    def subject(self) -> str:
        """The first line of its message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True)
class Entry:
    """A file or directory of a tree; `size` in bytes, 0 for a directory."""

    mode: str
    kind: str
    sha: str
    size: int
    path: str

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


def commits_of(listed: str) -> tuple[Commit, ...]:
    """What `git log -z` says in that format."""
    return tuple(_commit(*row.split("\x1f", len(FIELDS) - 1)) for row in listed.split("\0") if row)


def _commit(sha: str, tree: str, parents: str, *about: str) -> Commit:
    author, email, date, committer, address, committed, message = about
    return Commit(
        sha, tree, tuple(parents.split()), author, email, date, committer, address, committed, message.strip()
    )
