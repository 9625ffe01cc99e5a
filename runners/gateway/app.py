"""The gateway's application: whose request is it, may it go out, is there money for it; then on to the provider.

An answer passes through byte for byte as it comes.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route as Endpoint
from starlette.types import Receive, Scope, Send

from config.addresses import on_loopback
from config.catalogue import Tokens, is_known
from config.database import DatabaseError, Row
from config.settings import Settings
from runners import runs
from runners.gateway import routes
from runners.gateway.attempts import Attempts
from runners.gateway.charge import BrokeOff, Charge, Till
from runners.gateway.requests import MOST_BYTES, ModelRequest, Refused, read
from runners.gateway.routes import Route
from runners.gateway.shares import Share, Shares
from runners.usage import Budget, NotAtWork

SECONDS_TO_CONNECT = 10.0
SECONDS_OF_SILENCE = 1200.0  # that a provider may take for its next byte: an answer that is not streamed comes at once
SECONDS_FOR_ROOM = 60.0  # that a request waits for others of its run to be settled
LOOK_SECONDS = 0.25
LARGE_BYTES = 1024 * 1024
BYTES_READ_AT_ONCE = 100 * 1024
MOST_LARGE = 16  # bodies of more than LARGE_BYTES that are read at once, of all runs; others wait
SECONDS_FOR_A_BODY = 60.0
# What an answer may say of itself. The lengths and encodings of its way here are uvicorn's.
PASSED_BACK = ("content-type", "retry-after", "request-id", "x-request-id")
PASSED_BACK_ALL = ("anthropic-ratelimit-", "x-ratelimit-")

NO_CREDENTIAL = "The gateway knows no run at work by this credential."
NOT_LISTED = "The gateway lets only requests to a model's own API out, and this is none."
SPENT = "The run's budget of ${:.2f} is used up, or has no room for what this request can cost."
UNKNOWN_MODEL = "The model `{}` has no price; the operator adds it to config/agents.toml."
TOO_SLOW = "The request's body did not come in time."
BUSY = "Other requests of this run hold the rest of its budget; try again in a moment."

log = structlog.get_logger()


class Gateway:
    """Lets requests of sandboxes out. It is an application itself: an answer is cut off with what asked for it."""

    def __init__(self, settings: Settings, till: Till, attempts: Attempts) -> None:
        self._settings, self._till, self._attempts = settings, till, attempts
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(SECONDS_OF_SILENCE, connect=SECONDS_TO_CONNECT, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
            mounts=past_proxies(settings),
        )
        self._shares = Shares()
        self._large = asyncio.Semaphore(MOST_LARGE)

    async def close(self) -> None:
        """Gives connections back."""
        await self._client.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request of an agent, from its head to the end of its answer, or of its attempt."""
        try:
            async with asyncio.timeout(None) as cut, AsyncExitStack() as held:
                response = await self._answer(Request(scope, receive), cut, held)
                await response(scope, receive, send)
        except (TimeoutError, BrokeOff) as error:
            log.info("gateway.cut_off", error=type(error).__name__)
            scope["state"]["hang_up"]()
            while (await receive())["type"] != "http.disconnect":
                continue

    async def _answer(self, request: Request, cut: asyncio.Timeout, held: AsyncExitStack) -> Response:
        try:
            return await self._ask(request, cut, held)
        except Refused as error:
            return refusal(error.status, str(error))
        except ClientDisconnect:
            return Response(status_code=499)
        except DatabaseError as error:
            log.warning("gateway.database_unreachable", error=type(error).__name__)
            return refusal(503, "The bot's database can't be reached; try again in a moment.")

    async def _ask(self, request: Request, cut: asyncio.Timeout, held: AsyncExitStack) -> Response:
        """Asks the provider. `held` is given back when the answer has ended."""
        found = routes.find(request.method, request.url.path)
        if found is None:
            raise Refused(404, NOT_LISTED)
        route, model = found
        run = await run_in_threadpool(self._run_of, credential_of(request))
        if run is None:
            raise Refused(401, NO_CREDENTIAL)
        request.scope["state"]["known"]()
        share = held.enter_context(self._shares.of(run.id))
        held.enter_context(self._attempts.opened(run.credential, cut))
        asked = await self._read(route, model, request.url.path, await self._body(request, share))
        sent = self._request(request, route, model, asked)
        with structlog.contextvars.bound_contextvars(run=run.id, model=asked.model):
            charge = Charge(self._till, route, asked)
            held.push_async_callback(charge.close)
            if route.charged:
                await self._reserve(run, charge, share)
            return await self._forward(sent, charge)

    async def _body(self, request: Request, share: Share) -> bytes:
        length = request.headers.get("content-length", "")
        try:
            async with asyncio.timeout(SECONDS_FOR_A_BODY):
                if length.isdecimal() and int(length) <= LARGE_BYTES:
                    return await body_of(request)
                async with share.large, self._large:
                    return await body_of(request)
        except TimeoutError:
            raise Refused(408, TOO_SLOW) from None

    async def _read(self, route: Route, model: str | None, path: str, body: bytes) -> ModelRequest:
        """What is asked for. A large body is looked through beside the others' answers."""
        if len(body) > BYTES_READ_AT_ONCE:
            asked = await run_in_threadpool(read, route, model, path, body)
        else:
            asked = read(route, model, path, body)
        if not self._settings.serves_itself(route.wire) and not is_known(route.provider, asked.model):
            raise Refused(403, UNKNOWN_MODEL.format(asked.model))
        return asked

    def _request(self, request: Request, route: Route, model: str | None, asked: ModelRequest) -> httpx.Request:
        """What goes out. Raises Refused for what can't."""
        try:
            return self._client.build_request(
                "POST",
                routes.address(self._settings, route, model, request.url.query),
                headers=routes.headers(self._settings, route, request.headers),
                content=asked.body,
            )
        except (ValueError, httpx.InvalidURL):
            raise Refused(400, "The request's headers or address are not as they should be.") from None

    def _run_of(self, credential: str) -> Row[Any] | None:
        with self._till.database.read() as connection:
            run = runs.of_credential(connection, credential) if credential else None
        return run if run and run.budget_usd is not None else None

    async def _reserve(self, run: Row[Any], charge: Charge, share: Share) -> None:
        """Waits for room in the budget. Raises Refused where there is none in time, or can't be any."""
        try:
            async with asyncio.timeout(SECONDS_FOR_ROOM):
                if not share.line.locked() and await self._has_room(run, charge):
                    return
                async with share.line:
                    while not await self._has_room(run, charge):
                        await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise Refused(429, BUSY) from None

    async def _has_room(self, run: Row[Any], charge: Charge) -> bool:
        try:
            met = await run_in_threadpool(charge.reserve, run)
        except NotAtWork:
            raise Refused(401, NO_CREDENTIAL) from None
        if met is Budget.SPENT:
            log.info("gateway.budget_spent", budget_usd=run.budget_usd)
            raise Refused(403, SPENT.format(run.budget_usd))
        return met is Budget.GRANTED

    async def _forward(self, sent: httpx.Request, charge: Charge) -> Response:
        try:
            answer = await self._client.send(sent, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            await charge.settle(Tokens(), 0.0)
            log.warning("gateway.provider_unreachable", host=sent.url.host, error=type(error).__name__)
            raise Refused(502, f"{sent.url.host} can't be reached.") from None
        except httpx.HTTPError as error:
            await charge.settle(Tokens(), None)  # it may have worked on the request
            log.warning("gateway.provider_silent", host=sent.url.host, error=type(error).__name__)
            raise Refused(504, f"{sent.url.host} did not answer ({type(error).__name__}).") from None
        log.info("gateway.answered", status=answer.status_code)
        return StreamingResponse(charge.passing(answer), answer.status_code, passed_back(answer.headers))


def credential_of(request: Request) -> str:
    """What the agent shows, wherever its protocol puts the key."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    shown = (bearer, *(request.headers.get(name, "") for name in ("x-api-key", "x-goog-api-key")))
    return next(filter(None, shown), request.query_params.get("key", ""))


async def body_of(request: Request) -> bytes:
    """The whole body. Raises Refused."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refused(415, "The gateway reads what it lets out, so that a compressed request does not go out.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused(413, f"The request is larger than {MOST_BYTES:,} bytes.")
    return bytes(body)


def passed_back(headers: Mapping[str, str]) -> dict[str, str]:
    """What the agent hears of the answer's headers: rate limits and when to try again above all."""
    return {
        name: value
        for name, value in headers.items()
        if name.lower() in PASSED_BACK or name.lower().startswith(PASSED_BACK_ALL)
    }


def refusal(status: int, sentence: str) -> Response:
    """An error as each of the protocols spells it, in one."""
    kind = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}.get(status, "api_error")
    error = {"type": kind, "message": sentence, "code": status, "status": kind.upper()}
    retry = {"retry-after": "2"} if status in (429, 503) else {}
    return JSONResponse({"type": "error", "error": error}, status, retry)


def past_proxies(settings: Settings) -> dict[str, None]:
    """Where the operator's proxy is not asked: on this machine, which it could not reach."""
    bases = (settings.anthropic_base_url, settings.openai_base_url, settings.gemini_base_url)
    return {f"all://{urlsplit(base).netloc}": None for base in bases if on_loopback(base)}


def application(gateway: Gateway) -> Starlette:
    """One door for all of it."""
    return Starlette(routes=[Endpoint("/{path:path}", gateway)])
