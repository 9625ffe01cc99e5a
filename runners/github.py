"""GitHub's API, spoken through githubkit in this module only; answers and errors are `runners.github_types`.

Writes are never retried here but for a bad token: whoever asked for one must first look whether it stands.
"""

import re
import ssl
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from githubkit import AppAuthStrategy, AppInstallationAuthStrategy, GitHub, TokenAuthStrategy
from githubkit.cache import BaseCache, MemCacheStrategy
from githubkit.exception import GitHubException, GraphQLFailed, RateLimitExceeded, RequestError, RequestFailed
from githubkit.retry import RetryOption

from config.settings import Settings
from runners.github_types import (
    GitHubError,
    InstallationGone,
    Invalid,
    NotFound,
    Pull,
    Role,
    Unavailable,
    Where,
    pull_of,
    role_of,
)
from runners.pace import Pace
from runners.refusals import refusal, words
from runners.tokens import TokenCache

API_VERSION: Final = "2022-11-28"  # known to github.com and to every supported GitHub Enterprise Server
TIMEOUT = httpx.Timeout(10, connect=5)
READ_TRIES = 3
AT_ONCE = timedelta(milliseconds=1)  # githubkit takes no wait, or one of zero, for a minute
PAGE = 100
NEXT_PAGE = re.compile(r'[?&]cursor=([^&>]+)[^>]*>; rel="next"')
VERBATIM = {301: 308, 302: 307}


