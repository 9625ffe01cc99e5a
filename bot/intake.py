"""`POST /github/webhooks`: the signature over the raw bytes, then wanted or not, then kept, and only then a 202.

Whatever is wrong with a request is said in one line with a 4xx; nothing that a stranger sends makes a 5xx.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.writer import NotKept, Writer
from config.settings import Settings
from handlers.events import Unreadable, is_wanted, may_be_wanted, needs_trigger, parse, to_json
from handlers.grammar import mentions
from handlers.inbox import NewDelivery
from handlers.signature import is_signed

MOST_BYTES = 25 * 1024 * 1024  # GitHub sends no larger payload
LARGE_BYTES = 1024 * 1024
MOST_LARGE = 8  # bodies of more than LARGE_BYTES that are held at once; others wait
READ_SECONDS = 10  # GitHub itself gives up then
GUID = re.compile(r"[0-9A-Za-z-]{1,64}")
EVENT = re.compile(r"[a-z_]{1,64}")

log = structlog.get_logger()


class Refused(Exception):
    """A request that is not a delivery of ours: the status and the sentence of the answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Intake:
    """The webhook's endpoint. `writer` keeps deliveries."""

    def __init__(self, settings: Settings, writer: Writer) -> None:
        self._settings, self._writer = settings, writer
        self._large = asyncio.Semaphore(MOST_LARGE)

    async def answer(self, request: Request) -> Response:
        """Answers one delivery."""
        try:
            return await self._accept(request)
        except Refused as refused:
            log.info("delivery.refused", status=refused.status, why=str(refused))
            return JSONResponse({"error": str(refused)}, refused.status)
        except ClientDisconnect:
            return Response(status_code=400)
        except NotKept as error:
            log.error("delivery.not_kept", error=str(error))
            return JSONResponse({"error": "not stored; GitHub may send it again"}, 503)

    async def _accept(self, request: Request) -> Response:
        headers = _Headers(request)
        headers.refuse_foreign(self._settings.github_app_id)
        body = await self._read(request)
        if not is_signed(body, headers.signature, self._settings.webhook_secrets):
            raise Refused(401, "X-Hub-Signature-256 does not match the body: check GITHUB_WEBHOOK_SECRET")
        if headers.event == "ping":
            return JSONResponse({"answer": "pong"})
        if not may_be_wanted(headers.event):
            return JSONResponse({"answer": "not wanted"})
        if needs_trigger(headers.event) and not mentions(body, self._settings.github_app_slug):
            return JSONResponse({"answer": "no command in it"})
        return await self._keep(headers, body)

    async def _read(self, request: Request) -> bytes:
        """The body, if it comes in time and below the cap: by its announced length, and while it streams."""
        announced = request.headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced[:20]) > MOST_BYTES:
            raise Refused(413, f"a delivery has at most {MOST_BYTES} bytes")
        try:
            async with asyncio.timeout(READ_SECONDS), AsyncExitStack() as held:
                return await _all(request, lambda: held.enter_async_context(self._large))
        except TimeoutError:
            raise Refused(408, f"the body did not arrive within {READ_SECONDS} s") from None

    async def _keep(self, headers: "_Headers", body: bytes) -> Response:
        payload = _json(body)
        if not is_wanted(headers.event, payload.get("action")):
            return JSONResponse({"answer": "not wanted"})
        try:
            kept = NewDelivery(headers.guid, headers.event, to_json(parse(headers.event, payload)))
        except Unreadable as error:
            log.error("delivery.unreadable", guid=headers.guid, error=str(error))
            whole = body.decode("utf-8", "replace").replace("\0", "\ufffd")
            kept = NewDelivery(headers.guid, headers.event, whole, str(error))
        is_new = await self._writer.keep(kept)
        log.info("delivery.accepted" if is_new else "delivery.repeated", guid=headers.guid, event_name=headers.event)
        return JSONResponse({"answer": "stored" if is_new else "known"}, 202)


class _Headers:
    """The headers of a delivery, each checked before the body is read."""

    def __init__(self, request: Request) -> None:
        self._request = request
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "the webhook's content type must be application/json")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Refused(415, "a compressed body is not taken")
        self.signature = self._one("x-hub-signature-256", 401).encode("latin-1")
        self.event = self._one("x-github-event", 400)
        self.guid = self._one("x-github-delivery", 400)
        if not EVENT.fullmatch(self.event):
            raise Refused(400, "X-GitHub-Event is not the name of an event")
        if not GUID.fullmatch(self.guid):
            raise Refused(400, "X-GitHub-Delivery is not a GUID")

    def refuse_foreign(self, app_id: int | None) -> None:
        """Refuses what was sent to another App."""
        target = self._request.headers.get("x-github-hook-installation-target-id")
        if target is not None and target != str(app_id):
            raise Refused(401, "this delivery is for another App (X-GitHub-Hook-Installation-Target-ID)")

    def _one(self, name: str, status: int) -> str:
        values = self._request.headers.getlist(name)
        if len(values) != 1 or not values[0]:
            raise Refused(status, f"{name} must be there, once")
        return values[0]


async def _all(request: Request, make_room: Callable[[], Awaitable[object]]) -> bytes:
    """All of the body; room is made once, when it turns out to be large."""
    body = bytearray()
    async for chunk in request.stream():
        if len(body) <= LARGE_BYTES < len(body) + len(chunk):
            await make_room()
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused(413, f"a delivery has at most {MOST_BYTES} bytes")
    return bytes(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except RecursionError:
        raise Refused(400, "the JSON is nested too deeply") from None
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {str(error)[:200]}") from None
    if not isinstance(payload, dict):
        raise Refused(400, "the JSON is not an object")
    return payload
