"""The App about itself: installations, their tokens, the log of deliveries."""

import re

from bot.local_github.access import Wishes, new_token
from bot.local_github.records import Delivery, Installation, Repository
from bot.local_github.refusals import RefusalError, not_found, suspended
from bot.local_github.rest.calls import Answer, Call, Route, paged
from bot.local_github.shapes import accounts, repositories
from bot.local_github.shapes.texts import date
from bot.local_github.site import Json

MOST_REPOSITORIES = 500


def get_app(call: Call) -> Answer:
    """GET /app."""
    return Answer(200, accounts.app(call.site))


def list_installations(call: Call) -> Answer:
    """GET /app/installations."""
    page, links = paged(call, list(call.site.ledger.installations.values()))
    return Answer(200, [accounts.installation(call.site, one) for one in page], links)


def get_installation(call: Call) -> Answer:
    """GET /app/installations/{id}."""
    return Answer(200, accounts.installation(call.site, _installation(call)))


def _installation(call: Call) -> Installation:
    found = call.site.ledger.installations.get(call.path["installation_id"])
    if found is None:
        raise not_found()
    return found


def create_token(call: Call) -> Answer:
    """POST /app/installations/{id}/access_tokens."""
    with call.site.ledger.lock:
        installation = _installation(call)
        if installation.suspended_at:
            raise suspended()
        chosen = _chosen(call, installation)
        wishes = Wishes(
            repository_ids=None if chosen is None else frozenset(one.id for one in chosen),
            permissions=call.given.get("permissions"),
            stateless=call.headers.get("x-github-stateless-s2s-token") == "enabled",
        )
        made = new_token(call.site.app, call.site.ledger, installation, wishes)
    return Answer(201, accounts.token(call.site, made, chosen or []))


def _chosen(call: Call, installation: Installation) -> list[Repository] | None:
    ids, names = call.given.get("repository_ids"), call.given.get("repositories")
    if ids is None and names is None:
        return None
    asked = [*(ids or []), *(str(name).lower() for name in names or [])]
    if len(asked) > MOST_REPOSITORIES:
        raise RefusalError(422, f"Too many repositories: at most {MOST_REPOSITORIES} can be chosen.")
    there = call.site.ledger.repositories_of(installation.account)
    found = {key: one for one in there for key in (one.id, one.name.lower())}
    if any(key not in found for key in asked):
        raise RefusalError(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    return list({found[key].id: found[key] for key in asked}.values())


def revoke_token(call: Call) -> Answer:
    """DELETE /installation/token."""
    if call.token:
        call.site.ledger.tokens.pop(call.token.value, None)
    return Answer(204)


def list_repositories(call: Call) -> Answer:
    """GET /installation/repositories."""
    token = call.token
    if token is None:
        raise not_found()
    account = call.site.ledger.installations[token.installation_id].account
    own = call.site.ledger.repositories_of(account)
    seen = [one for one in own if token.repository_ids is None or one.id in token.repository_ids]
    page, links = paged(call, seen)
    body = {
        "total_count": len(seen),
        "repository_selection": "all" if token.repository_ids is None else "selected",
        "repositories": [repositories.repository(call.site, one) for one in page],
    }
    return Answer(200, body, links)


def list_deliveries(call: Call) -> Answer:
    """GET /app/hook/deliveries: newest first, a page after a cursor."""
    size = min(max(call.number("per_page", 30), 1), 100)
    cursor = re.fullmatch(r"v1_(\d+)", call.query.get("cursor", ""))
    attempted = [one for one in list(call.site.ledger.deliveries.values()) if one.status != "pending"]
    newest = sorted(attempted, key=lambda one: -one.id)
    after = [one for one in newest if cursor is None or one.id < int(cursor[1])]
    wanted = call.query.get("status")
    listed = [one for one in after if wanted is None or one.ok == (wanted == "success")]
    page = listed[:size]
    more = {"Link": f'<{call.url}?per_page={size}&cursor=v1_{page[-1].id}>; rel="next"'} if len(listed) > size else {}
    return Answer(200, [_item(one) for one in page], more)


def get_delivery(call: Call) -> Answer:
    """GET /app/hook/deliveries/{id}."""
    one = _delivery(call)
    request = {"headers": dict(one.request_headers), "payload": dict(one.payload)}
    response = {"headers": dict(one.response_headers), "payload": one.response}
    return Answer(200, {**_item(one), "url": call.site.postman.address or "", "request": request, "response": response})


def redeliver(call: Call) -> Answer:
    """POST /app/hook/deliveries/{id}/attempts."""
    call.site.postman.send_again(_delivery(call))
    return Answer(202, {})


def _delivery(call: Call) -> Delivery:
    found = call.site.ledger.deliveries.get(call.path["delivery_id"])
    if found is None:
        raise not_found()
    return found


def _item(one: Delivery) -> Json:
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": date(one.delivered_at),
        "redelivery": one.redelivery,
        "duration": one.duration,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": one.installation_id,
        "repository_id": one.repository_id,
        "throttled_at": None,
    }


ROUTES = [
    Route("GET", "/app", get_app, "app"),
    Route("GET", "/app/installations", list_installations, "app"),
    Route("GET", "/app/installations/{installation_id:int}", get_installation, "app"),
    Route("POST", "/app/installations/{installation_id:int}/access_tokens", create_token, "app"),
    Route("GET", "/app/hook/deliveries", list_deliveries, "app"),
    Route("GET", "/app/hook/deliveries/{delivery_id:int}", get_delivery, "app"),
    Route("POST", "/app/hook/deliveries/{delivery_id:int}/attempts", redeliver, "app"),
    Route("DELETE", "/installation/token", revoke_token),
    Route("GET", "/installation/repositories", list_repositories),
]
