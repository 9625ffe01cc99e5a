"""Bare git repositories on disk, one directory a repository id, and the questions asked of them with git itself."""

import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from bot.local_github.diffs import Change, changes_of
from bot.local_github.git_objects import FORMAT, Commit, Entry, commits_of
from bot.local_github.records import User

FIXED = re.compile(r"[0-9a-f]{40}(\.\.[0-9a-f]{40})?")  # commits by their full names
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
CONFIG = {
    "http.receivepack": "true",
    "uploadpack.allowFilter": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "receive.hideRefs": "refs/pull",
    "receive.fsckObjects": "true",
    "gc.auto": "0",
}
# GitHub names the rule in the ref's status; an `update` hook can only say it in a `remote:` line.
UPDATE_HOOK = """#!/bin/sh
[ "$LOCAL_GITHUB_WORKFLOWS" = write ] && exit 0
case "$3" in *[!0]*) ;; *) exit 0 ;; esac
for commit in $(git rev-list "$3" --not --all); do
  path=$(git diff-tree --root -m -r --no-commit-id --name-only "$commit" -- .github/workflows | head -n 1)
  if [ -n "$path" ]; then
    echo "refusing to allow a GitHub App to create or update workflow" \\
      "\\`$path\\` without \\`workflows\\` permission" >&2
    exit 1
  fi
done
"""


class GitError(Exception):
    """git said no; the message is its own."""


