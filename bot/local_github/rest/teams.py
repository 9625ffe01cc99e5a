"""Teams of organisations: who is in them."""

from bot.local_github.access import reaches
from bot.local_github.refusals import not_accessible, not_found
from bot.local_github.rest.calls import Answer, Call, Route


def get_membership(call: Call) -> Answer:
    """GET /orgs/{org}/teams/{team}/memberships/{login}."""
    if call.token and not reaches(call.token.permissions, "members", "read"):
        raise not_accessible()
    members = call.site.ledger.teams.get((call.path["org"].lower(), call.path["team"]), frozenset())
    if call.path["login"].lower() not in members:
        raise not_found()
    return Answer(200, {"url": call.url, "role": "member", "state": "active"})


ROUTES = [Route("GET", "/orgs/{org}/teams/{team}/memberships/{login}", get_membership)]
