"""One request's money, from what is set aside for it to what its answer says that it took."""

import secrets
from collections.abc import AsyncIterator
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

log = structlog.get_logger()


class BrokeOff(Exception):
    """The provider hung up in the middle of an answer; the agent's connection ends there too."""


class Till:
    """The reservations of this host's gateway: those under way, and what is owed since the database was away."""

    def __init__(self, database: Database, host: str) -> None:
        """`host` names this machine: what its gateway let out is its own to settle."""
        self.database, self.host = database, host
        self.under_way: set[str] = set()
        self._owed: dict[str, tuple[Tokens, float | None]] = {}

    def settle(self, request_id: str, tokens: Tokens, usd: float | None) -> bool:
        """Charges this; None: the most. False if the database is away: it is done by the next `tidy` then."""
        try:
            with self.database.write() as connection:
                usage.settle(connection, request_id, tokens, usd)
        except DatabaseError as error:
            log.warning("gateway.not_settled", error=type(error).__name__)
            self._owed[request_id] = tokens, usd
            return False
        self._owed.pop(request_id, None)
        self.under_way.discard(request_id)
        return True

    def forget(self, request_id: str) -> None:
        """The request is over. What is still owed of it, and only that, stays under way."""
        if request_id not in self._owed:
            self.under_way.discard(request_id)

    def tidy(self) -> None:
        """Settles what is owed, and forgets reservations of which nobody heard that they stand. Raises DatabaseError.

        Their requests never went out. What is under way is looked at last: each is in there before it is in SQL.
        """
        for request_id, (tokens, usd) in list(self._owed.items()):
            if not self.settle(request_id, tokens, usd):
                return
        with self.database.read() as connection:
            left = usage.left_open(connection, self.host)
        for request_id in set(left) - self.under_way:
            self.settle(request_id, Tokens(), 0.0)


class Charge:
    """One request's money: reserved, then settled once, by what its answer says that it took."""

    def __init__(self, till: Till, route: Route, asked: ModelRequest) -> None:
        self._till, self._route, self._asked = till, route, asked
        self._id = secrets.token_hex(16)
        self._price = price_of(route.provider, asked.model)
        self._open = False
        self._answer: httpx.Response | None = None
        till.under_way.add(self._id)

    def reserve(self, run: Row[Any]) -> Budget:
        """Sets the most aside that it can cost."""
        most = self._price.most(self._asked.most_input, self._asked.most_output)
        with self._till.database.write() as connection:
            met = usage.reserve(connection, run, self._id, self._till.host, self._asked.model, most)
        self._open = met is Budget.GRANTED
        return met

    async def settle(self, tokens: Tokens, usd: float | None) -> None:
        """Charges this, once; None: the most. Not to be interrupted by a client that goes."""
        if not self._open:
            return
        self._open = False
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(self._till.settle, self._id, tokens, usd)

    async def close(self) -> None:
        """The request is over, whatever became of it: what nobody settled costs the most."""
        if self._open:
            await self.settle(Tokens(), None)
        else:
            self._till.forget(self._id)
        if self._answer:
            await self._answer.aclose()

    def passing(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        """The answer as it comes. A refused request costs nothing, one that was not heard to its end the most."""
        self._answer = answer
        return self._passing(answer)

    async def _passing(self, answer: httpx.Response) -> AsyncIterator[bytes]:
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
            tokens = meter.tokens if whole else None
            known = 0.0 if refused else None if tokens is None else self._price.cost(tokens)
            await self.settle(tokens or Tokens(), known)
