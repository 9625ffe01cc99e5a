"""What all pages share: templates, security headers, the form token, and refusals as pages."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.local_github.markdown import shown
from bot.local_github.pages.forms import FormKey, remember, visitor_of
from bot.local_github.pages.patches import rows_of
from bot.local_github.refusals import RefusalError
from bot.local_github.shapes.texts import date
from bot.local_github.signatures import is_verified
from bot.local_github.site import Site

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LARGEST_FORM = 1024 * 1024
EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "hooray": "🎉",
    "confused": "😕",
    "heart": "❤️",
    "rocket": "🚀",
    "eyes": "👀",
}


@dataclass(frozen=True)
class Visit:
    """One request for a page: the address's parts, the query, the form if one was sent."""

    path: Mapping[str, Any]
    query: Mapping[str, str]
    form: Mapping[str, str]

    def field(self, name: str) -> str:
        """A field of the form; line ends as git and people on other systems know them."""
        return self.form.get(name, "").replace("\r\n", "\n")


@dataclass(frozen=True)
class Page:
    """What a page shows: a template, what fills it, and a status."""

    template: str
    status: int = 200
    shown: Mapping[str, Any] = field(default_factory=dict)


Made = Page | Response
View = Callable[[Visit], Made]
Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


class Frame:
    """Turns views into Starlette endpoints."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.forms = FormKey()
        self.templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        shared = {"app": site.app, "emoji": EMOJI, "rows_of": rows_of, "is_verified": partial(is_verified, site)}
        self.templates.globals.update(shared)
        self.templates.filters.update(markdown=self._markdown, iso=date, hue=_hue)

    def shows(self, view: View) -> Endpoint:
        """A page to look at."""

        async def answer(request: Request) -> Response:
            visit = Visit(request.path_params, request.query_params, {})
            return await run_in_threadpool(self._answer, view, visit, request)

        return answer

    def takes(self, view: View) -> Endpoint:
        """A form, taken only from our own pages."""

        async def answer(request: Request) -> Response:
            body = b""
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_FORM:
                    return self._page(Page("refused.html", 413, {"message": "This is too long."}), request)
            form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
            visit = Visit(request.path_params, request.query_params, form)
            return await run_in_threadpool(self._take, view, visit, request)

        return answer

    def _markdown(self, text: str) -> Markup:
        # Without a host: the browser may know this one as `localhost`.
        return shown(self.site, text, host="")

    def _take(self, view: View, visit: Visit, request: Request) -> Response:
        def checked(visit: Visit) -> Made:
            # The Host header was checked by the gate, so it names ourselves.
            self.forms.check(request, visit.form.get("token", ""), f"http://{request.headers['host']}")
            return view(visit)

        return self._answer(checked, visit, request)

    def _answer(self, view: View, visit: Visit, request: Request) -> Response:
        try:
            made = view(visit)
        except RefusalError as refusal:
            made = self._refused(refusal, request)
        return made if isinstance(made, Response) else self._page(made, request)

    def _refused(self, refusal: RefusalError, request: Request) -> Made:
        moved = self.site.ledger.repositories.get(refusal.extra.get("repository_id", 0))
        if moved:
            return go("/".join([f"/{moved.full_name}", *request.url.path.split("/")[3:]]))
        words = [refusal.message, *(_said(error) for error in refusal.errors or [])]
        return Page("refused.html", refusal.status, {"message": ": ".join(words)})

    def _page(self, page: Page, request: Request) -> Response:
        visitor = visitor_of(request)
        shown = {"token": self.forms.token(visitor), "revision": self.site.ledger.revision, **page.shown}
        html = self.templates.get_template(page.template).render(shown)
        response = HTMLResponse(html, page.status, HEADERS)
        remember(response, visitor)
        return response


def go(where: str) -> Response:
    """Sends the browser on to an address of ours."""
    return RedirectResponse(where, 303, HEADERS)


def plain(content: bytes) -> Response:
    """A file as text, which no browser runs."""
    policy = {"Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(content, 200, {**HEADERS, **policy}, "text/plain; charset=utf-8")


def _said(error: Mapping[str, Any] | str) -> str:
    return error if isinstance(error, str) else error.get("message") or str(error["code"])


def _hue(login: str) -> int:
    return sum(login.encode()) % 8
