"""Unexpected errors go to Sentry, without anything private; only where a DSN is set."""

import sys
from typing import Any

import structlog

from config.logging import secret_values
from config.redaction import redact
from config.settings import Settings

log = structlog.get_logger()


def set_up(settings: Settings, process: str) -> None:
    """Starts error tracking for this process, if the operator wants it."""
    if not settings.sentry_dsn:
        return
    import sentry_sdk  # 21 MB and 0.1 s that only its users should pay
    from sentry_sdk.scrubber import EventScrubber

    secrets = secret_values(settings)
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        environment=settings.environment,
        # Nothing personal is its default; whoever says so by `data_collection` gets no scrubber.
        include_local_variables=False,
        max_request_body_size="never",
        event_scrubber=EventScrubber(recursive=True),
        before_send=lambda event, _hint: scrub(event, secrets),
    )
    sentry_sdk.set_tag("process", process)


def scrub(value: Any, secrets: list[str]) -> Any:
    """The event with every secret in any of its texts hidden."""
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, dict):
        return {scrub(key, secrets): scrub(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [scrub(item, secrets) for item in value]
    return value


def report(error: BaseException) -> None:
    """Sends one error that was handled here but should not have happened; does nothing without a DSN."""
    if "sentry_sdk" in sys.modules:
        sys.modules["sentry_sdk"].capture_exception(error)


def tell(message: str, **ids: str) -> None:
    """Tells the operator of what only they can mend: a line of the log, and a message where there is a DSN."""
    log.error(message, **ids)
    if "sentry_sdk" in sys.modules:
        sys.modules["sentry_sdk"].capture_message(message, level="error", tags=ids)
