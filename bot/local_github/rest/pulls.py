"""Pull requests, their files and reviewers."""

from bot.local_github.deeds import conversation, pulls
from bot.local_github.deeds.pulls import Proposal
from bot.local_github.records import Pull
from bot.local_github.refusals import invalid
from bot.local_github.rest.calls import Answer, Call, in_repository, paged
from bot.local_github.shapes import pulls as shapes

DIFF = ("application/vnd.github.diff", "application/vnd.github.v3.diff")


def list_pulls(call: Call) -> Answer:
    """GET …/pulls: newest first; `head` is `owner:branch`."""
    state, head, base = (call.query.get(name) for name in ("state", "head", "base"))
    newest = reversed(call.site.ledger.pulls_of(call.repository))
    found = [
        pull
        for pull in newest
        if state in (pull.state, "all") or (state is None and pull.state == "open")
        if head in (None, "") or f"{pull.head_owner.login}:{pull.head}".lower() == str(head).lower()
        if base in (None, "", pull.base)
    ]
    page, links = paged(call, found)
    return Answer(200, [shapes.simple_pull(call.site, call.repository, one) for one in page], links)


def create_pull(call: Call) -> Answer:
    """POST …/pulls."""
    wanted = Proposal(
        title=call.text("title"),
        head=call.text("head"),
        base=call.text("base"),
        body=call.maybe_text("body"),
        draft=bool(call.given.get("draft", False)),
        maintainer_can_modify=bool(call.given.get("maintainer_can_modify", True)),
    )
    app = call.site.app
    made = pulls.open_pull(call.site, call.repository, wanted, app.bot, app.id)
    shape = shapes.pull(call.site, call.repository, made)
    return Answer(201, shape, {"Location": shape["url"]})


def _pull(call: Call) -> Pull:
    return call.site.ledger.pull(call.repository, call.path["number"])


def get_pull(call: Call) -> Answer:
    """GET …/pulls/{number}, as JSON or as a diff."""
    pull = _pull(call)
    if call.headers.get("accept", "") in DIFF:
        return Answer(200, call.site.disk.diff(call.repository.id, pull.base_sha, pull.head_sha).encode())
    return Answer(200, shapes.pull(call.site, call.repository, pull))


def update_pull(call: Call) -> Answer:
    """PATCH …/pulls/{number}: title, body, state."""
    bot, number, state = call.site.app.bot, call.path["number"], call.maybe_text("state")
    if state not in (None, "open", "closed"):
        raise invalid("PullRequest", field="state")
    pulls.edit_pull(call.site, call.repository, number, call.maybe_text("title"), call.maybe_text("body"), bot)
    if state:
        conversation.set_state(call.site, call.repository, number, state == "closed", bot)
    return Answer(200, shapes.pull(call.site, call.repository, _pull(call)))


def list_files(call: Call) -> Answer:
    """GET …/pulls/{number}/files."""
    pull = _pull(call)
    changes = call.site.disk.changes(call.repository.id, pull.base_sha, pull.head_sha)
    page, links = paged(call, changes)
    return Answer(200, [shapes.changed_file(call.site, call.repository, pull.head_sha, one) for one in page], links)


def request_reviewers(call: Call) -> Answer:
    """POST …/pulls/{number}/requested_reviewers."""
    logins = [str(login) for login in call.given.get("reviewers") or []]
    changed = pulls.request_reviewers(call.site, call.repository, call.path["number"], logins, call.site.app.bot)
    return Answer(201, shapes.simple_pull(call.site, call.repository, changed))


ROUTES = [
    *in_repository("GET", "/pulls", list_pulls, "pull_requests:read"),
    *in_repository("POST", "/pulls", create_pull, "pull_requests:write"),
    *in_repository("GET", "/pulls/{number:int}", get_pull, "pull_requests:read"),
    *in_repository("PATCH", "/pulls/{number:int}", update_pull, "pull_requests:write"),
    *in_repository("GET", "/pulls/{number:int}/files", list_files, "pull_requests:read"),
    *in_repository("POST", "/pulls/{number:int}/requested_reviewers", request_reviewers, "pull_requests:write"),
]
