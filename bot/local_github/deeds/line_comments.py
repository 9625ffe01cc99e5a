"""Comments on a pull request's lines outside of a review: one by itself, answers, and threads that are done."""

from dataclasses import replace

from bot.local_github.anchors import NotInDiff
from bot.local_github.deeds.announce import announce
from bot.local_github.deeds.conversation import check_writable
from bot.local_github.deeds.remarks import (
    Author,
    Placed,
    Remark,
    Verdict,
    check_unlocked,
    has_commit,
    placed,
    write,
)
from bot.local_github.records import Pull, Repository, ReviewComment, User
from bot.local_github.refusals import RefusalError, check_length, invalid, not_found
from bot.local_github.shapes import pulls, reviews
from bot.local_github.site import Site
from bot.local_github.threads import Thread, threads_of

RESOURCE = "PullRequestReviewComment"


def comment(
    site: Site, repository: Repository, number: int, remark: Remark, by: Author, commit_id: str | None = None
) -> ReviewComment:
    """One comment. Raises GitHub's 422s, which have other words and another shape than a review's."""
    check_writable(repository)
    with site.ledger.lock:
        pull = site.ledger.pull(repository, number)
        check_unlocked(site, repository, pull, by.user)
        _check_body(remark.body)
        commit_id = commit_id or pull.head_sha
        if not has_commit(site, repository, pull, commit_id):
            words = "commit_id is not part of the pull request"
            raise invalid(RESOURCE, field="commit_id", code="custom", message=words)
        try:
            said = placed(site, repository, pull, commit_id, remark)
        except NotInDiff as problem:
            raise _refused(problem) from None
        return _alone(site, repository, pull, said, by)


def _refused(problem: NotInDiff) -> RefusalError:
    code = "invalid" if problem.field == "path" else "custom"
    return invalid(RESOURCE, field=f"pull_request_review_thread.{problem.field}", code=code, message=problem.words)


def reply(site: Site, repository: Repository, number: int, comment_id: int, body: str, by: Author) -> ReviewComment:
    """An answer in a thread, which is named by its first comment."""
    check_writable(repository)
    with site.ledger.lock:
        pull, first = site.ledger.pull(repository, number), site.ledger.review_comment(repository, comment_id)
        if first.number != pull.number:
            raise not_found()
        check_unlocked(site, repository, pull, by.user)
        _check_body(body)
        if first.in_reply_to_id is not None:
            words = "replies to replies are not supported"
            raise invalid(RESOURCE, field="in_reply_to", code="custom", message=words)
        return _alone(site, repository, pull, Placed(first.anchor, body, first.id), by)


def _check_body(body: str) -> None:
    if not body.strip():
        raise invalid(RESOURCE, field="body", code="missing_field")
    check_length(RESOURCE, body)


def _alone(site: Site, repository: Repository, pull: Pull, said: Placed, by: Author) -> ReviewComment:
    """On GitHub every comment belongs to a review; this one says nothing else."""
    _, (made,) = write(site, repository, pull, Verdict("COMMENTED", "", pull.head_sha), [said], by)
    return made


def resolve(site: Site, repository: Repository, number: int, comment_id: int, resolved: bool, by: User) -> None:
    """Calls the thread that a comment began done, or takes that back. The pull request's author and writers may."""
    check_writable(repository)
    with site.ledger.lock:
        pull = site.ledger.pull(repository, number)
        thread = _thread(site, pull, comment_id)
        if by.id != pull.user.id and not site.ledger.role(repository, by).reaches("write"):
            raise RefusalError(403, f"{by.login} can't do that here")
        if thread.resolved == resolved:
            return
        site.ledger.keep(replace(thread.first, resolved_by=by if resolved else None))
        shapes = {
            "pull_request": pulls.simple_pull(site, repository, pull),
            "thread": reviews.thread(site, repository, pull, thread),
        }
        action = "resolved" if resolved else "unresolved"
        announce(site, "pull_request_review_thread", action, repository, by, **shapes)


def _thread(site: Site, pull: Pull, comment_id: int) -> Thread:
    for thread in threads_of(site.ledger, pull):
        if thread.first.id == comment_id:
            return thread
    raise not_found()
