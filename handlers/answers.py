"""What a person sees at once: the reaction on a command, and the comment that answers it."""

from typing import Any

from config.database import Row
from handlers import inbox
from runners.context import Context
from runners.github_types import Where
from runners.steps import perform
from runners.wording.markers import marked, reply_marker


def react(context: Context, command_id: str) -> None:
    """Puts the command's reaction on the text that it stood in."""
    command = _command(context, command_id)
    target = int(command.source_id) if command.kind == "comment" else command.number

    def act() -> str:
        context.github.react(_where(command), command.kind, target, command.reaction)
        return str(command.reaction)

    perform(context.database, f"command {command_id}", "reaction", act=act, look=lambda: None)


def reply(context: Context, command_id: str) -> None:
    """Posts the command's answer, once."""
    command = _command(context, command_id)
    where, marker = _where(command), reply_marker(command_id)

    def act() -> str:
        return str(context.github.comment(where, command.number, marked(marker, command.answer)))

    def look() -> str | None:
        found = context.github.find_comment(where, command.number, marker, context.app_id)
        return str(found) if found else None

    perform(context.database, f"command {command_id}", "reply", act=act, look=look)


def _command(context: Context, command_id: str) -> Row[Any]:
    with context.database.read() as connection:
        return inbox.command(connection, int(command_id))


def _where(command: Row[Any]) -> Where:
    return Where(command.installation_id, command.repository, command.repository_id)
