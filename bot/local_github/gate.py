"""What every request passes first: the Host check, the faults, the log of calls."""

import asyncio
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.local_github.faults import Asked, Course, Fault, Faults, HangUp, SeenCall, Witness


class Gate:
    """Refuses other hosts' names (a page of another site whose name points here), then lets a fault happen or not."""

    def __init__(self, app: ASGIApp, hosts: Callable[[], set[str]], faults: Faults, seen: list[SeenCall]) -> None:
        self.app = app
        self.hosts = hosts
        self.faults = faults
        self.seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Before the client can read the answer, so that it is counted by whoever did.
                self._note(scope, message["status"])
            await send(message)

        if Headers(scope=scope).get("host") not in self.hosts():
            await PlainTextResponse("Wrong host name.", 421)(scope, receive, noting)
            return
        course = self.faults.course(scope["method"], scope["path"])
        await asyncio.sleep(course.seconds)
        try:
            await _tell(course.before, scope)
            await self._answer(course, scope, receive, noting)
        except HangUp:
            await self._hang_up(scope, receive)

    async def _answer(self, course: Course, scope: Scope, receive: Receive, send: Send) -> None:
        fault = course.fault
        if fault is not None and fault.status != "lost_response":
            await _fail(fault, fault.status)(scope, receive, send)
        elif fault is not None:
            await self._lose(scope, receive)
        elif course.after:
            await self._answer_later(course, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer_later(self, course: Course, scope: Scope, receive: Receive, send: Send) -> None:
        """Keeps the answer back until the witnesses have seen that its effect is there."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        await _tell(course.after, scope)
        for message in messages:
            await send(message)

    async def _lose(self, scope: Scope, receive: Receive) -> None:
        async def nowhere(_: Message) -> None:
            return

        await self.app(scope, receive, nowhere)
        await self._hang_up(scope, receive)

    async def _hang_up(self, scope: Scope, receive: Receive) -> None:
        self._note(scope, 0)
        scope["state"]["hang_up"]()
        while (await receive())["type"] != "http.disconnect":
            continue

    def _note(self, scope: Scope, status: int) -> None:
        self.seen.append(SeenCall(scope["method"], scope["path"], status))


async def _tell(witnesses: Sequence[Witness], scope: Scope) -> None:
    port = (scope.get("client") or ("", 0))[1]
    for witness in witnesses:
        await run_in_threadpool(witness, Asked(scope["method"], scope["path"], port))


def _fail(fault: Fault, status: int) -> JSONResponse:
    return JSONResponse({"message": fault.message}, status, dict(fault.headers))
