"""The run of a comparison that somebody picked: its pull request is opened, the branches of the others go."""

from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from config.database import Row
from runners import looking, mirrors, moves, outbox, runs, tasks
from runners.context import Context
from runners.git import GitError
from runners.github_types import Forbidden, Invalid, NotFound, Where
from runners.outbox import Duty
from runners.problems import Problem
from runners.pull_requests import Wanted
from runners.pushing import has_moved, push, refused


def open_picked(context: Context, duty: Duty) -> None:
    """Opens it once. Where GitHub does not take it, people are told and may pick another."""
    hold = partial(outbox.hold, duty=duty)
    with context.database.read() as connection:
        run = runs.get(connection, duty.subject)
        task = tasks.get(connection, run.task_id)
        view = looking.task_view(connection, context.settings, task.id)
        shown = looking.run_view(connection, context.settings, task, run)
        others = [one for one in runs.of_task(connection, task.id) if one.id != run.id and one.head_sha]
    if not run.picked_by:
        return
    where = tasks.where_of(task)
    try:
        number = Wanted(context.github, where, task, run, view, shown, run.branch).bring(
            context.database, hold, lambda: None
        )
    except (Forbidden, Invalid, NotFound) as error:
        with context.database.write() as connection:
            outbox.hold(connection, duty)
            moves.unpick(connection, run.id, f"GitHub refused its pull request: {error}"[:500])
        return
    with context.database.write() as connection:
        outbox.hold(connection, duty)
        moves.picked(connection, run.id, number)
    _remove(context, where, others)


def _remove(context: Context, where: Where, others: Iterable[Row[Any]]) -> None:
    """Removes their branches, but for one that somebody pushed to, or opened a pull request from."""
    alone = [one for one in others if not one.pull_request and context.github.find_pull(where, one.branch) is None]
    if not alone:
        return
    settings = context.settings
    with (
        context.github.git_token(where, {"contents": "write"}) as token,
        mirrors.borrowed(settings, where),
    ):
        for one in alone:
            with suppress(Problem):  # it is gone
                ref = f"refs/heads/{one.branch}"
                mirror, head = mirrors.fetch(settings, where, ref, token)
                if head == one.head_sha:
                    _remove_one(context, where, token, mirror, one)


def _remove_one(context: Context, where: Where, token: str, mirror: Any, run: Row[Any]) -> None:
    try:
        ref = f"refs/heads/{run.branch}"
        push(context.settings, where, token, mirror, commit="", ref=ref, expected=run.head_sha)
    except GitError as error:
        if not has_moved(error):
            raise refused(error, run.branch) from None
