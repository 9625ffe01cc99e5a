"""Repositories come, change and go; people push to them."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.local_github.deeds import pulls
from bot.local_github.deeds.announce import announce
from bot.local_github.ledger import now
from bot.local_github.records import Repository, User
from bot.local_github.refusals import RefusalError, archived, not_found
from bot.local_github.site import Site


def add_repository(
    site: Site, owner: str, name: str, files: Mapping[str, str] | None, private: bool, default_branch: str, drafts: bool
) -> Repository:
    """A new repository with one commit of those files, or without any commit."""
    with site.ledger.lock:
        account = site.ledger.user(owner)
        _check_name(site, account, name)
        made = _new(site, account, name, default_branch, private=private, drafts=drafts)
        site.disk.create(made.id, default_branch)
        if files is not None:
            site.disk.commit(made.id, default_branch, files, account, "Begin", None)
        site.ledger.keep(made)
        announce(site, "repository", "created", made, account)
        return made


def fork(site: Site, full_name: str, login: str) -> Repository:
    """A person's fork, with the branches of its source."""
    with site.ledger.lock:
        source, account = site.ledger.repository(full_name), site.ledger.user(login)
        _check_name(site, account, source.name)
        made = replace(
            _new(site, account, source.name, source.default_branch, private=source.private), fork_of=source.id
        )
        site.disk.fork(source.id, made.id, source.default_branch)
        return site.ledger.keep(made)


def _check_name(site: Site, owner: User, name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name) or name in (".", "..") or name.endswith(".git"):
        raise ValueError(f"{name!r} can't be a repository's name: letters, digits, `.`, `_`, `-`")
    if any(one.name.lower() == name.lower() for one in site.ledger.repositories_of(owner)):
        raise ValueError(f"{owner.login}/{name} is there already")


def _new(site: Site, owner: User, name: str, default_branch: str, *, private: bool, drafts: bool = True) -> Repository:
    made = now()
    return Repository(site.ledger.new_id(), owner, name, default_branch, made, made, private, drafts=drafts)


def archive(site: Site, full_name: str) -> Repository:
    """Makes a repository read-only."""
    with site.ledger.lock:
        changed = site.ledger.keep(replace(site.ledger.repository(full_name), archived=True))
        announce(site, "repository", "archived", changed, changed.owner)
        return changed


def rename(site: Site, full_name: str, name: str) -> Repository:
    """Gives a repository another name; the former one redirects."""
    with site.ledger.lock:
        before = site.ledger.repository(full_name)
        _check_name(site, before.owner, name)
        site.ledger.former_names[before.full_name.lower()] = before.id
        changed = site.ledger.keep(replace(before, name=name))
        was = {"repository": {"name": {"from": before.name}}}
        announce(site, "repository", "renamed", changed, changed.owner, changes=was)
        return changed


def delete(site: Site, full_name: str) -> None:
    """Takes a repository away with all that is in it; pull requests from a fork lose their head repository."""
    with site.ledger.lock:
        gone = site.ledger.repository(full_name)
        announce(site, "repository", "deleted", gone, gone.owner)
        for pull in site.ledger.pulls_from(gone):
            if pull.head_repository_id == gone.id:
                site.ledger.keep(replace(pull, head_repository_id=None))
        site.ledger.forget(gone)
    site.disk.delete(gone.id)


def commit(
    site: Site, full_name: str, branch: str, files: Mapping[str, str | None], by: str, message: str | None
) -> str:
    """A person's push of one commit; a new branch starts at the default branch. Returns the commit's name."""
    with site.ledger.lock:
        repository, person = site.ledger.repository(full_name), site.ledger.user(by)
        branches = site.disk.branches(repository.id)
        start = branches.get(branch, branches.get(repository.default_branch))
        words = message or f"Change {', '.join(files)}"
        sha = site.disk.commit(repository.id, branch, files, person, words, start)
        pushed(site, repository, person)
        return sha


def create_ref(site: Site, repository: Repository, ref: str, sha: str) -> None:
    """POST …/git/refs. Raises GitHub's 422s."""
    if repository.archived:
        raise archived()
    if not ref.startswith("refs/") or ref.count("/") < 2:
        raise RefusalError(
            422, "Reference name must start with 'refs/' and contain at least three slash-separated components."
        )
    if not site.disk.may_be_ref(ref):
        raise RefusalError(422, f"{ref} is not a valid ref name.")
    with site.ledger.lock:
        if site.disk.resolve(repository.id, sha) != sha:
            raise RefusalError(422, "Object does not exist")
        if site.disk.resolve(repository.id, ref):
            raise RefusalError(422, "Reference already exists")
        site.disk.set_ref(repository.id, ref, sha)
        pushed(site, repository, site.app.bot)


def delete_ref(site: Site, repository: Repository, ref: str) -> None:
    """DELETE …/git/refs/{ref}; pull requests from the branch are closed, as on GitHub."""
    if repository.archived:
        raise archived()
    with site.ledger.lock:
        if not site.disk.resolve(repository.id, ref):
            raise RefusalError(422, "Reference does not exist")
        if ref == f"refs/heads/{repository.default_branch}":
            raise RefusalError(422, "Cannot delete the default branch")
        site.disk.delete_ref(repository.id, ref)
        pushed(site, repository, site.app.bot)


def pushed(site: Site, repository: Repository, by: User) -> None:
    """Settles what follows from moved branches."""
    with site.ledger.lock:
        if repository.id not in site.ledger.repositories:
            raise not_found()
        current = site.ledger.repositories[repository.id]
        site.ledger.keep(replace(current, pushed_at=now()))
        pulls.follow(site, current, by)
