"""Repositories: facts, roles, branches, refs and files."""

from bot.local_github.deeds import repositories as deeds
from bot.local_github.refusals import RefusalError, not_found
from bot.local_github.rest.calls import Answer, Call, in_repository, paged
from bot.local_github.shapes import accounts, repositories

DIFF = ("application/vnd.github.diff", "application/vnd.github.v3.diff")
RAW = ("application/vnd.github.raw", "application/vnd.github.v3.raw", "application/vnd.github.raw+json")


def get_repository(call: Call) -> Answer:
    """GET /repos/{owner}/{repo}."""
    return Answer(200, repositories.full_repository(call.site, call.repository))


def get_role(call: Call) -> Answer:
    """GET …/collaborators/{login}/permission."""
    person = call.site.ledger.users.get(call.path["login"].lower())
    if person is None:
        raise RefusalError(404, f"{call.path['login']} is not a user")
    role = call.site.ledger.role(call.repository, person)
    return Answer(200, accounts.collaborator(call.site, person, role))


def get_branch(call: Call) -> Answer:
    """GET …/branches/{branch}."""
    sha = call.site.disk.branches(call.repository.id).get(call.path["branch"])
    if sha is None:
        raise RefusalError(404, "Branch not found")
    tip = call.site.disk.commits(call.repository.id, sha, limit=1)[0]
    return Answer(200, repositories.branch(call.site, call.repository, call.path["branch"], tip))


def get_ref(call: Call) -> Answer:
    """GET …/git/ref/{ref}, e.g. `heads/main`."""
    name = f"refs/{call.path['ref']}"
    sha = call.site.disk.refs(call.repository.id, name).get(name)
    if sha is None:
        raise not_found()
    return Answer(200, repositories.ref(call.site, call.repository, name, sha))


def find_refs(call: Call) -> Answer:
    """GET …/git/matching-refs/{ref}: those whose name begins with it."""
    begin, repository = f"refs/{call.path['ref']}", call.repository
    found = {name: sha for name, sha in call.site.disk.refs(repository.id, "refs").items() if name.startswith(begin)}
    listed, links = paged(call, [repositories.ref(call.site, repository, *one) for one in found.items()])
    return Answer(200, listed, links)


def create_ref(call: Call) -> Answer:
    """POST …/git/refs."""
    name, sha = call.text("ref"), call.text("sha")
    deeds.create_ref(call.site, call.repository, name, sha)
    return Answer(201, repositories.ref(call.site, call.repository, name, sha))


def delete_ref(call: Call) -> Answer:
    """DELETE …/git/refs/{ref}."""
    deeds.delete_ref(call.site, call.repository, f"refs/{call.path['ref']}")
    return Answer(204)


def compare(call: Call) -> Answer:
    """GET …/compare/{base}...{head}: what head changed since it left base; only as a diff."""
    if call.headers.get("accept", "") not in DIFF:
        raise RefusalError(415, "This local GitHub compares as a diff only.")
    ends = [call.site.disk.resolve(call.repository.id, end) for end in call.path["basehead"].split("...")]
    if len(ends) != 2 or None in ends:
        raise not_found()
    return Answer(200, call.site.disk.diff(call.repository.id, str(ends[0]), str(ends[1])).encode())


def get_contents(call: Call) -> Answer:
    """GET …/contents/{path}: a file, or a directory's entries."""
    repository, path = call.repository, call.path.get("path", "").strip("/")
    if not call.site.disk.branches(repository.id):
        raise RefusalError(404, "This repository is empty.")
    ref = call.query.get("ref") or repository.default_branch
    sha = call.site.disk.resolve(repository.id, ref)
    if sha is None:
        raise RefusalError(404, f"No commit found for the ref {ref}")
    entries = call.site.disk.tree(repository.id, sha, path)
    if not entries:
        raise not_found()
    if [entry.path for entry in entries] != [path]:
        return Answer(200, [repositories.entry(call.site, repository, ref, entry) for entry in entries])
    content = call.site.disk.file(repository.id, sha, path) or b""
    if call.headers.get("accept", "") in RAW:
        return Answer(200, content)
    return Answer(200, repositories.file(call.site, repository, ref, entries[0], content))


ROUTES = [
    *in_repository("GET", "", get_repository, "metadata:read"),
    *in_repository("GET", "/collaborators/{login}/permission", get_role, "metadata:read"),
    *in_repository("GET", "/branches/{branch:path}", get_branch, "contents:read"),
    *in_repository("GET", "/git/ref/{ref:path}", get_ref, "contents:read"),
    *in_repository("GET", "/git/matching-refs/{ref:path}", find_refs, "contents:read"),
    *in_repository("POST", "/git/refs", create_ref, "contents:write"),
    *in_repository("DELETE", "/git/refs/{ref:path}", delete_ref, "contents:write"),
    *in_repository("GET", "/compare/{basehead:path}", compare, "contents:read"),
    *in_repository("GET", "/contents", get_contents, "contents:read"),
    *in_repository("GET", "/contents/{path:path}", get_contents, "contents:read"),
]
