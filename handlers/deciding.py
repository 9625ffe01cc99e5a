"""A delivery's way from the inbox to what it means: one table of event types and the function that decides each."""

from collections.abc import Callable
from typing import Any

import structlog

from config import errors
from handlers import ci_failures, inbox, installations, spoken, triggers, withdrawals
from handlers.events import (
    Closed,
    Concluded,
    Edited,
    InstallationChanged,
    Labelled,
    Pressed,
    RepositoriesAdded,
    Spoken,
    Unsaid,
)
from handlers.parsing import Unreadable, parse
from handlers.payloads import NotJson, whole
from runners.context import Context
from runners.github_types import GitHubError, InstallationGone

DECIDED_BY: dict[type, Callable[[Context, inbox.Taken, Any], None]] = {
    Spoken: spoken.hear,
    Edited: spoken.hear_again,
    Labelled: triggers.labelled,
    Pressed: triggers.pressed,
    Concluded: ci_failures.concluded,
    Unsaid: withdrawals.unsaid,
    Closed: withdrawals.closed,
    InstallationChanged: installations.changed,
    RepositoriesAdded: installations.repositories_added,
}

log = structlog.get_logger()


def decide_delivery(context: Context, guid: str) -> None:
    """Decides one delivery, if nobody else does. A failure is kept, and tried again later."""
    with context.database.write() as connection:
        taken = inbox.take(connection, guid, context.settings.lease_seconds)
    if taken is None:
        return
    try:
        event = parse(taken.event, whole(taken.body))
        DECIDED_BY[type(event)](context, taken, event)
        log.info("delivery.decided", guid=guid)
    except (Unreadable, NotJson) as error:
        _give_up(context, taken, error)
    except InstallationGone:
        _drop(context, taken)
    except GitHubError as error:
        log.warning("delivery.postponed", guid=guid, error=str(error))
        _again(context, taken, error, ours=False, wait=getattr(error, "retry_after", None))
    except Exception as error:
        log.exception("delivery.attempt_failed", guid=guid)
        errors.report(error)
        _again(context, taken, error, ours=True)


def _drop(context: Context, taken: inbox.Taken) -> None:
    """The App was uninstalled: there is nobody to answer, and no way to."""
    log.info("delivery.of_nobody", guid=taken.guid)
    with context.database.write() as connection:
        inbox.done(connection, taken)


def _give_up(context: Context, taken: inbox.Taken, error: Exception) -> None:
    """It is not what GitHub documents: another try would read the same. An operator sees it, and may requeue it."""
    log.error("delivery.unreadable", guid=taken.guid, error=str(error))
    with context.database.write() as connection:
        inbox.fail(connection, taken, str(error))


def _again(context: Context, taken: inbox.Taken, error: Exception, *, ours: bool, wait: float | None = None) -> None:
    with context.database.write() as connection:
        inbox.retry_later(connection, taken, f"{type(error).__name__}: {error}"[:500], ours=ours, wait=wait)
