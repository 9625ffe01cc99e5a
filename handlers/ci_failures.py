"""Checks of others failed on a pull request of ours: where the repository wishes it, `fix` is begun for its asker."""

from typing import Any

from config.database import Connection, Row
from handlers import inbox
from handlers.answering import answer_all, look
from handlers.events import Concluded, Sender, Spoken
from handlers.grammar import Command, Flags
from handlers.inbox import Taken
from runners import runs, tasks
from runners.context import Context
from runners.github_types import FAILING
from runners.wording.publishing import BRANCHES

WISH = "Repair what CI found in {}"  # whoever reads of it must see that nobody wrote it there and then


def concluded(context: Context, taken: Taken, event: Concluded) -> None:
    """Begins at most one `fix` for a commit of ours, while nothing else works there."""
    said, fix = _said(context, event), Command(1, "fix", Flags(), WISH.format(event.head_sha[:12]), 1)
    scene = look(context, said, [fix]) if said else None
    wished = scene is not None and scene.wishes.triggers.on_ci_failure == "fix"
    with context.database.write() as connection:
        if not inbox.done(connection, taken) or not (said and scene and wished):
            return
        if not tasks.unfinished_at(connection, context.settings.host_name, event.repository.id, said.number):
            answer_all(context, connection, taken, said, scene, [fix])


def _said(context: Context, event: Concluded) -> Spoken | None:
    """As though whoever asked for the work had asked for this too; None where it is no work of ours that failed."""
    if event.conclusion not in FAILING or event.app_id == context.settings.github_app_id:
        return None
    with context.database.read() as connection:
        run = _run(connection, context.settings.host_name, event)
        task = tasks.get(connection, run.task_id) if run else None
    if run is None or task is None:
        return None
    return Spoken(
        kind="ci",
        source_id=event.head_sha,
        installation_id=event.installation_id,
        repository=event.repository,
        sender=Sender(run.requester_id, run.requester, is_bot=False),
        number=run.pull_request,
        is_pull_request=True,
        title=task.title,
        body=task.body,
        text="",
        author_id=run.requester_id,
    )


def _run(connection: Connection, host: str, event: Concluded) -> Row[Any] | None:
    """The run whose commit it is, if it stands in a pull request that we opened."""
    for number in event.pulls:
        run = runs.published_on(connection, host, event.repository.id, number)
        if run is not None and run.branch.startswith(BRANCHES) and event.head_sha in (run.head_sha, run.released_sha):
            return run
    return None