class Api:
    """GitHub as the App and its installations see it. Safe to share between threads."""

    def __init__(self, settings: Settings, tokens: TokenCache, pace: Pace) -> None:
        assert settings.github_app_id and settings.github_app_private_key, "require_github has not been asked"
        self.pace = pace
        self._tokens = tokens
        limits = httpx.Limits(max_connections=50)
        self._transport = _Shared(httpx.HTTPTransport(verify=_trusted(), retries=1, limits=limits))
        key = _parsed(settings.github_app_private_key.get_secret_value())
        self._app = AppAuthStrategy(settings.github_app_id, key)
        self._options: dict[str, Any] = {
            "base_url": settings.api_url,
            "timeout": TIMEOUT,
            "http_cache": False,  # it would store the Authorization header
            "auto_retry": self._retry,
            "cache_strategy": _Tokens(tokens),
            "transport": self._transport,
            "trust_env": True,
            "user_agent": "async-code",
        }

    def close(self) -> None:
        """Closes the connections."""
        self._transport.end()
        self._tokens.close()

    def app(self) -> dict[str, Any]:
        """The App as GitHub knows it: slug, permissions, events, installations_count."""
        with self._as_app() as rest:
            return dict(rest.apps.get_authenticated().json())

    def hook_deliveries(self, since: float) -> Iterator[tuple[dict[str, Any], float]]:
        """The App's log of deliveries back to a time (seconds since 1970), the newest first, each with its time."""
        cursor: dict[str, str] = {}
        while True:
            with self._as_app() as rest:
                page = rest.apps.list_webhook_deliveries(per_page=PAGE, **cursor)
                answers = page.json()
            for answer in answers:
                at = datetime.fromisoformat(answer["delivered_at"]).timestamp()
                if at < since:
                    return
                yield answer, at
            following = NEXT_PAGE.search(page.headers.get("link", ""))
            if following is None:
                return
            cursor = {"cursor": following[1]}

    def redeliver(self, delivery_id: int) -> None:
        """Asks GitHub to send a delivery again."""
        with self._as_app() as rest:
            rest.apps.redeliver_webhook_delivery(delivery_id)

    def role(self, where: Where, login: str, user_id: int | None) -> Role:
        """What the person may do there. NONE where GitHub knows no such collaborator, or means another person.

        Without an id it is whoever has that login now.
        """
        answer = self.found(
            where, lambda rest: rest.repos.get_collaborator_permission_level(where.owner, where.name, login).json()
        )
        another = answer is not None and user_id is not None and (answer.get("user") or {}).get("id") != user_id
        return Role.NONE if answer is None or another else role_of(answer)

    def is_open(self, where: Where, number: int) -> bool:
        """Whether the issue or pull request is open; one that is gone is not."""
        issue = self.found(where, lambda rest: rest.issues.get(where.owner, where.name, number).json())
        return issue is not None and issue["state"] == "open"

    def file(self, where: Where, path: str) -> str | None:
        """A file's text on the default branch; None where nothing is. Raises Invalid for what is no readable file."""
        answer = self.found(where, lambda rest: rest.repos.get_content(where.owner, where.name, path).json())
        if answer is None:
            return None
        if not isinstance(answer, dict) or answer.get("encoding") != "base64":
            raise Invalid(f"{path} is no file, or too large to read", 422)
        return b64decode(answer["content"]).decode("utf-8", "replace")

    def pull(self, where: Where, number: int) -> Pull:
        """One pull request."""
        with self.reading(where) as rest:
            return pull_of(rest.pulls.get(where.owner, where.name, number).json())

    def find_pull(self, where: Where, branch: str) -> Pull | None:
        """The newest pull request, open or not, from a branch of the same repository."""
        with self.reading(where) as rest:
            head = f"{where.owner}:{branch}"
            found = rest.pulls.list(where.owner, where.name, head=head, state="all", sort="created", direction="desc")
            answers = found.json()
        return pull_of(answers[0]) if answers else None

    def open_pull(self, where: Where, *, title: str, body: str, head: str, base: str, draft: bool) -> Pull:
        """A new pull request from a branch of the same repository."""
        with self.writing(where, f"pull from {head}") as rest:
            made = rest.pulls.create(where.owner, where.name, title=title, body=body, head=head, base=base, draft=draft)
            return pull_of(made.json())

    def ask_for_review(self, where: Where, number: int, logins: list[str]) -> None:
        """Asks people to review a pull request. Raises Invalid where one of them may not."""
        with self.writing(where, f"reviewers of {where.repository_id}#{number}") as rest:
            rest.pulls.request_reviewers(where.owner, where.name, number, data={"reviewers": logins})

    def label(self, where: Where, number: int, labels: list[str]) -> None:
        """Puts labels on an issue or pull request; those that the repository does not have are made."""
        with self.writing(where, f"labels of {where.repository_id}#{number}") as rest:
            rest.issues.add_labels(where.owner, where.name, number, data={"labels": labels})

    def comment(self, where: Where, number: int, body: str) -> int:
        """A new comment on an issue or pull request; its id. By its first line, a mark, it keeps its turn."""
        mark = body.partition("\n")[0][:100]
        with self.writing(where, f"comment on {where.repository_id}#{number} {mark}") as rest:
            return int(rest.issues.create_comment(where.owner, where.name, number, body=body).json()["id"])

    def edit_comment(self, where: Where, comment_id: int, body: str) -> None:
        """Replaces the text of a comment of ours."""
        with self.writing(where, f"comment {comment_id}") as rest:
            rest.issues.update_comment(where.owner, where.name, comment_id, body=body)

    def find_comments(self, where: Where, number: int, marker: str, app_id: int) -> dict[int, str]:
        """Texts of this App's comments that hold the marker, by id: people can paste a marker, but not be the App."""
        with self.reading(where) as rest:
            found, page = {}, 1
            while True:
                listed = rest.issues.list_comments(where.owner, where.name, number, per_page=PAGE, page=page).json()
                for comment in listed:
                    by = comment.get("performed_via_github_app") or {}
                    text = comment.get("body") or ""
                    if by.get("id") == app_id and marker in text:
                        found[int(comment["id"])] = text
                if len(listed) < PAGE:
                    return found
                page += 1

    def delete_comment(self, where: Where, comment_id: int) -> None:
        """Removes a comment of ours."""
        with self.writing(where, f"comment {comment_id}") as rest:
            rest.issues.delete_comment(where.owner, where.name, comment_id)

    def react(self, where: Where, kind: str, source_id: int, content: str) -> None:
        """A reaction on a comment (by id) or an issue's own text (by number); repeating it changes nothing."""
        with self.writing(where, f"reaction on {kind} {where.repository_id}#{source_id}") as rest:
            put = {
                "comment": rest.reactions.create_for_issue_comment,
                "review_comment": rest.reactions.create_for_pull_request_review_comment,
                "issue": rest.reactions.create_for_issue,
            }[kind]
            put(where.owner, where.name, source_id, content=content)

    def review(self, where: Where, number: int, sha: str | None, body: str, comments: list[dict[str, Any]]) -> int:
        """A review of a commit of a pull request (None: its head) that neither approves nor blocks; its id."""
        with self.writing(
            where, f"review of {where.repository_id}#{number} {body.partition(chr(10))[0][:100]}"
        ) as rest:
            said = {"event": "COMMENT", "body": body, "comments": comments} | ({"commit_id": sha} if sha else {})
            return int(rest.pulls.create_review(where.owner, where.name, number, data=said).json()["id"])

    def find_reviews(self, where: Where, number: int, marker: str, login: str) -> list[int]:
        """Reviews by that login which hold the marker."""
        with self.reading(where) as rest:
            found, page = [], 1
            while True:
                listed = rest.pulls.list_reviews(where.owner, where.name, number, per_page=PAGE, page=page).json()
                found += [one for one in listed if marker in (one.get("body") or "")]
                if len(listed) < PAGE:
                    return [int(one["id"]) for one in found if (one.get("user") or {}).get("login") == login]
                page += 1

    def make_no_suites(self, where: Where, app_id: int) -> None:
        """Has GitHub make check suites of this App for no push by itself."""
        with self.writing(where, f"preferences of {where.repository_id}") as rest:
            wish = {"auto_trigger_checks": [{"app_id": app_id, "setting": False}]}
            rest.checks.set_suites_preferences(where.owner, where.name, data=wish)

    def create_check(self, where: Where, **check: Any) -> int:
        """A new check run; its id."""
        with self.writing(where, f"check of {check.get('external_id')}") as rest:
            return int(rest.checks.create(where.owner, where.name, data=check).json()["id"])

    def update_check(self, where: Where, check_run_id: int, **check: Any) -> None:
        """Brings a check run to a new state."""
        with self.writing(where, f"check {check_run_id}") as rest:
            rest.checks.update(where.owner, where.name, check_run_id, data=check)

    def annotations(self, where: Where, check_run_id: int) -> int:
        """How many annotations a check run has."""
        with self.reading(where) as rest:
            return int(rest.checks.get(where.owner, where.name, check_run_id).json()["output"]["annotations_count"])

    def find_checks(self, where: Where, head_sha: str, external_id: str, app_id: int) -> dict[int, str]:
        """Conclusions (or, before their end, states) of this App's check runs with the external id on a commit."""
        with self.reading(where) as rest:
            listed = rest.checks.list_for_ref(
                where.owner, where.name, head_sha, app_id=app_id, filter_="all", per_page=PAGE
            ).json()
        ours = [run for run in listed["check_runs"] if run.get("external_id") == external_id]
        return {int(run["id"]): run.get("conclusion") or run["status"] for run in ours}

    @contextmanager
    def git_token(self, where: Where, permissions: dict[str, str]) -> Iterator[str]:
        """A token of its own for git, for one repository and no more than these permissions, revoked at the end."""
        with self.pace.reading(where), self._as_app() as rest:
            made = rest.apps.create_installation_access_token(
                where.installation_id,
                repository_ids=[where.repository_id],
                permissions=permissions,
            )
            token = str(made.json()["token"])
        try:
            yield token
        finally:
            self._revoke(token)

    def _retry(self, error: GitHubException, tries: int) -> RetryOption:
        """Once more with a new token where GitHub calls a cached one bad; reads also where GitHub stumbled."""
        cause = _cause(error)
        if isinstance(cause, RequestFailed) and cause.response.status_code == 401:
            self._tokens.forget_all()
            return RetryOption(tries == 0, AT_ONCE)
        request = getattr(cause, "request", None)
        again = isinstance(request, httpx.Request) and request.method == "GET" and tries < READ_TRIES - 1
        if again and isinstance(_ours(cause), Unavailable) and not isinstance(cause, RateLimitExceeded):
            return RetryOption(True, timedelta(seconds=0.2 * 3**tries))
        return RetryOption(False)

    def _revoke(self, token: str) -> None:
        try:
            with self._client(TokenAuthStrategy(token)) as rest:
                rest.apps.revoke_installation_access_token()
        except GitHubError:
            pass  # it expires within the hour, and the work it was for is done

    def _as_app(self) -> Any:
        return self._client(self._app)

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
        app = self._app
        auth = AppInstallationAuthStrategy(app.app_id, app.private_key, where.installation_id)
        with self.pace.reading(where), _our_errors():
            github = GitHub(auth, **self._options)
            try:
                return github.graphql(query, variables)
            except GraphQLFailed as failed:
                said = "; ".join(error.message for error in failed.response.errors or [])
                raise Invalid(said[:500], 200) from failed

    @contextmanager
    def reading(self, where: Where) -> Iterator[Any]:
        """githubkit's REST methods, for a question: at the repository's pace, with our errors."""
        with self.pace.reading(where), self._as_installation(where) as rest:
            yield rest

    @contextmanager
    def writing(self, where: Where, what: str) -> Iterator[Any]:
        """The same for a write, which waits for its turn; `what` keeps it."""
        with self.pace.writing(where, what), self._as_installation(where) as rest:
            yield rest

    def _as_installation(self, where: Where) -> Any:
        app = self._app
        return self._client(AppInstallationAuthStrategy(app.app_id, app.private_key, where.installation_id))

    @contextmanager
    def _client(self, auth: Any) -> Iterator[Any]:
        github = GitHub(auth, **self._options)  # kept by name: its parts hold it weakly
        with _our_errors():
            yield github.rest(API_VERSION)


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we trust: to read the machine's certificates takes longer than all else here."""
    return httpx.create_ssl_context()


