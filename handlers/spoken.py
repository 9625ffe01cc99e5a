"""Somebody wrote a text that may hold commands: a comment, or a new issue's body; or gave a comment other words."""

from collections.abc import Callable
from dataclasses import replace

from config.repository_file import Wishes
from handlers import inbox
from handlers.answering import answer_all, is_heard, look
from handlers.events import Edited, Spoken
from handlers.grammar import Found, find, new
from handlers.inbox import Taken
from runners.context import Context


def hear_again(context: Context, taken: Taken, event: Edited) -> None:
    """The same for those that an edited comment did not hold before, where the repository wishes that they count."""
    slug = context.settings.github_app_slug
    added = new(find(event.before, slug=slug), find(event.said.text, slug=slug))
    keyed = [replace(one, ordinal=event.ordinal(one.ordinal)) for one in added]
    _hear(context, taken, event.said, keyed, lambda wishes: wishes.triggers.edited_comments)


def hear(context: Context, taken: Taken, event: Spoken) -> None:
    """Decides every command of the text in one transaction with marking the delivery done."""
    found = find(event.text, slug=context.settings.github_app_slug)
    wish = (lambda wishes: wishes.triggers.issue_body) if event.kind == "issue" else None
    _hear(context, taken, event, found, wish)


def _hear(
    context: Context, taken: Taken, event: Spoken, found: list[Found], wish: Callable[[Wishes], bool] | None
) -> None:
    """`wish`: whether the repository's file has such a text count; None where it always does."""
    heard = bool(found) and event.sender.id == event.author_id and is_heard(context, event.sender)
    scene = look(context, event, found, wished=wish is not None) if heard else None
    with context.database.write() as connection:
        if inbox.done(connection, taken) and scene and (wish is None or wish(scene.wishes)):
            answer_all(context, connection, taken, event, scene, found)
