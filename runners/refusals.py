"""What a request that GitHub refused means to us. Pure.

https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from typing import Any

import httpx

from runners.github_types import Forbidden, GitHubError, Invalid, NotFound, Suspended, Unavailable

SECONDARY_LIMIT_WAIT = 60.0  # GitHub's own advice where it names no time


def refusal(status: int, said: str, headers: Any) -> GitHubError:
    """What a refused request means: its status, GitHub's words, its headers."""
    if status in (404, 410):
        return NotFound(said, status)
    if status == 429 or (status == 403 and "secondary rate limit" in said.lower()):
        return Unavailable(said, status, _seconds(headers) or SECONDARY_LIMIT_WAIT)
    if status == 403:
        return Suspended(said, status) if "suspended" in said.lower() else Forbidden(said, status)
    if status in (406, 422):
        return Invalid(said, status)
    if status == 401 or status >= 500:
        return Unavailable(said, status, _seconds(headers))
    return GitHubError(said, status)


def _seconds(headers: Any) -> float | None:
    """How long GitHub asks us to wait; None where it does not say, or says it as a date."""
    asked = headers.get("retry-after", "")
    return float(asked) if asked.isdecimal() else None


def words(response: httpx.Response) -> str:
    """What GitHub says of it, with what it says of single fields."""
    try:
        answer = response.json()
        errors = "; ".join(
            str(item.get("message", item) if isinstance(item, dict) else item) for item in answer.get("errors") or []
        )
        return f"{answer.get('message', '')} {errors}".strip()
    except (ValueError, AttributeError):
        return response.text[:200]
