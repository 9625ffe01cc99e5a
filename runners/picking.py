"""The run of a comparison that somebody picked: its pull request is opened, the branches of the others go."""

from functools import partial

from runners import looking, moves, outbox, runs, tasks
from runners.context import Context
from runners.github_types import Where
from runners.outbox import Duty
from runners.pull_requests import Wanted


def open_picked(context: Context, duty: Duty) -> None:
    """Opens it once. A branch that somebody pushed to meanwhile stays: it is not ours alone any more."""
    hold = partial(outbox.hold, duty=duty)
    with context.database.read() as connection:
        run = runs.get(connection, duty.subject)
        task = tasks.get(connection, run.task_id)
        view = looking.task_view(connection, context.settings, task.id)
        others = [one for one in runs.of_round(connection, task.id, run.round) if one.id != run.id and one.head_sha]
    where = Where(task.installation_id, task.repository, task.repository_id)
    shown = next((one for one in view.runs if one.id == run.id), None)
    if shown is None:  # a retry has begun another round, so that nobody waits for this one
        return
    wanted = Wanted(context.github, where, task, run, view, shown, run.branch)
    number = wanted.bring(context.database, hold, lambda: None)
    with context.database.write() as connection:
        outbox.hold(connection, duty)
        moves.picked(connection, run.id, number)
    for other in others:
        if context.github.head(where, other.branch) == other.head_sha:
            context.github.delete_branch(where, other.branch)
