"""git's smart HTTP on the bare repositories, spoken by `git http-backend`; bodies are streamed both ways."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.local_github.access import basic_password, check_token, covers, reaches
from bot.local_github.deeds.repositories import pushed
from bot.local_github.records import Repository, Token
from bot.local_github.refusals import RefusalError
from bot.local_github.site import Site

PUSH = "git-receive-pack"
SERVICES = ("git-upload-pack", PUSH)
CHUNK = 65536  # bytes


class _Relay(StreamingResponse):
    # Starlette would watch for a disconnect by reading what the client sends, and so lose parts of a push.
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


class GitDoor:
    """Lets git in with an installation token and tells the site what was pushed."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[BaseRoute]:
        """The three addresses of smart HTTP; the dumb protocol is not spoken."""
        place = "/{owner}/{repo}.git"
        return [
            Route(f"{place}/info/refs", self.answer, methods=["GET"]),
            *(Route(f"{place}/{service}", self.answer, methods=["POST"]) for service in SERVICES),
        ]

    async def answer(self, request: Request) -> Response:
        """One request of a git client."""
        service = request.query_params.get("service", request.url.path.rpartition("/")[2])
        if service not in SERVICES:
            return PlainTextResponse("Please upgrade your git client.\n", 403)
        try:
            repository, token = await run_in_threadpool(self._admit, request, service)
        except RefusalError as refusal:
            return self._refuse(request, refusal)
        return await self._talk(request, repository, token, service)

    def _admit(self, request: Request, service: str) -> tuple[Repository, Token]:
        value = basic_password(request.headers.get("authorization", ""))
        if not value:
            raise RefusalError(401, "No anonymous access.", headers={"WWW-Authenticate": 'Basic realm="GitHub"'})
        ledger = self.site.ledger
        with ledger.lock:
            token = _token(self.site, value)
            repository = ledger.repository(f"{request.path_params['owner']}/{request.path_params['repo']}")
            own = covers(ledger, token, repository)
            if repository.private and not (own and reaches(token.permissions, "contents", "read")):
                raise RefusalError(404, "Repository not found.")
            if service == PUSH and not (own and reaches(token.permissions, "contents", "write")):
                raise RefusalError(403, "Write access to repository not granted.")
            if service == PUSH and repository.archived:
                raise RefusalError(403, "This repository was archived so it is read-only.")
            return repository, token

    def _refuse(self, request: Request, refusal: RefusalError) -> Response:
        moved = self.site.ledger.repositories.get(refusal.extra.get("repository_id", 0))
        if moved:
            rest = request.url.path.split("/", 3)[3]
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{self.site.at.page(moved)}.git/{rest}{query}", 301)
        words = "Repository not found." if refusal.status == 404 else refusal.message
        return PlainTextResponse(f"{words}\n", refusal.status, refusal.headers)

    async def _talk(self, request: Request, repository: Repository, token: Token, service: str) -> Response:
        disk = self.site.disk
        may_change_workflows = reaches(token.permissions, "workflows", "write")
        variables = {
            **disk.environment,
            **_cgi(request),
            "GIT_PROJECT_ROOT": str(disk.directory),
            "PATH_INFO": f"/{repository.id}.git/{request.url.path.split('/', 3)[3]}",
            "LOCAL_GITHUB_WORKFLOWS": "write" if may_change_workflows else "none",
        }
        process = await asyncio.create_subprocess_exec(
            disk.git, "http-backend", stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=variables
        )
        feeding = asyncio.create_task(_feed(request, process))
        status, headers = await _head(process)
        changes = service == PUSH and request.method == "POST"
        return _Relay(self._body(process, feeding, repository if changes else None), status, headers)

    async def _body(
        self, process: Process, feeding: "asyncio.Task[None]", changed: Repository | None
    ) -> AsyncIterator[bytes]:
        assert process.stdout
        try:
            while chunk := await process.stdout.read(CHUNK):
                yield chunk
            await process.wait()
            if changed:
                # Before the answer ends, so that whoever pushed finds pull requests that know of it.
                await run_in_threadpool(self._follow, changed)
        finally:
            feeding.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _follow(self, changed: Repository) -> None:
        with suppress(RefusalError):  # deleted while the push ran
            pushed(self.site, changed, self.site.app.bot)


def _token(site: Site, value: str) -> Token:
    try:
        return check_token(site.ledger, value)
    except RefusalError as refusal:
        if refusal.status != 401:
            raise
        challenge = {"WWW-Authenticate": 'Basic realm="GitHub"'}
        raise RefusalError(401, "Invalid username or token.", headers=challenge) from None


def _cgi(request: Request) -> dict[str, str]:
    headers = request.headers
    given = {
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "REMOTE_USER": "x-access-token",
        "REMOTE_ADDR": "127.0.0.1",
        "GIT_HTTP_EXPORT_ALL": "1",
    }
    # A large push comes in chunks without a length; the backend then reads to the end.
    length = {"CONTENT_LENGTH": headers["content-length"]} if "content-length" in headers else {}
    return {**given, **length}


async def _feed(request: Request, process: Process) -> None:
    assert process.stdin
    # The backend refused before it read everything, or the client went away.
    with suppress(ConnectionError, ClientDisconnect):
        async for chunk in request.stream():
            process.stdin.write(chunk)
            await process.stdin.drain()
    process.stdin.close()


async def _head(process: Process) -> tuple[int, dict[str, str]]:
    assert process.stdout
    status, headers = 200, {}
    while line := (await process.stdout.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    return status, headers
