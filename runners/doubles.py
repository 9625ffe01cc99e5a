"""What a worker did that was paused before its request left, put right: own effects that stand twice, ends undone.

GitHub keeps branches and pull requests unique; comments and check runs it takes as often as they come, and an edit
that comes late writes over the one that came after it. A carrier whose run has ended carries nothing any more.
"""

from contextlib import suppress

from config.database import now
from runners import looking, outbox, runs, tasks
from runners.context import Context
from runners.github_types import Forbidden, Invalid, NotFound, Paced, Where
from runners.outbox import Duty
from runners.pushing import carriers
from runners.states import ENDS
from runners.steps import external_id
from runners.wording.comparison import task_comment
from runners.wording.markers import marked, status_marker
from runners.wording.publishing import check

DELAY = 60.0  # seconds after the end; whatever was on its way has arrived by then


def remove_doubles(context: Context, duty: Duty) -> None:
    """Looks once more at what a task wrote: one of each is left, and says how it ended. Raises Paced if it is early."""
    with context.database.read() as connection:
        task = tasks.get(connection, duty.subject)
        newest = runs.of_round(connection, task.id, task.round)
        since = now(connection) - max((run.finished_at or 0.0 for run in newest), default=0.0)
        to_be_told = outbox.is_owed(connection, "status", task.id)
    if to_be_told:  # a look now would find it missing, and book a turn of its own for what is about to be written
        raise Paced("the comment is still to be written", retry_after=DELAY)
    if since < DELAY:  # a retry ended after this was asked for
        raise Paced("what is on its way may still arrive", retry_after=DELAY - since)
    where = tasks.where_of(task)
    for run in newest:
        if run.branch and run.state in ENDS:
            _remove_carriers(context, where, run.id)
    known = external_id(context.database, task.id, "comment")
    kept = keep_one(context, where, task.number, status_marker(task.id), known)
    if tasks.is_forgotten(task) or any(run.state not in ENDS for run in newest):
        return
    for run in newest:
        for head_sha in runs.heads(task, run):
            _close_checks(context, where, run.id, head_sha)
    if kept:
        _correct(context, where, task.id, *kept)


def _remove_carriers(context: Context, where: Where, run_id: str) -> None:
    with suppress(NotFound):  # the repository is gone, or was never to be written to
        for ref in context.github.refs_under(where, carriers(run_id)):
            with suppress(Forbidden, Invalid):  # archived; or whoever brought it was quicker
                context.github.remove_ref(where, ref)


def _correct(context: Context, where: Where, task_id: str, comment_id: int, found: str) -> None:
    """Lets the comment say how the task stands, if it says anything else."""
    with context.database.read() as connection:
        view = looking.task_view(connection, context.settings, task_id)
    text = marked(status_marker(task_id), task_comment(view))
    if _same(found, text):
        return
    with suppress(NotFound):  # a person was quicker
        context.github.edit_comment(where, comment_id, text)
    with context.database.write() as connection:
        if looking.task_view(connection, context.settings, task_id) != view:
            outbox.want(connection, "status", task_id)  # it went on meanwhile, and may have told so before us


def keep_one(context: Context, where: Where, number: int, marker: str, known_id: str | None) -> tuple[int, str] | None:
    """Deletes comments of ours with the marker, but for the one that we know, or else the oldest: its id and text."""
    found = context.github.find_comments(where, number, marker, context.app_id)
    known = int(known_id) if known_id and int(known_id) in found else min(found, default=None)
    for comment_id in found:
        if comment_id != known:
            try:
                context.github.delete_comment(where, comment_id)
            except NotFound:
                continue  # a person was quicker
    return None if known is None else (known, found[known])


def _close_checks(context: Context, where: Where, run_id: str, head_sha: str) -> None:
    """Brings every check run of this run to its end: GitHub deletes none, and one left open would look at work."""
    found = context.github.find_checks(where, head_sha, run_id, context.app_id)
    with context.database.read() as connection:
        run = runs.get(connection, run_id)
        view = looking.run_view(connection, context.settings, tasks.get(connection, run.task_id), run)
    changes = {name: value for name, value in check(view, head_sha).items() if name != "head_sha"}
    for check_run_id, state in found.items():
        if state != changes.get("conclusion"):
            context.github.update_check(where, check_run_id, **changes)


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same but for white space, which GitHub may change."""
    return one.split() == other.split()
