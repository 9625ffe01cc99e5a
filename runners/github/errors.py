"""What goes wrong with githubkit, as our own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from githubkit.exception import GitHubException, RateLimitExceeded, RequestError, RequestFailed

from runners.github_types import GitHubError, InstallationGone, NotFound, Unavailable
from runners.refusals import refusal, words


@contextmanager
def our_errors() -> Iterator[None]:
    """Raises GitHubError for whatever githubkit raises."""
    try:
        yield
    except GitHubException as error:
        raise ours_of(cause(error)) from error
    except ValueError as error:
        raise Unavailable("the answer is not what GitHub documents") from error


def cause(error: BaseException) -> BaseException:
    """What went wrong. githubkit wraps it, and wraps it again where that was while a token was made."""
    while isinstance(error, RequestError) and not isinstance(error, RequestFailed):
        error = error.exc
    return error


def ours_of(error: BaseException) -> GitHubError:
    """Which of ours it is."""
    if isinstance(error, RateLimitExceeded):
        return Unavailable("rate limit", error.response.status_code, error.retry_after.total_seconds())
    if not isinstance(error, RequestFailed):
        return Unavailable(f"no answer: {type(error).__name__}")
    ours = refusal(error.response.status_code, words(error.response.raw_response), error.response.headers)
    minting = error.request.url.path.endswith("/access_tokens")
    return InstallationGone(str(ours), ours.status) if minting and isinstance(ours, NotFound) else ours
