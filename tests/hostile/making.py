"""Writes git's objects byte by byte: git itself would refuse to make many of these."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PERSON = b"A person <person@example.com> 1700000000 +0000"
FILE, PROGRAM, LINK, FOLDER, SUBMODULE = "100644", "100755", "120000", "40000", "160000"


@dataclass(frozen=True)
class Entry:
    """One line of a tree."""

    mode: str
    name: bytes
    sha: str

    @property
    def order(self) -> bytes:
        """git sorts folders as if a slash stood behind their names."""
        return self.name + (b"/" if self.mode == FOLDER else b"")


@dataclass(frozen=True)
class Maker:
    """Writes into one bare repository."""

    git_dir: Path

    def write(self, kind: str, body: bytes) -> str:
        """Any object, whatever is in it."""
        whole = f"{kind} {len(body)}\0".encode() + body
        sha = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        place = self.git_dir / "objects" / sha[:2] / sha[2:]
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(zlib.compress(whole, 1))
        return sha

    def file(self, name: str | bytes, content: str | bytes, mode: str = FILE) -> Entry:
        """A file, or what else has a text."""
        body = content.encode() if isinstance(content, str) else content
        return Entry(mode, name.encode() if isinstance(name, str) else name, self.write("blob", body))

    def link(self, name: str, target: str) -> Entry:
        """A symbolic link."""
        return self.file(name, target, LINK)

    def submodule(self, name: str | bytes) -> Entry:
        """A commit of another repository."""
        return Entry(SUBMODULE, name.encode() if isinstance(name, str) else name, "1" * 40)

    def folder(self, name: str | bytes, entries: Iterable[Entry]) -> Entry:
        """A folder; its name may be none that git would take."""
        return Entry(FOLDER, name.encode() if isinstance(name, str) else name, self.tree(entries))

    def files(self, files: Mapping[str, str | bytes]) -> list[Entry]:
        """Files by their paths."""
        folders: dict[str, dict[str, str | bytes]] = {}
        for path, content in files.items():
            head, _, rest = path.partition("/")
            if rest:
                folders.setdefault(head, {})[rest] = content
        here = [self.file(path, content) for path, content in files.items() if "/" not in path]
        return here + [self.folder(name, self.files(inside)) for name, inside in folders.items()]

    def tree(self, entries: Iterable[Entry]) -> str:
        """A tree, in the order that git wants."""
        lines = (
            f"{one.mode} ".encode() + one.name + b"\0" + bytes.fromhex(one.sha)
            for one in sorted(entries, key=lambda one: one.order)
        )
        return self.write("tree", b"".join(lines))

    def commit(self, tree: str, head: bytes = b"", message: bytes = b"Begin\n") -> str:
        """A commit; `head` is whatever else stands in its head."""
        lines = f"tree {tree}\n".encode(), b"author ", PERSON, b"\ncommitter ", PERSON, b"\n", head, b"\n", message
        return self.write("commit", b"".join(lines))
