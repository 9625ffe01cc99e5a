"""CI failed on a commit of ours: where the repository wishes it, `fix` is begun for whoever asked for the work."""

from typing import Any

from config.database import Row
from handlers import inbox
from handlers.answering import answer_all, look
from handlers.events import Concluded, Sender, Spoken
from handlers.grammar import Command, Flags
from handlers.inbox import Taken
from handlers.standing import Scene
from runners import runs, tasks
from runners.agents import AGENTS
from runners.context import Context
from runners.github_types import FAILING, Unavailable
from runners.states import ENDS, RunState
from runners.wording.publishing import BRANCHES

WISH = "Repair what CI found in {}"  # whoever reads of it must see that nobody wrote it there and then
EARLY = "the run that pushed {} has not ended"


def concluded(context: Context, taken: Taken, event: Concluded) -> None:
    """Begins at most one `fix` for a commit of ours, while nothing else works there. Raises Unavailable: not yet."""
    work = _work(context, event)
    said, fix = (_said(event, *work), _fix(event, *work)) if work else (None, None)
    scene = look(context, said, [fix]) if said and fix else None
    with context.database.write() as connection:
        if not inbox.done(connection, taken) or not (said and fix and scene and _is_wished(scene, event)):
            return
        place = (context.settings.host_name, event.repository.id, said.number)
        writing = [task for task in tasks.unfinished_at(connection, *place) if not tasks.reads_only(task)]
        if not writing:  # what is pushed next is checked anew
            answer_all(context, connection, taken, said, scene, [fix])


def _is_wished(scene: Scene, event: Concluded) -> bool:
    """Whether the repository wishes it, and the commit is what stands there: a delivery may come late."""
    wished = scene.wishes.triggers.on_ci_failure == "fix"
    return wished and scene.pull is not None and (scene.pull.state, scene.pull.head_sha) == ("open", event.head_sha)


def _work(context: Context, event: Concluded) -> tuple[Row[Any], Row[Any]] | None:
    """The run that failed and its task, if it opened a pull request of ours: a person's branch is theirs."""
    if event.conclusion not in FAILING or event.app_id == context.settings.github_app_id:
        return None
    with context.database.read() as connection:
        run = runs.pushed(connection, context.settings.host_name, event.repository.id, event.head_sha)
        task = tasks.get(connection, run.task_id) if run else None
    if run is None or task is None or not run.branch.startswith(BRANCHES):
        return None
    if RunState(run.state) not in ENDS:  # a worker that ends in the middle of publishing leaves it queued
        raise Unavailable(EARLY.format(event.head_sha[:12]))
    return (run, task) if run.state == RunState.DONE and run.pull_request else None


def _said(event: Concluded, run: Row[Any], task: Row[Any]) -> Spoken:
    """As though whoever asked for the work had asked for this too."""
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


def _fix(event: Concluded, run: Row[Any], task: Row[Any]) -> Command:
    """By the agent that did the work, within what its asker let it cost; what came of a diff has no agent to go on."""
    kept = {name: task.flags.get(name) for name in ("budget_usd", "timeout_minutes")}
    agents, model = ((run.agent,), run.model) if task.verb != "apply" and run.agent in AGENTS else ((), None)
    flags = Flags(agents=agents, model=model, cheap=bool(task.flags.get("cheap")) and not model, **kept)
    return Command(1, "fix", flags, WISH.format(event.head_sha[:12]), 1)
