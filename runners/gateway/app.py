"""The gateway's application: whose request is it, may it go out, is there money for it; then on to the provider.

An answer passes through byte for byte as it comes.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any

import httpx
import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route as Endpoint

from config.catalogue import Tokens, is_known
from config.database import Database, DatabaseError, Row
from config.settings import Settings
from runners import runs
from runners.gateway import routes
from runners.gateway.charge import Charge
from runners.gateway.requests import MOST_BYTES, ModelRequest, Refused, read
from runners.gateway.routes import Route
from runners.usage import Budget, NotAtWork

SECONDS_TO_CONNECT = 10.0
SECONDS_OF_SILENCE = 300.0  # that a provider may take for its next byte
SECONDS_FOR_ROOM = 60.0  # that a request waits for others of its run to be settled
LOOK_SECONDS = 0.25
MOST_AT_ONCE = 64  # requests of one run: a swarm has fewer, and each holds its body
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
TOO_MANY = f"This run has {MOST_AT_ONCE} requests under way; try again when one has been answered."
TOO_SLOW = "The request's body did not come in time."
BUSY = "Other requests of this run hold the rest of its budget; try again in a moment."

log = structlog.get_logger()


class Gateway:
    """Lets requests of sandboxes out. `host` names this machine: what it let out is its own to settle."""

    def __init__(self, settings: Settings, database: Database, host: str) -> None:
        self._settings, self._database, self._host = settings, database, host
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(SECONDS_OF_SILENCE, connect=SECONDS_TO_CONNECT, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
        )
        self._at_once: Counter[str] = Counter()
        self._large = asyncio.Semaphore(MOST_LARGE)

    async def close(self) -> None:
        """Gives connections back."""
        await self._client.aclose()

    async def answer(self, request: Request) -> Response:
        """Answers one request of an agent."""
        try:
            return await self._answer(request)
        except Refused as error:
            return refusal(error.status, str(error))
        except ClientDisconnect:
            return Response(status_code=499)
        except DatabaseError as error:
            log.warning("gateway.database_unreachable", error=type(error).__name__)
            return refusal(503, "The bot's database can't be reached; try again in a moment.")

    async def _answer(self, request: Request) -> Response:
        found = routes.find(request.method, request.url.path)
        if found is None:
            raise Refused(404, NOT_LISTED)
        route, model = found
        run = await run_in_threadpool(self._run_of, credential_of(request))
        if run is None:
            raise Refused(401, NO_CREDENTIAL)
        if self._at_once[run.id] >= MOST_AT_ONCE:
            raise Refused(429, TOO_MANY)
        self._at_once[run.id] += 1
        done = partial(self._done, run.id)
        try:
            return await self._ask(request, route, model, run, done)
        except BaseException:
            done()
            raise

    def _done(self, run_id: str) -> None:
        self._at_once[run_id] -= 1
        if not self._at_once[run_id]:
            del self._at_once[run_id]

    async def _body(self, request: Request) -> bytes:
        length = request.headers.get("content-length", "")
        small = length.isdecimal() and int(length) <= LARGE_BYTES
        try:
            async with asyncio.timeout(SECONDS_FOR_A_BODY), nullcontext() if small else self._large:
                return await body_of(request)
        except TimeoutError:
            raise Refused(408, TOO_SLOW) from None

    async def _ask(
        self, request: Request, route: Route, model: str | None, run: Row[Any], done: Callable[[], None]
    ) -> Response:
        """Asks the provider; `done` is called when the answer has ended."""
        asked = await self._read(route, model, request.url.path, await self._body(request))
        sent = self._request(request, route, model, asked)
        with structlog.contextvars.bound_contextvars(run=run.id, model=asked.model):
            charge = Charge(self._database, route, asked, done)
            if route.charged:
                await self._reserve(run, charge)
            return await self._forward(sent, charge)

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
        with self._database.read() as connection:
            run = runs.of_credential(connection, credential) if credential else None
        return run if run and run.budget_usd is not None else None

    async def _reserve(self, run: Row[Any], charge: Charge) -> None:
        """Raises Refused where the budget has no room for the request, now or at all."""
        deadline = asyncio.get_running_loop().time() + SECONDS_FOR_ROOM
        while True:
            try:
                met = await run_in_threadpool(charge.reserve, run, self._host)
            except NotAtWork:
                raise Refused(401, NO_CREDENTIAL) from None
            if met is Budget.GRANTED:
                return
            if met is Budget.SPENT:
                log.info("gateway.budget_spent", budget_usd=run.budget_usd)
                raise Refused(403, SPENT.format(run.budget_usd))
            if asyncio.get_running_loop().time() > deadline:
                raise Refused(429, BUSY)
            await asyncio.sleep(LOOK_SECONDS)

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
        except BaseException:
            await charge.settle(Tokens(), None)
            raise
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


def application(gateway: Gateway) -> Starlette:
    """One door for all of it."""
    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return Starlette(routes=[Endpoint("/{path:path}", gateway.answer, methods=every)])
