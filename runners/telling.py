"""GitHub brought to what SQL says of a task and its runs: the status comment, the check runs."""

from functools import partial
from typing import Any

from config.database import Row
from runners import looking, outbox, runs, tasks
from runners.annotations import MOST, from_json
from runners.context import Context
from runners.doubles import DELAY
from runners.github_types import NotFound, Where
from runners.outbox import Duty
from runners.states import ENDS
from runners.steps import Hold, forget, perform
from runners.wording.comparison import task_comment
from runners.wording.markers import marked, status_marker
from runners.wording.publishing import check

AT_ONCE = 50  # annotations
CROWDED = 5.0  # seconds that writes of an installation wait; then only ends are told, not progress


def tell_status(context: Context, duty: Duty) -> None:
    """Writes the task's one comment, or edits it; one that a person deleted comes back only with the result."""
    task_id, hold = duty.subject, partial(outbox.hold, duty=duty)
    with context.database.read() as connection:
        task = tasks.get(connection, task_id)
        view = looking.task_view(connection, context.settings, task_id)
    if tasks.is_forgotten(task):  # what the comment says is kept nowhere else
        return
    where = tasks.where_of(task)
    marker = status_marker(task_id)
    text = marked(marker, task_comment(view))
    posted: list[str] = []

    def act() -> str:
        posted.append(text)
        return str(context.github.comment(where, task.number, text))

    def look() -> str | None:
        found = context.github.find_comments(where, task.number, marker, context.app_id)
        return str(min(found)) if found else None

    comment_id = perform(context.database, task_id, "comment", act=act, look=look, hold=hold)
    ended = all(run.state in ENDS for run in view.runs)
    if ended:
        _look_again(context, task_id)
    if posted or (not ended and context.github.pace.behind(where) > CROWDED):
        return
    try:
        context.github.edit_comment(where, int(comment_id), text)
    except NotFound:
        if ended:
            forget(context.database, task_id, "comment", hold)
            perform(context.database, task_id, "comment", act=act, look=look, hold=hold)


def _look_again(context: Context, task_id: str) -> None:
    with context.database.write() as connection:
        outbox.want(connection, "doubles", task_id, delay=DELAY)


def tell_check(context: Context, duty: Duty) -> None:
    """Brings the run's check runs to its state: on the pull request's head from the start, and on what was pushed."""
    run_id, hold = duty.subject, partial(outbox.hold, duty=duty)
    with context.database.read() as connection:
        run = runs.get(connection, run_id)
        task = tasks.get(connection, run.task_id)
        view = looking.run_view(connection, context.settings, task, run)
    if tasks.is_forgotten(task):
        return
    where = tasks.where_of(task)
    for head_sha in runs.heads(task, run):
        fields = check(view, head_sha)
        created: list[str] = []

        def act(fields: dict[str, object] = fields, created: list[str] = created) -> str:
            created.append(str(context.github.create_check(where, **fields)))
            return created[0]

        def look(head_sha: str = head_sha) -> str | None:
            found = context.github.find_checks(where, head_sha, run_id, context.app_id)
            return str(min(found)) if found else None

        check_id = perform(context.database, run_id, f"check_run {head_sha}", act=act, look=look, hold=hold)
        if not created:
            changes = {name: value for name, value in fields.items() if name != "head_sha"}
            context.github.update_check(where, int(check_id), **changes)
        if head_sha == run.head_sha:
            _annotate(context, where, run, int(check_id), fields["output"], hold)


def _annotate(context: Context, where: Where, run: Row[Any], check_id: int, output: Any, hold: Hold) -> None:
    """Adds what the repository's checks found at lines: GitHub takes 50 at once, and adds as often as it is asked."""
    found = [one for check in run.checks or () for one in from_json(check["annotations"])][:MOST]
    for begin in range(0, len(found), AT_ONCE):
        some = [one.as_github_takes_it() for one in found[begin : begin + AT_ONCE]]

        def act(some: list[dict[str, Any]] = some) -> str:
            context.github.update_check(where, check_id, output={**output, "annotations": some})
            return str(check_id)

        def look(end: int = begin + len(some)) -> str | None:
            return str(check_id) if context.github.annotations(where, check_id) >= end else None

        perform(context.database, run.id, f"annotations {begin}", act=act, look=look, hold=hold)
