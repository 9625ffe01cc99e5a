"""Somebody did something that means a command: put our label on an issue, pressed Re-run or a button of a check run."""

from dataclasses import dataclass, replace
from typing import Any

from config.database import Connection, Row
from handlers import inbox
from handlers.answering import answer_all, is_heard, look
from handlers.events import Labelled, Pressed, Spoken
from handlers.grammar import SLUG, VERBS, Command, Flags
from handlers.inbox import Taken
from runners import outbox, runs, tasks
from runners.context import Context
from runners.wording.publishing import BUTTONS


@dataclass(frozen=True)
class Meant:
    """The command that a trigger means, as though its sender had said so; `about` is the task, `run` whose check.

    `label` is the one that was put on, which may be another than the repository wishes.
    """

    said: Spoken
    command: Command
    about: str | None = None
    run: str | None = None
    label: str | None = None


def labelled(context: Context, taken: Taken, event: Labelled) -> None:
    """Our label on an issue asks for what the issue describes."""
    ours = SLUG in event.label.lower() and not event.issue.is_pull_request
    said = replace(event.issue, source_id=taken.guid)
    _do(context, taken, Meant(said, _command("implement"), label=event.label) if ours else None)


def pressed(context: Context, taken: Taken, event: Pressed) -> None:
    """Re-run means `retry`, of the task that the check run speaks of; a button means what stands on it."""
    verb = "retry" if event.button is None else event.button if event.button in BUTTONS else None
    with context.database.read() as connection:
        run = _run(context, connection, event) if verb and event.app_id == context.settings.github_app_id else None
        task = tasks.get(connection, run.task_id) if run else None
    if not (verb and run and task):
        return _do(context, taken, None)
    on_pull = VERBS[verb].on == "pull"  # of an issue's task, the one that it came to
    said = Spoken(
        kind="rerun" if event.button is None else "button",
        source_id=taken.guid,
        installation_id=event.installation_id,
        repository=event.repository,
        sender=event.sender,
        number=run.pull_request or task.number if on_pull else task.number,
        is_pull_request=on_pull or task.is_pull_request,
        title=task.title,
        body=task.body,
        text="",
        author_id=event.sender.id,
    )
    return _do(context, taken, Meant(said, _command(verb), None if on_pull else task.id, run.id))


def _command(verb: str) -> Command:
    return Command(1, verb, Flags(), "", 1)


def _run(context: Context, connection: Connection, event: Pressed) -> Row[Any] | None:
    """The run whose check it is, if it is one of that repository."""
    place = (context.settings.host_name, event.repository.id)
    if event.run_id is None:
        return runs.newest_on(connection, *place, event.head_sha)
    return runs.in_repository(connection, *place, event.run_id)


def _do(context: Context, taken: Taken, meant: Meant | None) -> None:
    """Decides the command, in one transaction with marking the delivery done."""
    heard = meant is not None and is_heard(context, meant.said.sender)
    scene = look(context, meant.said, [meant.command]) if meant and heard else None
    if scene and meant and meant.label and meant.label.lower() != (scene.wishes.triggers.label or "").lower():
        scene = None
    with context.database.write() as connection:
        if not inbox.done(connection, taken) or meant is None:
            return
        if scene:
            answer_all(context, connection, taken, meant.said, scene, [meant.command], meant.about)
        if meant.run:  # GitHub takes a suite that was asked for again as queued until one of its check runs is written
            outbox.want(connection, "check", meant.run)
