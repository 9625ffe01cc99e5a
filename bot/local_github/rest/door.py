"""The way in to the REST API: who calls, whether they may, how often they did, and GitHub's headers on every answer."""

import json
import secrets
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute

from bot.local_github.access import check_app_token, check_may, check_token
from bot.local_github.creations import Creations
from bot.local_github.rates import Rate, Rates
from bot.local_github.records import Token
from bot.local_github.refusals import RefusalError, not_found
from bot.local_github.rest import (
    apps,
    checks,
    commits,
    graphql,
    issues,
    pulls,
    reactions,
    repositories,
    reviews,
    teams,
)
from bot.local_github.rest.calls import Answer, Call, Route
from bot.local_github.site import Site

VERSION = "2022-11-28"
LARGEST_BODY = 10 * 1024 * 1024
Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


class Door:
    """Makes Starlette's routes of the route tables."""

    def __init__(self, site: Site, rates: Rates, creations: Creations) -> None:
        self.site = site
        self.rates = rates
        self.creations = creations

    def routes(self) -> list[BaseRoute]:
        """All of the API; whatever it does not know is a 404 in GitHub's shape."""
        # `/commits/{ref}/check-runs` must be seen before `/commits/{ref}`, whose ref takes slashes too.
        families = (apps, checks, commits, issues, reactions, pulls, reviews, repositories, teams)
        rows = [*(row for family in families for row in family.ROUTES), *self._own()]
        known: list[BaseRoute] = [StarletteRoute(row.path, self._endpoint(row), methods=[row.method]) for row in rows]
        nothing = Route("*", "/{rest:path}", _nothing, "anyone")
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [*known, StarletteRoute(nothing.path, self._endpoint(nothing), methods=every)]

    def graphql(self) -> BaseRoute:
        """The one route of GraphQL, which lies beside the REST API, not under it."""
        row = graphql.ROUTE
        return StarletteRoute(row.path, self._endpoint(row), methods=[row.method])

    def _own(self) -> list[Route]:
        return [
            Route("GET", "/rate_limit", self._rate_limit, "app or installation"),
            Route("GET", "/meta", _meta, "anyone"),
        ]

    def _endpoint(self, row: Route) -> Endpoint:
        async def answer(request: Request) -> Response:
            try:
                body = await request.body()
            except ClientDisconnect:
                return Response(status_code=400)  # nobody hears it
            return await run_in_threadpool(self._answer, row, request, body)

        return answer

    def _answer(self, row: Route, request: Request, body: bytes) -> Response:
        rate = self._count("anyone", 0)
        try:
            _check_headers(request)
            token = self._caller(row, request)
            free = row.path == "/rate_limit"
            rate = self._count(_name(token, row), 0 if free else 1)
            if not free:
                _check_rate(rate, token)
            call = self._call(request, body, token)
            if row.needs and token:
                check_may(self.site.ledger, token, call.repository, row.needs)
                self._count_creation(row, token)
            answer = row.function(call)
        except RefusalError as refusal:
            answer = _refused(self.site, request, refusal)
        return _response(answer, {**_headers(row), **rate.headers()})

    def _caller(self, row: Route, request: Request) -> Token | None:
        if row.who == "anyone":
            return None
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() not in ("bearer", "token") or not value:
            raise RefusalError(401, "Requires authentication")
        if row.who == "app" or (row.who == "app or installation" and value.count(".") == 2 and value[:3] == "eyJ"):
            check_app_token(self.site.app, value)
            return None
        return check_token(self.site.ledger, value)

    def _count(self, caller: str, calls: int) -> Rate:
        with self.site.ledger.lock:
            return self.rates.count(caller, calls)

    def _count_creation(self, row: Route, token: Token) -> None:
        if row.method != "GET":
            with self.site.ledger.lock:
                self.creations.count(token.installation_id)

    def _call(self, request: Request, body: bytes, token: Token | None) -> Call:
        return Call(
            site=self.site,
            url=f"{self.site.at.url}{request.url.path}",
            path=request.path_params,
            query=request.query_params,
            headers=request.headers,
            given=_parsed(body),
            token=token,
        )

    def _rate_limit(self, call: Call) -> Answer:
        rate = self._count(_name(call.token, None), 0).shape()
        return Answer(200, {"resources": {"core": rate, "search": {**rate, "limit": 30}}, "rate": rate})


def _nothing(_: Call) -> Answer:
    raise not_found()


def _meta(_: Call) -> Answer:
    return Answer(200, {"verifiable_password_authentication": False, "installed_version": "3.19.0"})


def _name(token: Token | None, row: Route | None) -> str:
    if row and row.who == "anyone":
        return "anyone"
    return f"installation {token.installation_id}" if token else "app"


def _check_headers(request: Request) -> None:
    if not request.headers.get("user-agent"):
        words = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
        raise RefusalError(403, words)
    version = request.headers.get("x-github-api-version", VERSION)
    if version != VERSION:
        raise RefusalError(400, f"{version} is not a supported version of the API; supported: {VERSION}")


def _check_rate(rate: Rate, token: Token | None) -> None:
    if rate.exceeded:
        who = f"installation ID {token.installation_id}" if token else "the App"
        raise RefusalError(403, f"API rate limit exceeded for {who}.")


def _parsed(body: bytes) -> Mapping[str, Any]:
    if not body:
        return {}
    if len(body) > LARGEST_BODY:
        raise RefusalError(413, "Request body is too large")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusalError(400, "Problems parsing JSON") from None
    if not isinstance(given, dict):
        raise RefusalError(400, "Body should be a JSON object")
    return given


def _refused(site: Site, request: Request, refusal: RefusalError) -> Answer:
    body = refusal.body()
    if "repository_id" not in refusal.extra:
        return Answer(refusal.status, body, refusal.headers)
    # A renamed repository: the same resource, by the id that never changes.
    rest = request.url.path.split("/", 6)[6:]
    target = site.at.api("/".join([f"/repositories/{body.pop('repository_id')}", *rest]))
    return Answer(refusal.status, {**body, "url": target}, {"Location": target})


def _headers(row: Route) -> dict[str, str]:
    needed = "; ".join(f"{permission}={level}" for permission, level in row.needs)
    return {
        "X-GitHub-Request-Id": secrets.token_hex(8).upper(),
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Api-Version-Selected": VERSION,
        "X-GitHub-Enterprise-Version": "3.19.0",
        **({"X-Accepted-GitHub-Permissions": needed} if needed else {}),
    }


def _response(answer: Answer, headers: Mapping[str, str]) -> Response:
    every = {**headers, **answer.headers}
    if answer.body is None:
        return Response(status_code=answer.status, headers=every)
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, every, "application/octet-stream")
    content = json.dumps(answer.body, ensure_ascii=False).encode(errors="replace")
    return Response(content, answer.status, every, "application/json; charset=utf-8")
