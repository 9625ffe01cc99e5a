"""CI that waited is let run: an empty commit behind the one that says that it is to be skipped."""

from functools import partial
from typing import Any

import structlog

from config.database import Row
from runners import mirrors, moves, outbox, runs, signing, tasks
from runners.context import Context
from runners.git import GitError
from runners.github_types import Forbidden, Invalid, NotFound, Where
from runners.outbox import Duty
from runners.patches import made_of
from runners.problems import Problem
from runners.pushing import has_moved, push, refused
from runners.steps import forget, perform

MESSAGE = "Let CI run\n"

log = structlog.get_logger()


def let_ci_run(context: Context, duty: Duty) -> None:
    """Pushes it, unless somebody has pushed meanwhile: then there is nothing that waits.

    Where GitHub does not take it, CI waits on and people are told.
    """
    with context.database.read() as connection:
        run = runs.get(connection, duty.subject)
        task = tasks.get(connection, run.task_id)
    if not run.released_by:
        return
    where = tasks.where_of(task)
    act, hold = partial(_push, context, where, run), partial(outbox.hold, duty=duty)
    try:
        made = perform(context.database, run.id, "release", act=act, look=lambda: None, hold=hold)
    except (Problem, Forbidden, Invalid, NotFound) as error:
        forget(context.database, run.id, "release", hold)
        with context.database.write() as connection:
            outbox.hold(connection, duty)
            moves.keep_held(connection, run.id, error.sentence if isinstance(error, Problem) else str(error)[:500])
        return
    with context.database.write() as connection:
        outbox.hold(connection, duty)
        moves.released(connection, run.id, made)


def _push(context: Context, where: Where, run: Row[Any]) -> str:
    """The commit that stands at the head then. To do it twice pushes once: the head is another after the first."""
    settings, ref = context.settings, f"refs/heads/{run.branch}"
    with (
        context.github.git_token(where, {"contents": "write"}) as token,
        mirrors.borrowed(settings, where),
    ):
        mirror, head = mirrors.fetch(settings, where, ref, token)
        if head != run.head_sha:
            return head
        ours = made_of(mirror, f"{head}^{{tree}}", head, MESSAGE, run.finished_at)
        made = signing.sign(context, where, mirror, ours, _unsigned)
        made = signing.bring(context, where, token, made, ours, _unsigned)
        try:
            push(settings, where, token, mirror, commit=made, ref=ref, expected=head)
        except GitError as error:
            if has_moved(error):
                return head
            raise refused(error, run.branch) from None
        return made


def _unsigned(why: str) -> None:
    log.warning("release.unsigned", why=why)
