"""How GitHub is spoken to: clients with the right tokens, at the right pace, with our own errors.

Writes are never retried here but for a bad token: whoever asked for one must first look whether it stands.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any, Final

import httpx
from githubkit import AppAuthStrategy, AppInstallationAuthStrategy, GitHub, TokenAuthStrategy
from githubkit.exception import GitHubException, GraphQLFailed, RateLimitExceeded, RequestFailed
from githubkit.retry import RetryOption

from config.settings import Settings
from runners.github.errors import cause, our_errors, ours_of
from runners.github.transport import TIMEOUT, Shared, Tokens, parsed, trusted
from runners.github_types import GitHubError, InstallationGone, Invalid, NotFound, Unavailable, Where
from runners.pace import Pace
from runners.tokens import TokenCache

API_VERSION: Final = "2022-11-28"  # known to github.com and to every supported GitHub Enterprise Server
READ_TRIES = 3
AT_ONCE = timedelta(milliseconds=1)  # githubkit takes no wait, or one of zero, for a minute
PAGE = 100


def pages(ask: Callable[..., Any]) -> Iterator[Any]:
    """All that a list of GitHub's holds; `ask` takes `per_page` and `page`."""
    for page in count(1):
        listed = ask(per_page=PAGE, page=page).json()
        yield from listed
        if len(listed) < PAGE:
            return


class Connection:
    """GitHub as the App and its installations see it. Safe to share between threads."""

    def __init__(self, settings: Settings, tokens: TokenCache, pace: Pace) -> None:
        assert settings.github_app_id and settings.github_app_private_key, "require_github has not been asked"
        self.pace = pace
        self._tokens = tokens
        limits = httpx.Limits(max_connections=50)
        self._transport = Shared(httpx.HTTPTransport(verify=trusted(), retries=1, limits=limits))
        key = parsed(settings.github_app_private_key.get_secret_value())
        self._app = AppAuthStrategy(settings.github_app_id, key)
        self._options: dict[str, Any] = {
            "base_url": settings.api_url,
            "timeout": TIMEOUT,
            "http_cache": False,  # it would store the Authorization header
            "auto_retry": self._retry,
            "cache_strategy": Tokens(tokens),
            "transport": self._transport,
            "trust_env": True,
            "user_agent": "async-code",
        }

    def close(self) -> None:
        """Closes the connections."""
        self._transport.end()
        self._tokens.close()

    def found(self, where: Where, ask: Callable[[Any], Any]) -> Any:
        """What GitHub says; None where it knows no such thing. That the App itself is gone there is an error still."""
        try:
            with self.reading(where) as rest:
                return ask(rest)
        except InstallationGone:
            raise
        except NotFound:
            return None

    def graphql(self, where: Where, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of a query's answer: for what REST does not tell."""
        with self.pace.reading(where), our_errors():
            github = GitHub(self._of_installation(where), **self._options)
            try:
                return github.graphql(query, variables)
            except GraphQLFailed as failed:
                said = "; ".join(error.message for error in failed.response.errors or [])
                raise Invalid(said[:500], 200) from failed

    @contextmanager
    def reading(self, where: Where) -> Iterator[Any]:
        """githubkit's REST methods, for a question: at the repository's pace, with our errors."""
        with self.pace.reading(where), self._client(self._of_installation(where)) as rest:
            yield rest

    @contextmanager
    def writing(self, where: Where, what: str) -> Iterator[Any]:
        """The same for a write, which waits for its turn; `what` keeps it."""
        with self.pace.writing(where, what), self._client(self._of_installation(where)) as rest:
            yield rest

    def as_app(self) -> Any:
        """The same methods, of the App itself and not of an installation."""
        return self._client(self._app)

    def _of_installation(self, where: Where) -> AppInstallationAuthStrategy:
        return AppInstallationAuthStrategy(self._app.app_id, self._app.private_key, where.installation_id)

    @contextmanager
    def _client(self, auth: Any) -> Iterator[Any]:
        github = GitHub(auth, **self._options)  # kept by name: its parts hold it weakly
        with our_errors():
            yield github.rest(API_VERSION)

    def _retry(self, error: GitHubException, tries: int) -> RetryOption:
        """Once more with a new token where GitHub calls a cached one bad; reads also where GitHub stumbled."""
        wrong = cause(error)
        if isinstance(wrong, RequestFailed) and wrong.response.status_code == 401:
            self._tokens.forget_all()
            return RetryOption(tries == 0, AT_ONCE)
        request = getattr(wrong, "request", None)
        again = isinstance(request, httpx.Request) and request.method == "GET" and tries < READ_TRIES - 1
        if again and isinstance(ours_of(wrong), Unavailable) and not isinstance(wrong, RateLimitExceeded):
            return RetryOption(True, timedelta(seconds=0.2 * 3**tries))
        return RetryOption(False)

    def _revoke(self, token: str) -> None:
        try:
            with self._client(TokenAuthStrategy(token)) as rest:
                rest.apps.revoke_installation_access_token()
        except GitHubError:
            pass  # it expires within the hour, and the work it was for is done
