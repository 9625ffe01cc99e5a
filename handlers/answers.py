"""What a person sees at once: the reaction on a command, and the comment that answers it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from config.database import Row
from handlers import commands
from runners import outbox
from runners.context import Context
from runners.doubles import DELAY, keep_one
from runners.github_types import Where
from runners.outbox import Duty
from runners.steps import external_id, perform
from runners.wording.markers import marked, reply_marker


def react(context: Context, duty: Duty) -> None:
    """Puts the command's reaction on the text that it stood in."""
    command = _command(context, duty.subject)
    target = command.number if command.kind == "issue" else int(command.source_id)

    def act() -> str:
        context.github.react(_where(command), command.kind, target, command.reaction)
        return str(command.reaction)

    _perform(context, duty, "reaction", act, lambda: None)


def reply(context: Context, duty: Duty) -> None:
    """Posts the command's answer, once; one whose words were dropped meanwhile (RETENTION_DAYS) comes too late."""
    command = _command(context, duty.subject)
    if command.answer is None:
        return
    where, marker = _where(command), reply_marker(duty.subject)

    def act() -> str:
        return str(context.github.comment(where, command.number, marked(marker, command.answer)))

    def look() -> str | None:
        found = context.github.find_comments(where, command.number, marker, context.app_id)
        return str(min(found)) if found else None

    _perform(context, duty, "reply", act, look)
    with context.database.write() as connection:
        outbox.want(connection, "reply_doubles", duty.subject, delay=DELAY)


def remove_doubles(context: Context, duty: Duty) -> None:
    """Leaves one answer to the command, if a worker that stood still posted a second."""
    command = _command(context, duty.subject)
    kept = external_id(context.database, f"command {duty.subject}", "reply")
    keep_one(context, _where(command), command.number, reply_marker(duty.subject), kept)


def _perform(context: Context, duty: Duty, step: str, act: Callable[[], str], look: Callable[[], str | None]) -> None:
    hold = partial(outbox.hold, duty=duty)
    perform(context.database, f"command {duty.subject}", step, act=act, look=look, hold=hold)


def _command(context: Context, command_id: str) -> Row[Any]:
    with context.database.read() as connection:
        return commands.get(connection, int(command_id))


def _where(command: Row[Any]) -> Where:
    return Where(command.installation_id, command.repository, command.repository_id)
