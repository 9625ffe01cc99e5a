"""Markdown that stands nowhere yet, as a page would show it."""

from bot.local_github.markdown import shown
from bot.local_github.rest.calls import Answer, Call, Route


def render(call: Call) -> Answer:
    """POST /markdown; `mode` and `context` change nothing here."""
    return Answer(200, shown(call.site, call.text("text")).encode(), {"Content-Type": "text/html;charset=utf-8"})


ROUTES = [Route("POST", "/markdown", render)]
