"""`POST /github/webhooks`: the signature over the raw bytes, then wanted or not, then kept, and only then a 202.

Whatever is wrong with a request is said in one line with a 4xx; nothing that a stranger sends makes a 5xx.
"""

import asyncio
import re

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.writer import NotKept, Writer
from config.settings import Settings
from handlers.events import may_be_wanted, needs_trigger, route_of
from handlers.grammar import mentions
from handlers.inbox import NewDelivery
from handlers.payloads import NotJson, parts_of, to_text
from handlers.signature import is_signed

MOST_BYTES = 25 * 1024 * 1024  # GitHub sends no larger payload
LARGE_BYTES = 1024 * 1024
MOST_LARGE = 8  # bodies of more than LARGE_BYTES that are held at once; others wait
SECONDS = 10  # for all of it: GitHub itself gives up then
GUID = re.compile(r"[0-9A-Za-z-]{1,64}")
EVENT = re.compile(r"[a-z0-9_]{1,64}")

PONG = JSONResponse({"answer": "pong"})
NOT_WANTED = JSONResponse({"answer": "not wanted"})
UNHEARD = JSONResponse({"answer": "a bot that nobody listed"})  # we, most of all
NO_COMMAND = JSONResponse({"answer": "no command in it"})
STORED = JSONResponse({"answer": "stored"}, 202)
KNOWN = JSONResponse({"answer": "known"}, 202)

log = structlog.get_logger()


class Refused(Exception):
    """A request that is not a delivery of ours: the status and the sentence of the answer."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Intake:
    """The webhook's endpoint, spoken to as ASGI: a request object would cost as much as all of the rest.

    `writer` keeps deliveries.
    """

    def __init__(self, settings: Settings, writer: Writer) -> None:
        self._writer = writer
        self._app_id, self._slug = str(settings.github_app_id).encode(), settings.github_app_slug
        self._secrets, self._bots = settings.webhook_secrets, settings.bots_allowed
        self._large = asyncio.Semaphore(MOST_LARGE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one delivery."""
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        try:
            return await self._accept(_Head(scope["headers"]), receive)
        except Refused as refused:
            log.info("delivery.refused", status=refused.status, why=str(refused))
            return JSONResponse({"error": str(refused)}, refused.status)
        except ClientDisconnect:
            return Response(status_code=400)
        except NotKept as error:
            log.error("delivery.not_kept", error=str(error))
            return JSONResponse({"error": "not stored; GitHub may send it again"}, 503)

    async def _accept(self, head: "_Head", receive: Receive) -> Response:
        head.refuse_foreign(self._app_id)
        body = None
        try:
            async with asyncio.timeout(SECONDS):
                body = await self._read(head, receive)
                return await self._judge(head, body)
        except TimeoutError:
            if body is None:
                raise Refused(408, f"the body did not arrive within {SECONDS} s") from None
            raise NotKept(f"the database did not take it within {SECONDS} s") from None

    async def _judge(self, head: "_Head", body: bytes) -> Response:
        if not is_signed(body, head.signature, self._secrets):
            raise Refused(401, "X-Hub-Signature-256 does not match the body: check GITHUB_WEBHOOK_SECRET")
        if head.event == "ping":
            return PONG
        if not may_be_wanted(head.event):
            return NOT_WANTED
        always = needs_trigger(head.event)
        if always and not mentions(body, self._slug):
            return NO_COMMAND
        try:
            payload = parts_of(body)
        except NotJson as error:
            raise Refused(400, str(error)) from None
        route = route_of(head.event, payload.get("action"))
        if route is None:
            return NOT_WANTED
        if route.needs_trigger and not always and not mentions(body, self._slug):
            return NO_COMMAND
        if route.said and not self._hears(payload.get("sender")):
            return UNHEARD
        new = await self._writer.keep(NewDelivery(head.guid, head.event, to_text(payload)))
        return STORED if new else KNOWN

    def _hears(self, sender: object) -> bool:
        """Whether it is anybody but a bot that the operator did not list."""
        if not isinstance(sender, dict) or sender.get("type") != "Bot":
            return True
        return any(sender.get("id") == listed for listed in self._bots)

    async def _read(self, head: "_Head", receive: Receive) -> bytes:
        """The body, below the cap: by its announced length, and while it streams."""
        if head.length > MOST_BYTES:
            raise Refused(413, f"a delivery has at most {MOST_BYTES} bytes")
        body, more = await _up_to(LARGE_BYTES, b"", receive)
        if more:
            async with self._large:
                body, more = await _up_to(MOST_BYTES, body, receive)
        if len(body) > MOST_BYTES:
            raise Refused(413, f"a delivery has at most {MOST_BYTES} bytes")
        return body


class _Head:
    """The headers of a delivery, each checked before the body is read. Their names come in lower case."""

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self._values = dict(headers)
        self._doubled = [name for name, _ in headers] if len(self._values) < len(headers) else []
        if self._maybe(b"content-type").partition(b";")[0].strip().lower() != b"application/json":
            raise Refused(415, "the webhook's content type must be application/json")
        if self._maybe(b"content-encoding", b"identity").lower() != b"identity":
            raise Refused(415, "a compressed body is not taken")
        self.signature = self._one(b"x-hub-signature-256", 401)
        self.event = self._one(b"x-github-event", 400).decode("latin-1")
        self.guid = self._one(b"x-github-delivery", 400).decode("latin-1")
        if not EVENT.fullmatch(self.event):
            raise Refused(400, "X-GitHub-Event is not the name of an event")
        if not GUID.fullmatch(self.guid):
            raise Refused(400, "X-GitHub-Delivery is not a GUID")

    @property
    def length(self) -> int:
        """The announced length of the body, 0 where none is: `_up_to` counts anyway."""
        announced = self._maybe(b"content-length", b"0")
        return int(announced[:20]) if announced.isdigit() else MOST_BYTES + 1

    def refuse_foreign(self, app_id: bytes) -> None:
        """Refuses what was sent to another App."""
        if self._maybe(b"x-github-hook-installation-target-id", app_id) != app_id:
            raise Refused(401, "this delivery is for another App (X-GitHub-Hook-Installation-Target-ID)")

    def _maybe(self, name: bytes, default: bytes = b"") -> bytes:
        return self._values.get(name, default)

    def _one(self, name: bytes, status: int) -> bytes:
        value = self._values.get(name)
        if not value or self._doubled.count(name) > 1:
            raise Refused(status, f"{name.decode()} must be there, once")
        return value


async def _up_to(most: int, read: bytes, receive: Receive) -> tuple[bytes, bool]:
    """The body, read on until it ends or has more than so many bytes; and whether more is to come."""
    message = await receive()
    if message["type"] == "http.request" and not message["more_body"]:
        return read + message["body"], False  # as nearly all come: at once
    body = bytearray(read)
    while message["type"] == "http.request":
        body += message["body"]
        if not message["more_body"] or len(body) > most:
            return bytes(body), message["more_body"]
        message = await receive()
    raise ClientDisconnect
