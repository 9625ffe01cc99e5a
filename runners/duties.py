"""What must follow on GitHub, done one duty at a time by whichever worker takes it."""

from collections.abc import Callable, Mapping
from functools import partial

import structlog

from config import errors
from runners import outbox
from runners.context import Context
from runners.github_types import Forbidden, GitHubError, Invalid, NotFound, Paced, Suspended, Unavailable
from runners.outbox import Duty, DutyLost
from runners.pace import guarded_by

Effect = Callable[[Context, Duty], None]

SUSPENDED_WAIT = 3600.0  # seconds; an owner who lets us in again revives what waits

log = structlog.get_logger()


def serve_duty(context: Context, effects: Mapping[str, Effect], kind: str, subject: str) -> None:
    """Does one duty, if nobody else does. GitHub's refusal ends it; its absence postpones it."""
    with context.database.write() as connection:
        duty = outbox.claim(connection, kind, subject, context.settings.lease_seconds)
    if duty is None:
        return
    try:
        with guarded_by(partial(outbox.hold, duty=duty)):
            effects[kind](context, duty)
    except DutyLost:
        log.warning("duty.lost", kind=kind, subject=subject)
    except Paced as error:
        with context.database.write() as connection:
            outbox.wait_turn(connection, duty, error.retry_after or 1.0)
    except Suspended as error:
        _again(context, duty, error, SUSPENDED_WAIT)
    except (NotFound, Forbidden, Invalid) as error:
        log.warning("duty.refused", kind=kind, subject=subject, status=error.status, said=str(error))
        with context.database.write() as connection:
            outbox.give_up(connection, duty, str(error)[:500], gone=isinstance(error, NotFound))
    except GitHubError as error:
        _again(context, duty, error, error.retry_after if isinstance(error, Unavailable) else None)
    except Exception as error:
        log.exception("duty.failed", kind=kind, subject=subject)
        errors.report(error)
        _again(context, duty, error, None)
    else:
        with context.database.write() as connection:
            outbox.serve(connection, duty)


def _again(context: Context, duty: Duty, error: Exception, wait: float | None) -> None:
    said = f"{type(error).__name__}: {error}"[:500]
    log.warning("duty.postponed", kind=duty.kind, subject=duty.subject, tries=duty.tries, error=said)
    with context.database.write() as connection:
        if duty.tries >= outbox.MOST_TRIES:
            outbox.give_up(connection, duty, said)
        else:
            outbox.postpone(connection, duty, wait or outbox.wait_before(duty.tries), said)
