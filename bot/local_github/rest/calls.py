"""One REST call: what its function is given, what it gives back, and the row of the route table that leads to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from bot.local_github.access import Needs
from bot.local_github.records import Repository, Token
from bot.local_github.refusals import RefusalError, not_found
from bot.local_github.site import Site

Item = TypeVar("Item")


@dataclass(frozen=True)
class Answer:
    """Status, JSON (or the bytes of a raw file, or nothing) and further headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def text(given: Mapping[str, Any], name: str) -> str:
    """A text that an object of the body must have."""
    value = given.get(name)
    if not isinstance(value, str):
        raise RefusalError(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    return value


def maybe_text(given: Mapping[str, Any], name: str) -> str | None:
    """A text that it may have."""
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise RefusalError(422, f"Invalid request.\n\nFor '{name}', {value!r} is not a string.")
    return value


def maybe_number(given: Mapping[str, Any], name: str) -> int | None:
    """A whole number that it may have."""
    value = given.get(name)
    if value is not None and type(value) is not int:  # JSON's true is no number, though Python's is
        raise RefusalError(422, f"Invalid request.\n\nFor '{name}', {value!r} is not an integer.")
    return value


@dataclass(frozen=True)
class Call:
    """A call that was let in. `token` is None when the App itself calls with its JWT."""

    site: Site
    url: str  # without the query
    path: Mapping[str, Any]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    given: Mapping[str, Any]
    token: Token | None

    @property
    def repository(self) -> Repository:
        """The repository that the address names, by name or by id."""
        if "repository_id" in self.path:
            found = self.site.ledger.repositories.get(self.path["repository_id"])
            if found is None:
                raise not_found()
            return found
        return self.site.ledger.repository(f"{self.path['owner']}/{self.path['repo']}")

    def text(self, name: str) -> str:
        """A text that the body must have."""
        return text(self.given, name)

    def maybe_text(self, name: str) -> str | None:
        """A text that the body may have."""
        return maybe_text(self.given, name)

    def maybe_number(self, name: str) -> int | None:
        """A whole number that the body may have."""
        return maybe_number(self.given, name)

    @property
    def since(self) -> datetime | None:
        """The moment from which on changes are asked for."""
        if "since" not in self.query:
            return None
        try:
            moment = datetime.fromisoformat(self.query["since"])
        except ValueError:
            raise RefusalError(422, "Invalid since parameter; it must be ISO 8601: YYYY-MM-DDTHH:MM:SSZ") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def number(self, name: str, default: int) -> int:
        """A number of the query; what is no number counts as left out."""
        value = self.query.get(name, "")
        return int(value) if value.isdecimal() else default


Who = Literal["anyone", "app", "installation", "app or installation"]


@dataclass(frozen=True)
class Route:
    """One row: who may call, and for a repository's routes which permission (any one of them) it takes."""

    method: str
    path: str
    function: Callable[[Call], Answer]
    who: Who = "installation"
    needs: Needs = ()


def in_repository(method: str, path: str, function: Callable[[Call], Answer], *needs: str) -> list[Route]:
    """A repository's route in both of its forms, by name and by id; `needs` are such as `issues:write`."""
    wanted = tuple((one.partition(":")[0], one.partition(":")[2]) for one in needs)
    prefixes = ("/repos/{owner}/{repo}", "/repositories/{repository_id:int}")
    return [Route(method, prefix + path, function, needs=wanted) for prefix in prefixes]


def paged(call: Call, items: Sequence[Item]) -> tuple[Sequence[Item], dict[str, str]]:
    """The page that was asked for, and the `Link` header that leads to the others."""
    size = min(max(call.number("per_page", 30), 1), 100)
    page, last = max(call.number("page", 1), 1), max(-(-len(items) // size), 1)
    wanted = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    shown = [rel for rel, to in wanted.items() if (1 <= to < page if rel in ("prev", "first") else page < to <= last)]
    links = [f'<{call.url}?{urlencode({**call.query, "page": wanted[rel]})}>; rel="{rel}"' for rel in shown]
    return items[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}
