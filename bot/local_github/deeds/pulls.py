"""Pull requests are opened, changed, and follow the pushes to their branch."""

from dataclasses import dataclass, replace

from bot.local_github.deeds.conversation import announce_issue, check_writable
from bot.local_github.ledger import now
from bot.local_github.records import Pull, Repository, User
from bot.local_github.refusals import RefusalError, check_length, invalid
from bot.local_github.shapes import users
from bot.local_github.site import Site


@dataclass(frozen=True)
class Proposal:
    """What a new pull request shall be. `head` is a branch, or `owner:branch` for a fork's."""

    title: str
    head: str
    base: str
    body: str | None = None
    draft: bool = False
    maintainer_can_modify: bool = True


def open_pull(site: Site, repository: Repository, wanted: Proposal, by: User, via_app: int | None = None) -> Pull:
    """A new pull request. Raises GitHub's 422s."""
    check_writable(repository)
    _check(repository, wanted)
    with site.ledger.lock:
        source, branch = _source(site, repository, wanted.head)
        base_sha = site.disk.branches(repository.id).get(wanted.base)
        if base_sha is None:
            raise invalid("PullRequest", field="base")
        head_sha = site.disk.branches(source.id).get(branch)
        if head_sha is None:
            raise invalid("PullRequest", field="head")
        _check_alone(site, repository, source, branch, wanted.base)
        number = site.ledger.next_number(repository)
        _check_commits(site, repository, source, (base_sha, head_sha), wanted, number)
        made = Pull(
            id=site.ledger.new_id(),
            pull_id=site.ledger.new_id(),
            repository_id=repository.id,
            number=number,
            title=wanted.title,
            body=wanted.body,
            user=by,
            via_app=via_app,
            created_at=now(),
            updated_at=now(),
            head_repository_id=source.id,
            head_owner=source.owner,
            head=branch,
            head_sha=head_sha,
            base=wanted.base,
            base_sha=base_sha,
            draft=wanted.draft,
            maintainer_can_modify=wanted.maintainer_can_modify and source.id != repository.id,
        )
        site.ledger.keep(made)
        announce_issue(site, repository, made, "opened", by)
        return made


def _check(repository: Repository, wanted: Proposal) -> None:
    if not wanted.title.strip():
        raise invalid("PullRequest", field="title", code="missing_field")
    check_length("PullRequest", wanted.body)
    if wanted.draft and not repository.drafts:
        raise RefusalError(422, "Draft pull requests are not supported in this repository.")


def _source(site: Site, repository: Repository, head: str) -> tuple[Repository, str]:
    owner, separator, branch = head.rpartition(":")
    if not separator or owner.lower() == repository.owner.login.lower():
        return repository, branch
    for one in site.ledger.repositories.values():
        if one.fork_of == repository.id and one.owner.login.lower() == owner.lower():
            return one, branch
    raise invalid("PullRequest", field="head")


def _check_alone(site: Site, repository: Repository, source: Repository, branch: str, base: str) -> None:
    for pull in site.ledger.pulls_of(repository):
        if pull.state == "open" and (pull.head_repository_id, pull.head, pull.base) == (source.id, branch, base):
            words = f"A pull request already exists for {source.owner.login}:{branch}."
            raise invalid("PullRequest", code="custom", message=words)


def _check_commits(
    site: Site, repository: Repository, source: Repository, ends: tuple[str, str], wanted: Proposal, number: int
) -> None:
    base_sha, head_sha = ends
    ref = f"refs/pull/{number}/head"
    site.disk.borrow(repository.id, source.id, head_sha, ref)
    if site.disk.commits(repository.id, f"{base_sha}..{head_sha}", limit=1):
        return
    site.disk.delete_ref(repository.id, ref)
    words = f"No commits between {wanted.base} and {wanted.head}"
    raise invalid("PullRequest", code="custom", message=words)


def follow(site: Site, pushed: Repository, by: User) -> None:
    """Lets open pull requests follow their branches after a push; one whose branch is gone is closed."""
    branches = site.disk.branches(pushed.id)
    for pull in site.ledger.pulls_from(pushed):
        if pull.state != "open":
            continue
        if pull.repository_id == pushed.id and pull.base in branches:
            pull = site.ledger.keep(replace(pull, base_sha=branches[pull.base]))
        if pull.head_repository_id == pushed.id:
            _follow_head(site, pushed, pull, branches.get(pull.head), by)


def _follow_head(site: Site, source: Repository, pull: Pull, sha: str | None, by: User) -> None:
    repository = site.ledger.repositories[pull.repository_id]
    if sha is None:
        closed = site.ledger.keep(replace(pull, state="closed", closed_at=now(), closed_by=by, updated_at=now()))
        announce_issue(site, repository, closed, "closed", by)
    elif sha != pull.head_sha:
        site.disk.borrow(repository.id, source.id, sha, f"refs/pull/{pull.number}/head")
        moved = site.ledger.keep(replace(pull, head_sha=sha, updated_at=now()))
        announce_issue(site, repository, moved, "synchronize", by, before=pull.head_sha, after=sha)


def edit_pull(site: Site, repository: Repository, number: int, title: str | None, body: str | None, by: User) -> Pull:
    """Another title or text; None keeps what is there."""
    check_writable(repository)
    check_length("PullRequest", body)
    with site.ledger.lock:
        before = site.ledger.pull(repository, number)
        new = {"title": before.title if title is None else title, "body": before.body if body is None else body}
        changed = site.ledger.keep(replace(before, title=str(new["title"]), body=new["body"], updated_at=now()))
        was = {key: {"from": getattr(before, key)} for key, value in new.items() if value != getattr(before, key)}
        if was:
            announce_issue(site, repository, changed, "edited", by, changes=was)
        return changed


def request_reviewers(site: Site, repository: Repository, number: int, logins: list[str], by: User) -> Pull:
    """Asks collaborators for a review; GitHub refuses everybody else, and the author."""
    check_writable(repository)
    with site.ledger.lock:
        pull = site.ledger.pull(repository, number)
        asked = [site.ledger.users.get(login.lower()) for login in logins]
        reviewers = [user for user in asked if user and site.ledger.role(repository, user).base != "none"]
        if len(reviewers) < len(asked) or not all(_collaborates(site, repository, user) for user in reviewers):
            raise RefusalError(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified is "
                f"not a collaborator of the {repository.full_name} repository.",
            )
        if any(user.id == pull.user.id for user in reviewers):
            raise RefusalError(422, "Review cannot be requested from pull request author.")
        changed = site.ledger.keep(replace(pull, reviewers=tuple(dict.fromkeys((*pull.reviewers, *reviewers)))))
        for user in reviewers:
            shape = users.user(site.at, user)
            announce_issue(site, repository, changed, "review_requested", by, requested_reviewer=shape)
        return changed


def _collaborates(site: Site, repository: Repository, user: User) -> bool:
    return user.id == repository.owner.id or (repository.id, user.login.lower()) in site.ledger.roles
