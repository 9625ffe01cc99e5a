"""Logs: JSON lines in production, readable ones in a terminal; ids bound once, secrets hidden at the exit."""

import logging
import sys
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, TextIO

import structlog

from config.fields import FROM_FILES
from config.redaction import redact
from config.settings import Settings

LONGEST_VALUE = 2000
LONGEST_TRACEBACK = 20_000  # its last line says most
OTHER_SECRETS = ("sentry_dsn", "anthropic_api_key", "openai_api_key", "gemini_api_key")


def set_up(settings: Settings, process: str) -> None:
    """Configures this process's logs. `process` names it in each line."""
    secrets, lines = secret_values(settings), Lines(sys.stderr)

    def clean(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        trace = event.pop("exception", None)
        shown: dict[str, Any] = _clean(event, secrets)
        return shown if trace is None else {**shown, "exception": _line(trace, secrets, LONGEST_TRACEBACK)}

    production = settings.environment == "production"
    render: Any = (
        structlog.processors.JSONRenderer() if production else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            clean,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(process=process)


class Lines:
    """Writes lines, and drops those for which there is no room: that a log's disk is full must stop no work."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def msg(self, message: str) -> None:
        """Writes one line, at once."""
        with suppress(OSError):
            print(message, file=self._file, flush=True)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def secret_values(settings: Settings) -> list[str]:
    """Every secret of the settings, as text that must never leave the process."""
    held = (getattr(settings, name) for name in (*FROM_FILES, *OTHER_SECRETS))
    return [part.strip() for value in held if value for part in value.get_secret_value().split(",") if part.strip()]


@contextmanager
def log_task_lifecycle(wake_up: str, **ids: str) -> Iterator[None]:
    """Binds the ids of one wake-up, and logs that it began, how it ended and how long it took."""
    log = structlog.get_logger()
    began = time.monotonic()
    with structlog.contextvars.bound_contextvars(wake_up=wake_up, **ids):
        log.info("wake_up.began")
        try:
            yield
        except BaseException as error:
            log.error("wake_up.failed", error=type(error).__name__, seconds=round(time.monotonic() - began, 3))
            raise
        log.info("wake_up.ended", seconds=round(time.monotonic() - began, 3))


def _clean(value: Any, secrets: list[str]) -> Any:
    """The value with every text in it, and whatever is no JSON as text, made fit for a line."""
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {_line(str(key), secrets): _clean(item, secrets) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(item, secrets) for item in value]
        case bytes():
            return _line(value.decode(errors="replace"), secrets)
        case BaseException():
            return _line(f"{type(value).__name__}: {value}", secrets)
        case _:
            return _line(str(value), secrets)


def _line(text: str, secrets: list[str], longest: int = LONGEST_VALUE) -> str:
    """Text of bounded length, without control or direction marks that could forge another line."""
    told = redact(text, secrets)[:longest]
    if told.isprintable():
        return told
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\u{ord(char):04x}" for char in told)
