"""A repository on disk and workspaces of it, for tests of what the host does with git."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings, load
from runners.surveys import survey
from runners.workspace import Workspace, check_out, open_workspace

PERSON = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in {"NAME": "A person", "EMAIL": "person@example.com", "DATE": "1700000000 +0000"}.items()
}


def plain_git(where: Path, *arguments: str, check: bool = True) -> str:
    """git as anybody runs it in a folder, with the configuration that lies there."""
    env = {**os.environ, **PERSON, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=where, env=env, capture_output=True, check=check)
    return done.stdout.decode(errors="replace").strip()


@dataclass(frozen=True)
class Ground:
    """A bare repository with one commit, and the settings under which workspaces of it are made."""

    settings: Settings
    mirror: Path
    base_sha: str

    @contextmanager
    def workspace(self, name: str = "r1-1") -> Iterator[Workspace]:
        """A checkout with the agent's own repository in it."""
        with open_workspace(self.settings, name, self.mirror, self.base_sha) as workspace:
            check_out(workspace, survey(workspace).index)
            yield workspace


def make_ground(directory: Path, files: Mapping[str, bytes], submodule: str | None = None) -> Ground:
    """A repository of these files; `submodule` is the commit that it records at `vendor/lib`."""
    source = directory / "source"
    for path, content in files.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(content)
    plain_git(source, "init", "--quiet", "--initial-branch=main")
    plain_git(source, "add", "--all", "--force")
    if submodule:
        plain_git(source, "update-index", "--add", "--cacheinfo", f"160000,{submodule},vendor/lib")
    plain_git(source, "commit", "--quiet", "--message=first")
    plain_git(directory, "clone", "--quiet", "--bare", str(source), "mirror.git")
    settings = load(_env_file=None, data_dir=directory / "bot")
    return Ground(settings, directory / "mirror.git", plain_git(source, "rev-parse", "HEAD"))
