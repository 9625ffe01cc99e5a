"""The mock model's web application: every protocol under a path of its own, as the gateway has them."""

import asyncio
import gzip
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.mock_model.answering import BYTES_A_TOKEN, answered
from bot.mock_model.conversation import Answer, Conversation, Wire
from bot.mock_model.manners import edits_by_text
from bot.mock_model.script import Fail, Script, Turn, at_once, turn
from bot.mock_model.wires import anthropic, gemini, openai_chat, openai_responses

MODELS = ("mock-model",)
ROUTES: Mapping[str, Wire] = {
    "/anthropic/v1/messages": cast(Wire, anthropic),
    "/openai/v1/chat/completions": cast(Wire, openai_chat),
    "/openai/v1/responses": cast(Wire, openai_responses),
    "/gemini/v1beta/models/{call}": cast(Wire, gemini),
}


@dataclass(frozen=True)
class Call:
    """A request that was answered: `body` is its JSON, None where it had none."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Any
    status: int


Handler = Callable[[Request], Awaitable[Response]]


class Answering:
    """Answers by the script. Nothing is kept between requests but how often a `Fail` has failed."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.calls: list[Call] = []
        self._failed: Counter[tuple[str, int, int]] = Counter()

    def application(self) -> Starlette:
        """The routes."""
        routes = [Route(path, self._speaking(wire), methods=["POST"]) for path, wire in ROUTES.items()]
        count = self._noting(_count)
        routes.insert(0, Route("/anthropic/v1/messages/count_tokens", count, methods=["POST"]))
        routes += [Route(f"/{base}/models", self._noting(_models)) for base in ("anthropic/v1", "openai/v1")]
        return Starlette(routes=[*routes, Route("/{rest:path}", self._noting(_unknown), methods=["GET", "POST"])])

    def _noting(self, handler: Handler) -> Handler:
        """The same handler, whose requests are seen."""

        async def noted(request: Request) -> Response:
            response = await handler(request)
            self._note(request, _parsed(await _body(request)), response.status_code)
            return response

        return noted

    def _note(self, request: Request, body: Any, status: int) -> None:
        url = request.url
        self.calls.append(Call(request.method, url.path, url.query, dict(request.headers), body, status))

    def _speaking(self, wire: Wire) -> Handler:
        async def speak(request: Request) -> Response:
            raw = await _body(request)
            body = _parsed(raw)
            if not isinstance(body, Mapping):
                return JSONResponse(wire.error(400, "The body is no JSON object."), 400)
            if request.url.path.endswith(":countTokens"):
                return await self._noting(_count)(request)
            conversation = wire.read(body, request.url.path)
            name, steps = self.script.chosen(conversation.told)
            planned = at_once(steps) if edits_by_text(conversation) else turn(steps, conversation.results)
            fail = self._due(planned, name, conversation.results)
            self._note(request, body, fail.status if fail else 200)
            if planned.stall and not planned.stall.midway:
                await _left(request, planned.stall.seconds)
            if fail:
                return _refusal(wire, fail)
            answer = answered(planned, conversation, raw, self.script.tokens)
            return _respond(request, wire, conversation, planned, answer)

        return speak

    def _due(self, planned: Turn, name: str, results: int) -> Fail | None:
        """The first failure of the turn that has not failed often enough."""
        for index, fail in enumerate(planned.fails):
            place = (name, results, index)
            if fail.times is None or self._failed[place] < fail.times:
                self._failed[place] += 1
                return fail
        return None


def _respond(request: Request, wire: Wire, conversation: Conversation, planned: Turn, answer: Answer) -> Response:
    if conversation.stream:
        return StreamingResponse(_streamed(request, wire.events(answer), planned), media_type="text/event-stream")
    if planned.cut:
        request.scope["state"]["hang_up"]()
    return JSONResponse(wire.whole(answer))


async def _streamed(request: Request, events: list[str], planned: Turn) -> AsyncIterator[str]:
    for index, event in enumerate(events):
        if index == len(events) // 2:
            if planned.stall and planned.stall.midway:
                await asyncio.sleep(planned.stall.seconds)
            if planned.cut:
                request.scope["state"]["hang_up"]()
                return
        yield event


def _refusal(wire: Wire, fail: Fail) -> Response:
    headers = {"retry-after": f"{fail.retry_after:g}"} if fail.retry_after is not None else {}
    return JSONResponse(wire.error(fail.status, fail.message), fail.status, headers)


async def _count(request: Request) -> Response:
    size = len(await _body(request)) // BYTES_A_TOKEN
    return JSONResponse({"totalTokens" if "gemini" in request.url.path else "input_tokens": size})


async def _models(request: Request) -> Response:
    models = [{"id": name, "object": "model", "created": 0, "owned_by": "async-code"} for name in MODELS]
    return JSONResponse({"object": "list", "data": models, "has_more": False})


async def _unknown(request: Request) -> Response:
    message = f"The mock model does not know {request.method} {request.url.path}."
    return JSONResponse({"error": {"message": message}}, 404)


async def _body(request: Request) -> bytes:
    raw = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        with suppress(OSError, EOFError):
            return gzip.decompress(raw)
    return raw


def _parsed(raw: bytes) -> Any:
    with suppress(ValueError):
        return json.loads(raw)
    return None


async def _left(request: Request, seconds: float) -> None:
    """Waits so long, or until the client has gone."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            continue

    with suppress(TimeoutError):
        await asyncio.wait_for(gone(), seconds)
