"""The answers with which GitHub says no: a status, a message and GitHub's error items."""

from collections.abc import Mapping, Sequence
from typing import Any

TOO_LONG = 65536


class RefusalError(Exception):
    """An answer other than success. `errors` are items of GitHub's validation error shape, or its bare sentences."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[dict[str, Any] | str] | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def body(self) -> dict[str, Any]:
        """GitHub's JSON for it."""
        errors = {} if self.errors is None else {"errors": list(self.errors)}
        documentation = {"documentation_url": "https://docs.github.com/rest", "status": str(self.status)}
        return {"message": self.message, **errors, **self.extra, **documentation}


def not_found() -> RefusalError:
    """What does not exist, or what the caller may not know of."""
    return RefusalError(404, "Not Found")


def bad_credentials() -> RefusalError:
    """A token that is unknown, revoked or expired."""
    return RefusalError(401, "Bad credentials")


def suspended() -> RefusalError:
    """An installation that its owner suspended."""
    return RefusalError(403, "This installation has been suspended")


def not_accessible() -> RefusalError:
    """A permission that the token lacks."""
    return RefusalError(403, "Resource not accessible by integration")


def archived() -> RefusalError:
    """A repository that takes no more writing."""
    return RefusalError(403, "Repository was archived so is read-only.")


def invalid(
    resource: str, *, field: str | None = None, code: str = "invalid", message: str | None = None
) -> RefusalError:
    """A 422 with one error item; `code` is GitHub's: missing_field, invalid, already_exists, unprocessable, custom."""
    item: dict[str, Any] = {"resource": resource, "code": code}
    if field:
        item["field"] = field
    if message:
        item["message"] = message
    return RefusalError(422, "Validation Failed", errors=[item])


def unprocessable(sentence: str) -> RefusalError:
    """A 422 with one bare sentence, as GitHub words what is wrong with a review."""
    return RefusalError(422, "Unprocessable Entity", errors=[sentence])


def check_length(resource: str, body: str | None) -> None:
    """Refuses a body that is too long, in the words that GitHub has for comments and for issues."""
    if body is None or len(body) <= TOO_LONG:
        return
    words = f"ody is too long (maximum is {TOO_LONG} characters)"
    if resource == "IssueComment":
        raise invalid(resource, field="data", code="unprocessable", message=f"B{words}")
    raise invalid(resource, field="body", code="custom", message=f"b{words}")
