"""Somebody wrote a text that may hold commands: a comment, or a new issue's body."""

from handlers import inbox
from handlers.answering import answer_all, is_heard, look
from handlers.events import Spoken
from handlers.grammar import find
from handlers.inbox import Taken
from runners.context import Context


def hear(context: Context, taken: Taken, event: Spoken) -> None:
    """Decides every command of the text in one transaction with marking the delivery done."""
    found = find(event.text, slug=context.settings.github_app_slug)
    heard = bool(found) and event.sender.id == event.author_id and is_heard(context, event.sender)
    scene = look(context, event, found) if heard else None
    if scene and event.kind == "issue" and not scene.wishes.triggers.issue_body:
        scene = None
    with context.database.write() as connection:
        if not inbox.done(connection, taken) or scene is None:
            return
        answer_all(context, connection, taken, event, scene, found)
