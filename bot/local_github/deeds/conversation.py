"""People and the App write: issues, comments, labels, reactions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.local_github.deeds.announce import announce
from bot.local_github.ledger import now
from bot.local_github.records import REACTIONS, Comment, Issue, Pull, Reactable, Reaction, Repository, User
from bot.local_github.refusals import RefusalError, archived, check_length, invalid, not_found
from bot.local_github.shapes import issues, pulls
from bot.local_github.site import Json, Site


def check_writable(repository: Repository) -> None:
    """Refuses to write in an archived repository."""
    if repository.archived:
        raise archived()


def open_issue(site: Site, repository: Repository, title: str, body: str | None, by: User) -> Issue:
    """A new issue."""
    check_writable(repository)
    if not title.strip():
        raise invalid("Issue", field="title", code="missing_field")
    check_length("Issue", body)
    with site.ledger.lock:
        made = Issue(
            id=site.ledger.new_id(),
            repository_id=repository.id,
            number=site.ledger.next_number(repository),
            title=title,
            body=body,
            user=by,
            created_at=now(),
            updated_at=now(),
        )
        site.ledger.keep(made)
        announce(site, "issues", "opened", repository, by, issue=issues.issue(site, repository, made))
        return made


def change_issue(
    site: Site, repository: Repository, number: int, action: str, by: User, change: Callable[[Issue], Issue]
) -> Issue:
    """Changes an issue or pull request and announces it as that action of its own event."""
    check_writable(repository)
    with site.ledger.lock:
        changed = site.ledger.keep(replace(change(site.ledger.issue(repository, number)), updated_at=now()))
        announce_issue(site, repository, changed, action, by)
        return changed


def announce_issue(site: Site, repository: Repository, issue: Issue, action: str, by: User, **parts: Any) -> None:
    """An `issues` or `pull_request` event, whichever it is."""
    if isinstance(issue, Pull):
        shape = pulls.pull(site, repository, issue)
        announce(site, "pull_request", action, repository, by, number=issue.number, pull_request=shape, **parts)
    else:
        announce(site, "issues", action, repository, by, issue=issues.issue(site, repository, issue), **parts)


def set_state(site: Site, repository: Repository, number: int, closed: bool, by: User) -> Issue:
    """Closes or reopens; the state that it is in already stays, without an event."""
    there = site.ledger.issue(repository, number)
    if (there.state == "closed") == closed:
        return there
    action, change = ("closed", _close(by)) if closed else ("reopened", _reopen)
    return change_issue(site, repository, number, action, by, change)


def _close(by: User) -> Callable[[Issue], Issue]:
    return lambda issue: replace(issue, state="closed", closed_at=now(), closed_by=by)


def _reopen(issue: Issue) -> Issue:
    return replace(issue, state="open", closed_at=None, closed_by=None)


def label(site: Site, repository: Repository, number: int, name: str, by: User) -> Issue:
    """Puts a label on an issue or pull request."""
    check_writable(repository)
    with site.ledger.lock:
        issue = site.ledger.issue(repository, number)
        changed = replace(issue, labels=tuple(dict.fromkeys((*issue.labels, name))), updated_at=now())
        site.ledger.keep(changed)
        announce_issue(site, repository, changed, "labeled", by, label=issues.label(site, repository, name))
        return changed


def lock(site: Site, repository: Repository, number: int, by: User) -> Issue:
    """Closes a conversation to all but those who may write."""
    return change_issue(site, repository, number, "locked", by, lambda issue: replace(issue, locked=True))


def comment(site: Site, repository: Repository, number: int, body: str, by: User, via_app: int | None) -> Comment:
    """A new comment."""
    check_writable(repository)
    with site.ledger.lock:
        issue = site.ledger.issue(repository, number)
        if issue.locked and not (by.type == "User" and site.ledger.role(repository, by).reaches("write")):
            raise RefusalError(403, "Unable to create comment because issue is locked.")
        _check_body(body)
        made = Comment(
            id=site.ledger.new_id(),
            repository_id=repository.id,
            number=number,
            body=body,
            user=by,
            created_at=now(),
            updated_at=now(),
            via_app=via_app,
        )
        site.ledger.keep(made)
        site.ledger.keep(replace(issue, updated_at=made.created_at))
        _announce_comment(site, repository, made, "created", by)
        return made


def edit_comment(site: Site, repository: Repository, comment_id: int, body: str, by: User) -> Comment:
    """Another text for a comment."""
    check_writable(repository)
    with site.ledger.lock:
        before = site.ledger.comment(repository, comment_id)
        _check_body(body)
        changed = site.ledger.keep(replace(before, body=body, updated_at=now()))
        _announce_comment(site, repository, changed, "edited", by, changes={"body": {"from": before.body}})
        return changed


def delete_comment(site: Site, repository: Repository, comment_id: int, by: User) -> None:
    """Takes a comment away."""
    check_writable(repository)
    with site.ledger.lock:
        gone = site.ledger.comment(repository, comment_id)
        _announce_comment(site, repository, gone, "deleted", by)
        del site.ledger.comments[comment_id]
        site.ledger.changed()


def _check_body(body: str) -> None:
    if not body.strip():
        raise invalid("IssueComment", field="data", code="unprocessable", message="Body cannot be blank")
    check_length("IssueComment", body)


def _announce_comment(site: Site, repository: Repository, made: Comment, action: str, by: User, **parts: Json) -> None:
    issue = site.ledger.issue(repository, made.number)
    shapes = {
        "issue": issues.issue(site, repository, issue),
        "comment": issues.comment(site, repository, issue, made),
    }
    announce(site, "issue_comment", action, repository, by, **shapes, **parts)


def react(site: Site, kind: Reactable, subject_id: int, content: str, by: User) -> tuple[Reaction, bool]:
    """A reaction, and whether it is new: the same one twice stays one."""
    if content not in REACTIONS:
        raise invalid("Reaction", field="content")
    with site.ledger.lock:
        for there in site.ledger.reactions_to(kind, subject_id):
            if (there.user.id, there.content) == (by.id, content):
                return there, False
        made = Reaction(site.ledger.new_id(), kind, subject_id, by, content, now())
        site.ledger.reactions[made.id] = made
        site.ledger.changed()
        return made, True


def unreact(site: Site, kind: Reactable, subject_id: int, reaction_id: int) -> None:
    """Takes a reaction back."""
    with site.ledger.lock:
        there = site.ledger.reactions.get(reaction_id)
        if there is None or (there.kind, there.subject_id) != (kind, subject_id):
            raise not_found()
        del site.ledger.reactions[reaction_id]
        site.ledger.changed()