@cache
def _parsed(private_key: str) -> Any:
    """The key as PyJWT takes it too: to check the text of one takes longer than to sign with it."""
    return load_pem_private_key(private_key.encode(), None)


class _Shared(httpx.BaseTransport):
    """One connection pool for all clients: githubkit closes a client, and its transport, after every call."""

    def __init__(self, transport: httpx.HTTPTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # githubkit's own request for a token comes without any, and would wait for ever.
        request.extensions.setdefault("timeout", TIMEOUT.as_dict())
        response = self._transport.handle_request(request)
        # A repository was renamed: GitHub wants the same request at the new address, httpx would make a GET of it.
        response.status_code = VERBATIM.get(response.status_code, response.status_code)
        return response

    def end(self) -> None:
        self._transport.close()


class _Cache(BaseCache):
    def __init__(self, tokens: TokenCache) -> None:
        self._tokens = tokens

    def get(self, key: str) -> str | None:
        return self._tokens.get(key)

    def set(self, key: str, value: str, ex: timedelta) -> None:
        self._tokens.set(key, value, ex)


class _Tokens(MemCacheStrategy):
    """githubkit's cache strategy over ours; the HTTP cache, which it also asks for, is off."""

    def __init__(self, tokens: TokenCache) -> None:
        super().__init__()
        self._tokens = _Cache(tokens)

    def get_cache_storage(self) -> BaseCache:  # type: ignore[override]  # the base promises its own class
        return self._tokens


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except GitHubException as error:
        raise _ours(_cause(error)) from error
    except ValueError as error:
        raise Unavailable("the answer is not what GitHub documents") from error


def _cause(error: BaseException) -> BaseException:
    """What went wrong. githubkit wraps it, and wraps it again where that was while a token was made."""
    while isinstance(error, RequestError) and not isinstance(error, RequestFailed):
        error = error.exc
    return error


def _ours(error: BaseException) -> GitHubError:
    if isinstance(error, RateLimitExceeded):
        return Unavailable("rate limit", error.response.status_code, error.retry_after.total_seconds())
    if not isinstance(error, RequestFailed):
        return Unavailable(f"no answer: {type(error).__name__}")
    ours = refusal(error.response.status_code, words(error.response.raw_response), error.response.headers)
    minting = error.request.url.path.endswith("/access_tokens")
    return InstallationGone(str(ours), ours.status) if minting and isinstance(ours, NotFound) else ours
