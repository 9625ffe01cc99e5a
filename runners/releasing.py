"""CI that waited is let run: an empty commit behind the one that says that it is to be skipped."""

from contextlib import suppress
from functools import partial
from typing import Any

from config.database import Row
from runners import mirrors, outbox, runs, tasks
from runners.context import Context
from runners.git import git, remote
from runners.github_types import Where
from runners.outbox import Duty
from runners.patches import signed
from runners.problems import Problem
from runners.steps import perform
from runners.workspace import open_workspace

MESSAGE = "Let CI run\n"


def let_ci_run(context: Context, duty: Duty) -> None:
    """Pushes it, unless the branch is gone or somebody has pushed meanwhile: then there is nothing that waits."""
    with context.database.read() as connection:
        run = runs.get(connection, duty.subject)
        task = tasks.get(connection, run.task_id)
    where = Where(task.installation_id, task.repository, task.repository_id)
    act = partial(_push, context, where, run)
    with suppress(Problem):
        perform(context.database, run.id, "release", act=act, look=lambda: None, hold=partial(outbox.hold, duty=duty))


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
        with open_workspace(settings, f"{run.id}-release", mirror, head) as workspace:
            made = signed(workspace, f"{head}^{{tree}}", head, MESSAGE, run.finished_at)
            push = ("push", "--quiet", "--no-verify", f"--force-with-lease={ref}:{head}", "--")
            address = f"{settings.github_base_url}/{where.repository}.git"
            authority = remote(settings.github_base_url, token)
            git(*push, address, f"{made}:{ref}", git_dir=workspace.git, settings=authority)
        return made
