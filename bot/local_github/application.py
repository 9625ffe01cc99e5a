"""The routes of the whole: REST, GraphQL, git, pages."""

from starlette.applications import Starlette
from starlette.routing import Mount

from bot.local_github.creations import Creations
from bot.local_github.git_http import GitDoor
from bot.local_github.pages.routes import page_routes
from bot.local_github.rates import Rates
from bot.local_github.rest.door import Door
from bot.local_github.site import Site


def application(site: Site, rates: Rates, creations: Creations) -> Starlette:
    """The ASGI application of a site."""
    door = Door(site, rates, creations)
    rest = Mount("/api/v3", routes=door.routes())
    return Starlette(routes=[rest, door.graphql(), *GitDoor(site).routes(), *page_routes(site)])