class RepositoriesOnDisk:
    """The bare repositories under one directory."""

    def __init__(self, directory: Path) -> None:
        git = shutil.which("git")
        if git is None:
            raise GitError("git is not installed; the local GitHub needs it")
        self.directory = directory.absolute()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.git = git
        self.environment = {
            "PATH": f"{Path(git).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
        }

    def path(self, repository_id: int) -> Path:
        """Where a repository lies."""
        return self.directory / f"{repository_id}.git"

    def run(self, repository_id: int, *arguments: str, stdin: bytes = b"") -> bytes:
        """git's answer in a repository. Raises GitError."""
        command = [self.git, f"--git-dir={self.path(repository_id)}", *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, env=self.environment, check=False)
        if done.returncode != 0:
            raise GitError(done.stderr.decode(errors="replace").strip())
        return done.stdout

    def create(self, repository_id: int, default_branch: str) -> None:
        """A new repository without a commit."""
        path = self.path(repository_id)
        command = [
            self.git,
            "init",
            "--quiet",
            "--bare",
            f"--initial-branch={default_branch}",
            "--template=",
            str(path),
        ]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)
        sections = "".join(
            f"[{key.partition('.')[0]}]\n\t{key.partition('.')[2]} = {value}\n" for key, value in CONFIG.items()
        )
        with (path / "config").open("a") as config:
            config.write(sections)
        hook = path / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(UPDATE_HOOK)
        hook.chmod(0o755)

    def fork(self, source_id: int, target_id: int, default_branch: str) -> None:
        """A new repository with the branches of another."""
        self.create(target_id, default_branch)
        self.run(target_id, "fetch", "--quiet", str(self.path(source_id)), "refs/heads/*:refs/heads/*")

    def delete(self, repository_id: int) -> None:
        """Takes a repository off the disk."""
        shutil.rmtree(self.path(repository_id), ignore_errors=True)

    def branches(self, repository_id: int) -> dict[str, str]:
        """Branch names with the commits that they stand on."""
        return {name.removeprefix("refs/heads/"): sha for name, sha in self.refs(repository_id, "refs/heads").items()}

    def refs(self, repository_id: int, under: str) -> dict[str, str]:
        """Full names of the refs under a prefix, with the commits that they stand on."""
        listed = self.run(repository_id, "for-each-ref", "--format=%(objectname) %(refname)", "--end-of-options", under)
        return {name: sha for sha, _, name in (line.partition(" ") for line in listed.decode().splitlines())}

    def resolve(self, repository_id: int, ref: str) -> str | None:
        """The commit that a branch, a full ref or a commit's name means; None where there is none."""
        if ref.startswith("-") or not ref:
            return None
        for candidate in (f"refs/heads/{ref}", ref):
            try:
                found = self.run(repository_id, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
            except GitError:
                continue
            return found.decode().strip()
        return None

    def commit(
        self,
        repository_id: int,
        branch: str,
        files: Mapping[str, str | None],
        by: User,
        message: str,
        start: str | None,
    ) -> str:
        """A person's commit on top of a branch (or of `start`, for a new branch); None as a text removes the file."""
        who = f"{by.login} <{by.id}+{by.login}@users.noreply.github.com>".encode()
        ref = f"refs/heads/{branch}".encode()
        lines = [b"commit " + ref, b"committer %s %d +0000" % (who, time.time()), _data(message)]
        if start:
            lines.append(b"from " + start.encode())
        for path, text in files.items():
            lines += [b"D " + _quoted(path)] if text is None else [b"M 100644 inline " + _quoted(path), _data(text)]
        self.run(repository_id, "fast-import", "--quiet", stdin=b"\n".join(lines) + b"\n")
        return self.run(repository_id, "rev-parse", ref.decode()).decode().strip()

    def kind(self, repository_id: int, sha: str) -> str | None:
        """What an object is by its full name: commit, tree, blob or tag; None where there is none."""
        try:
            return self.run(repository_id, "cat-file", "-t", sha).decode().strip()
        except GitError:
            return None

    def written(self, repository_id: int, sha: str) -> bytes:
        """A commit as git stores it."""
        return self.run(repository_id, "cat-file", "commit", sha)

    def write(self, repository_id: int, commit: bytes) -> str:
        """Stores a commit, on no branch; its name."""
        return self.run(repository_id, "hash-object", "-t", "commit", "-w", "--stdin", stdin=commit).decode().strip()

    def may_be_ref(self, ref: str) -> bool:
        """Whether git takes it as the name of a ref."""
        command = [self.git, "check-ref-format", ref]
        return subprocess.run(command, env=self.environment, check=False, capture_output=True).returncode == 0

    def set_ref(self, repository_id: int, ref: str, sha: str) -> None:
        """Points a ref at a commit."""
        self.run(repository_id, "update-ref", ref, sha)

    def delete_ref(self, repository_id: int, ref: str) -> None:
        """Takes a ref away."""
        self.run(repository_id, "update-ref", "-d", ref)

    def borrow(self, repository_id: int, source_id: int, sha: str, ref: str) -> None:
        """Brings a commit of another repository (a fork) into this one, under a ref."""
        if source_id != repository_id:
            self.run(repository_id, "fetch", "--quiet", str(self.path(source_id)), sha)
        self.set_ref(repository_id, ref, sha)

    def file(self, repository_id: int, ref: str, path: str) -> bytes | None:
        """A file's content at a commit."""
        if "\0" in ref + path:
            return None
        try:
            return self.run(repository_id, "cat-file", "blob", f"{ref}:{path}")
        except GitError:
            return None

    def tree(self, repository_id: int, ref: str, path: str = "") -> list[Entry]:
        """Entries of a directory, or the one entry of a file; empty where there is nothing."""
        where = [f"{path.strip('/')}/"] if path else []
        listed = self._entries(repository_id, ref, where)
        return listed or (self._entries(repository_id, ref, [path.strip("/")]) if path else [])

    def _entries(self, repository_id: int, ref: str, where: list[str]) -> list[Entry]:
        try:
            listed = self.run(repository_id, "--literal-pathspecs", "ls-tree", "-l", "-z", ref, "--", *where)
        except GitError:
            return []
        rows = (row.partition("\t") for row in listed.decode(errors="surrogateescape").split("\0") if row)
        found = [(*about.split(), path) for about, _, path in rows]
        return [Entry(mode, kind, sha, int(size) if size != "-" else 0, path) for mode, kind, sha, size, path in found]

    def commits(self, repository_id: int, wanted: str, limit: int = 250) -> list[Commit]:
        """Commits of a range such as `main..topic`, newest first."""
        find = _commits if FIXED.fullmatch(wanted) else _commits.__wrapped__
        return list(find(self, repository_id, wanted, limit))

    def merge_base(self, repository_id: int, base: str, head: str) -> str:
        """The commit at which `head` left `base`, which a pull request's diff begins at. Both are full commit names."""
        return _merge_base(self, repository_id, base, head) or EMPTY_TREE

    def changes(self, repository_id: int, base: str, head: str) -> tuple[Change, ...]:
        """What `head` changed since it left `base`, a file at a time. Both are full commit names."""
        return _changes(self, repository_id, base, head)

    def diff(self, repository_id: int, base: str, head: str) -> str:
        """The same as one unified diff."""
        return _diff(self, repository_id, base, head)


def _data(text: str) -> bytes:
    raw = text.encode()
    return b"data %d\n%s" % (len(raw), raw)


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.encode()


def _between(disk: RepositoriesOnDisk, repository_id: int, base: str, head: str) -> list[str]:
    start = disk.merge_base(repository_id, base, head)
    plain = ["--no-ext-diff", "--no-textconv", "--no-color", "--full-index", "-M"]
    return ["diff", *plain, "--end-of-options", start, head, "--"]


# Commits never change, so what lies between two of them is right for ever.
@lru_cache(maxsize=256)
def _merge_base(disk: RepositoriesOnDisk, repository_id: int, base: str, head: str) -> str | None:
    try:
        return disk.run(repository_id, "merge-base", base, head).decode().strip()
    except GitError:
        return None


@lru_cache(maxsize=256)
def _commits(disk: RepositoriesOnDisk, repository_id: int, wanted: str, limit: int) -> tuple[Commit, ...]:
    command = ["log", "-z", f"--max-count={limit}", f"--format={FORMAT}", "--end-of-options", wanted, "--"]
    return commits_of(disk.run(repository_id, *command).decode(errors="replace"))


@lru_cache(maxsize=256)
def _diff(disk: RepositoriesOnDisk, repository_id: int, base: str, head: str) -> str:
    return disk.run(repository_id, *_between(disk, repository_id, base, head)).decode(errors="replace")


@lru_cache(maxsize=256)
def _changes(disk: RepositoriesOnDisk, repository_id: int, base: str, head: str) -> tuple[Change, ...]:
    command = _between(disk, repository_id, base, head)
    raw = disk.run(repository_id, command[0], "--raw", "-z", *command[1:]).decode(errors="replace")
    return changes_of(raw, _diff(disk, repository_id, base, head))
