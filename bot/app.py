"""The web process, put together: intake, pages, health. Loads neither githubkit nor httpx."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import pages
from bot.intake import Intake
from bot.writer import Writer
from config import errors, logging
from config.database import Database, require_schema
from config.settings import Settings, load, require_github
from runners.queue import Sender, celery_app


def create() -> Starlette:
    """The application of this process's environment. Raises SettingsError."""
    settings = load()
    require_github(settings)
    logging.set_up(settings, "web")
    errors.set_up(settings, "web")
    return application(settings)


def application(settings: Settings) -> Starlette:
    """The application of these settings."""
    database = Database(settings.database, Sender(celery_app(settings)).send)
    require_schema(database)
    writer = Writer(database)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        writer.close()
        database.close()

    routes = [
        Route("/github/webhooks", Intake(settings, writer), methods=["POST"]),
        Route("/healthz", health),
        *pages.routes(settings, database),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def health(_request: Request) -> Response:
    """The process answers; whether its neighbours do is not asked here."""
    return JSONResponse({"answer": "ok"})
