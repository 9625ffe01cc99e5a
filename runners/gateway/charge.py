"""One request's money, from what is set aside for it to what its answer says that it took."""

import secrets
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx
import structlog
from starlette.concurrency import run_in_threadpool

from config.catalogue import Tokens, price_of
from config.database import Database, DatabaseError, Row
from runners import usage
from runners.gateway.metering import Meter
from runners.gateway.requests import ModelRequest
from runners.gateway.routes import Route
from runners.usage import Budget

SETTLE_WAITS = (0.5, 2.0, 8.0, 0.0)  # seconds before it is tried again; then the reservation stands, and counts

log = structlog.get_logger()


class BrokeOff(Exception):
    """The provider hung up in the middle of an answer; the agent's connection ends there too."""


class Charge:
    """One request's money: reserved, then settled once, by what its answer says that it took."""

    def __init__(self, database: Database, route: Route, asked: ModelRequest, done: Callable[[], None]) -> None:
        """`done` is called when the answer has passed."""
        self._database, self._route, self._asked, self._done = database, route, asked, done
        self._id = secrets.token_hex(16)
        self._price = price_of(route.provider, asked.model)
        self._open = False

    def reserve(self, run: Row[Any], host: str) -> Budget:
        """Sets the most aside that it can cost."""
        most = self._price.most(self._asked.most_input, self._asked.most_output)
        with self._database.write() as connection:
            met = usage.reserve(connection, run, self._id, host, self._asked.model, most)
        self._open = met is Budget.GRANTED
        return met

    async def settle(self, tokens: Tokens, usd: float | None) -> None:
        """Charges this, once; None: the most. Not to be interrupted by a client that goes."""
        if not self._open:
            return
        self._open = False
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(self._settle, tokens, usd)

    def _settle(self, tokens: Tokens, usd: float | None) -> None:
        for wait in SETTLE_WAITS:
            try:
                with self._database.write() as connection:
                    usage.settle(connection, self._id, tokens, usd)
            except DatabaseError as error:
                log.warning("gateway.not_settled", error=type(error).__name__)
                threading.Event().wait(wait)
            else:
                return

    async def passing(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        """The answer as it comes. A refused request costs nothing, one that was not heard to its end the most."""
        meter = Meter(self._route.wire, streamed="event-stream" in answer.headers.get("content-type", ""))
        refused, whole = answer.status_code >= 400, False
        try:
            async for chunk in answer.aiter_raw():
                meter.feed(chunk)
                yield chunk
            meter.end()
            whole = True
        except httpx.HTTPError as error:
            log.warning("gateway.answer_broke_off", error=type(error).__name__)
            raise BrokeOff from None
        finally:
            self._done()
            tokens = meter.tokens if whole else None
            known = 0.0 if refused else None if tokens is None else self._price.cost(tokens)
            await self.settle(tokens or Tokens(), known)
            with anyio.CancelScope(shield=True):
                await answer.aclose()
