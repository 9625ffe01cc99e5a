"""Reviews: people and the App say what they think of a pull request, as a whole and of its lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.local_github.anchors import NotInDiff
from bot.local_github.deeds.remarks import (
    Author,
    Placed,
    Remark,
    State,
    Verdict,
    check_unlocked,
    has_commit,
    placed,
    write,
)
from bot.local_github.records import Pull, Repository, Review, User
from bot.local_github.refusals import TOO_LONG, unprocessable
from bot.local_github.site import Site

EVENTS: dict[str, State] = {"COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}
NOT_OF_ONES_OWN = {"APPROVE": "approve", "REQUEST_CHANGES": "request changes on"}


@dataclass(frozen=True)
class Opinion:
    """A review as it is asked for; of the newest commit, unless it names another one."""

    event: str | None
    body: str = ""
    remarks: Sequence[Remark] = ()
    commit_id: str | None = None


def submit(site: Site, repository: Repository, number: int, wanted: Opinion, by: Author) -> Review:
    """A review with its comments, all of it or none. Raises GitHub's 422s."""
    with site.ledger.lock:
        pull = site.ledger.pull(repository, number)
        check_unlocked(site, repository, pull, by.user)
        state = _state(pull, wanted.event, by.user)
        _check_texts(wanted)
        commit_id = wanted.commit_id or pull.head_sha
        if not has_commit(site, repository, pull, commit_id):
            raise unprocessable("The commitOID is not part of the pull request")
        said = _placed(site, repository, pull, commit_id, wanted.remarks)
        review, _ = write(site, repository, pull, Verdict(state, wanted.body, commit_id), said, by)
        return review


def _state(pull: Pull, event: str | None, by: User) -> State:
    if not event:
        raise unprocessable("This local GitHub keeps no pending reviews: say COMMENT, APPROVE or REQUEST_CHANGES")
    if event not in EVENTS:
        raise unprocessable("Variable $event of type PullRequestReviewEvent was provided invalid value")
    if event in NOT_OF_ONES_OWN and by.id == pull.user.id:
        raise unprocessable(f"Review Can not {NOT_OF_ONES_OWN[event]} your own pull request")
    return EVENTS[event]


def _check_texts(wanted: Opinion) -> None:
    if wanted.event != "APPROVE" and not wanted.body.strip() and not wanted.remarks:
        raise unprocessable("You need to leave a comment indicating the requested changes.")
    if any(len(text) > TOO_LONG for text in (wanted.body, *(remark.body for remark in wanted.remarks))):
        raise unprocessable(f"Body is too long (maximum is {TOO_LONG} characters)")
    if not all(remark.body.strip() for remark in wanted.remarks):
        raise unprocessable("Body can't be blank")


def _placed(
    site: Site, repository: Repository, pull: Pull, commit_id: str, remarks: Sequence[Remark]
) -> Sequence[Placed]:
    found, problems = [], []
    for remark in remarks:
        try:
            found.append(placed(site, repository, pull, commit_id, remark))
        except NotInDiff as problem:
            problems.append(problem.sentence())
    if problems:
        raise unprocessable(_listed(problems))
    return found


def _listed(sentences: Sequence[str]) -> str:
    """All of them as one sentence, as GitHub tells them; which comment is meant it leaves to be found."""
    *others, last = sentences
    comma = "," if len(others) > 1 else ""
    return f"{', '.join(others)}{comma} and {last}" if others else last
