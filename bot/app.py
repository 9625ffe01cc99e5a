"""The web process, put together: intake, pages, health. Loads neither githubkit nor httpx."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import pages
from bot.intake import Intake
from bot.writer import Writer
from config import errors, logging
from config.database import Database, require_schema
from config.identity import require_github
from config.settings import Settings, load
from runners.queue import Sender, celery_app

WEBHOOKS = "/github/webhooks"
SCHEMA_PATH = "/schema/async-code.json"
# After which the thread that keeps deliveries has Python's lock again; Python itself waits ten times as long.
SWITCH_SECONDS = 0.0005


def create() -> ASGIApp:
    """The application of this process's environment. Raises SettingsError."""
    settings = load()
    require_github(settings)
    logging.set_up(settings, "web")
    errors.set_up(settings, "web")
    made = application(settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # what is there now stays: deliveries make much garbage, and each search for it would look here too
    return made


def application(settings: Settings) -> ASGIApp:
    """The application of these settings."""
    sender = Sender(celery_app(settings))
    database = Database(settings.database, sender.send)
    require_schema(database)
    writer = Writer(database)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        writer.close()
        sender.close()
        database.close()

    intake = Intake(settings, writer)
    routes = [
        Route(WEBHOOKS, intake, methods=["POST"]),
        Route("/healthz", health),
        Route(SCHEMA_PATH, file_schema),
        *pages.routes(settings, database),
    ]
    everything = Starlette(routes=routes, lifespan=lifespan)

    async def web(scope: Scope, receive: Receive, send: Send) -> None:
        # Deliveries are nearly all that comes, and routing would cost as much as reading most of them does.
        to = intake if scope.get("path") == WEBHOOKS and scope["method"] == "POST" else everything
        await to(scope, receive, send)

    return web


async def file_schema(_request: Request) -> Response:
    """The JSON Schema of the repository's file, for editors. Loaded when it is asked for."""
    from config.repository_file import schema

    return JSONResponse(schema(), headers={"Cache-Control": "public, max-age=3600"})


async def health(_request: Request) -> Response:
    """The process answers; whether its neighbours do is not asked here."""
    return JSONResponse({"answer": "ok"})
