"""Pages for people. They show private code, so until login exists they answer on loopback only."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.diff_view import diff_files
from config.addresses import on_loopback
from config.database import Database, NoSuchRow
from config.settings import Settings
from runners import looking, run_events, runs, tasks
from runners.states import ENDS, RunState, TaskState
from runners.wording.status import BY_REASON, HEADLINES, duration

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
STATIC = {"style.css": "text/css", "live.js": "text/javascript"}
RECENT = 50
PROXY_HEADERS = {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"}
HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")

templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(), undefined=StrictUndefined
)
templates.filters["duration"] = duration


def routes(settings: Settings, database: Database) -> list[Route]:
    """Home, run page, and what they are drawn with."""

    def page(path: str, render: Callable[[Settings, Database, Request], Response]) -> Route:
        async def answer(request: Request) -> Response:
            if not from_this_machine(request, settings):
                return PlainTextResponse("These pages answer on loopback only until login exists.", 403)
            response = await run_in_threadpool(render, settings, database, request)
            response.headers.update(HEADERS)
            return response

        return Route(path, answer)

    return [page("/", home), page("/runs/{run_id}", run_page), page("/static/{name}", static)]


def from_this_machine(request: Request, settings: Settings) -> bool:
    """Whether the browser runs here, and means us: a foreign name that resolves to loopback is refused by its Host.

    A bot with a public address may stand behind a proxy on this machine, so there loopback proves nothing.
    """
    if not on_loopback(settings.public_url):
        return False
    client = request.client.host if request.client else ""
    try:
        local = ipaddress.ip_address(client).is_loopback
    except ValueError:
        local = False
    return (
        local
        and not PROXY_HEADERS & set(request.headers.keys())
        and bool(HOST.fullmatch(request.headers.get("host", "")))
    )


def home(settings: Settings, database: Database, _request: Request) -> Response:
    """The newest runs of this bot."""
    with database.read() as connection:
        found = runs.recent(connection, RECENT)
    rows = [(run, HEADLINES[TaskState(run.state)]) for run in found]
    return _html("home.html", rows=rows, github=settings.github_base_url)


def run_page(settings: Settings, database: Database, request: Request) -> Response:
    """One run: its state, steps, log and diff; the same address while it works and for ever after."""
    try:
        with database.read() as connection:
            run = runs.get(connection, request.path_params["run_id"])
            task = tasks.get(connection, run.task_id)
            view = looking.run_view(connection, settings, task, run)
            events = run_events.since(connection, run.id)
    except NoSuchRow:
        return _html("missing.html", 404)
    steps = [event for event in events if event.kind == "step"]
    log = [looking.log_line(event) for event in events]
    files = diff_files(run.patch) if run.patch else []
    shown: dict[str, Any] = {"run": view, "task": task, "steps": steps, "log": log, "files": files, "row": run}
    state: dict[str, Any] = {
        "forgotten": tasks.is_forgotten(task),
        "headline": BY_REASON[run.reason][1] if run.reason in BY_REASON else HEADLINES[TaskState(run.state)],
        "ended": RunState(run.state) in ENDS,
    }
    return _html("run.html", **shown, **state, github=settings.github_base_url)


def static(_settings: Settings, _database: Database, request: Request) -> Response:
    """Our own style sheet and script."""
    name = request.path_params["name"]
    if name not in STATIC:
        return _html("missing.html", 404)
    return Response((HERE / "static" / name).read_bytes(), media_type=STATIC[name])


def _html(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(templates.get_template(template).render(**values), status)
