"""Commits: shown, and made of what was pushed."""

import re
from typing import Any

from bot.local_github.deeds import commits as deeds
from bot.local_github.refusals import RefusalError
from bot.local_github.rest.calls import Answer, Call, in_repository, text
from bot.local_github.shapes import commits

SHA = re.compile("[0-9a-f]{40}")


def get_commit(call: Call) -> Answer:
    """GET …/commits/{ref}, without the files."""
    sha = call.site.disk.resolve(call.repository.id, call.path["ref"])
    if sha is None:
        raise RefusalError(422, f"No commit found for SHA: {call.path['ref']}")
    found = call.site.disk.commits(call.repository.id, sha, 1)[0]
    return Answer(200, commits.commit(call.site, call.repository, found))


def create_commit(call: Call) -> Answer:
    """POST …/git/commits."""
    parents = call.given.get("parents", [])
    if not isinstance(parents, list):
        raise RefusalError(422, f"Invalid request.\n\nFor 'properties/parents', {parents!r} is not an array.")
    draft = deeds.Draft(
        message=call.text("message"),
        tree=_name("tree", call.text("tree")),
        parents=[_name("parents", parent) for parent in parents],
        author=_person(call.given.get("author")),
        committer=_person(call.given.get("committer")),
    )
    made = deeds.create_commit(call.site, call.repository, draft)
    return Answer(201, commits.git_commit(call.site, call.repository, made))


def _name(field: str, value: Any) -> str:
    if not isinstance(value, str) or not SHA.fullmatch(value):
        raise RefusalError(422, f"The {field} parameter must be exactly 40 characters and contain only [0-9a-f].")
    return value


def _person(given: Any) -> deeds.Person | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise RefusalError(422, f"Invalid request.\n\n{given!r} is not an object.")
    return deeds.Person(text(given, "name"), text(given, "email"))


ROUTES = [
    *in_repository("POST", "/git/commits", create_commit, "contents:write"),
    *in_repository("GET", "/commits/{ref:path}", get_commit, "contents:read"),
]
