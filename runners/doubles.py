"""Own effects that stand twice, removed: a worker that was paused before its request left may still post late.

GitHub keeps branches and pull requests unique; comments and check runs it takes as often as they come.
"""

from runners import looking, runs, tasks
from runners.context import Context
from runners.github_types import NotFound, Where
from runners.outbox import Duty
from runners.steps import external_id
from runners.wording.markers import status_marker
from runners.wording.publishing import check

DELAY = 60.0  # seconds after the end; whatever was on its way has arrived by then


def remove_doubles(context: Context, duty: Duty) -> None:
    """Looks once more at what a task wrote, and leaves one of each."""
    with context.database.read() as connection:
        task = tasks.get(connection, duty.subject)
        newest = runs.of_round(connection, task.id, task.round)
    where = Where(task.installation_id, task.repository, task.repository_id)
    kept = external_id(context.database, task.id, "comment")
    remove_comments(context, where, task.number, status_marker(task.id), kept)
    for run in newest:
        for head_sha in dict.fromkeys(sha for sha in (task.head_sha, run.head_sha) if sha):
            _close_checks(context, where, run.id, head_sha)


def remove_comments(context: Context, where: Where, number: int, marker: str, kept: str | None) -> None:
    """Deletes comments of ours with the marker, but for the one that we know, or else the oldest."""
    found = context.github.find_comments(where, number, marker, context.app_id)
    known = int(kept) if kept and int(kept) in found else min(found, default=None)
    for comment_id in found:
        if comment_id != known:
            try:
                context.github.delete_comment(where, comment_id)
            except NotFound:
                continue  # a person was quicker


def _close_checks(context: Context, where: Where, run_id: str, head_sha: str) -> None:
    """Brings every check run of this run to its end: GitHub deletes none, and one left open would look at work."""
    found = context.github.find_checks(where, head_sha, run_id, context.app_id)
    if len(found) < 2:
        return
    with context.database.read() as connection:
        run = runs.get(connection, run_id)
        view = looking.run_view(connection, context.settings, tasks.get(connection, run.task_id), run)
    changes = {name: value for name, value in check(view, head_sha).items() if name != "head_sha"}
    for check_run_id in found:
        context.github.update_check(where, check_run_id, **changes)
