"""Somebody wrote a text that may hold commands: a comment, or a new issue's body."""

from config.accounts import Account, lock_account, remember_account, remember_installation
from config.database import Connection, now
from handlers import inbox
from handlers.decision import Decision, Scene
from handlers.events import Spoken
from handlers.grammar import Command, Mistake, find
from handlers.inbox import Taken
from handlers.policy import STARTS_A_RUN
from runners.admission import admit
from runners.context import Context
from runners.github_types import NotFound, Role, Where

REFUSED_SECONDS = 300.0


def hear(context: Context, taken: Taken, event: Spoken) -> None:
    """Decides every command of the text in one transaction with marking the delivery done."""
    found = find(event.text, slug=context.settings.github_app_slug)
    heard = bool(found) and listens_to(context, event)
    scene = look(context, event, found) if heard else None
    with context.database.write() as connection:
        if not inbox.done(connection, taken) or scene is None:
            return
        answer_all(context, connection, taken, event, scene, found)


def listens_to(context: Context, event: Spoken) -> bool:
    """Whether the sender is somebody to answer: the text's own author, and no bot that the operator did not list."""
    if event.sender.is_bot and event.sender.id not in context.settings.bots_allowed:
        return False
    return event.sender.id == event.author_id


def look(context: Context, event: Spoken, found: list[Command | Mistake]) -> Scene:
    """Asks GitHub who the sender is and what the pull request is; someone refused lately is not asked about again."""
    with context.database.read() as connection:
        if inbox.refused_lately(connection, event.repository.id, event.sender.id, {"stranger"}, REFUSED_SECONDS):
            return Scene(Role.NONE, None)
    where = where_of(event)
    role = context.github.role(where, event.sender.login, event.sender.id)
    works = any(isinstance(item, Command) and item.verb in STARTS_A_RUN for item in found)
    if not event.is_pull_request or not works or role < Role.TRIAGE:
        return Scene(role, None)
    try:
        return Scene(role, context.github.pull(where, event.number))
    except NotFound:
        return Scene(role, None)


def answer_all(
    context: Context, connection: Connection, taken: Taken, event: Spoken, scene: Scene, found: list[Command | Mistake]
) -> None:
    """Writes what each command comes to, and what must follow; a command that is known is left alone."""
    host, owner = context.settings.host_name, event.repository.owner
    at = now(connection)
    account_id = remember_account(connection, host, Account(owner.id, owner.login, owner.kind), at)
    remember_installation(connection, host, event.installation_id, account_id, None, at)
    lock_account(connection, account_id)
    known = inbox.known(connection, host, event.repository.id, event.kind, str(event.source_id))
    for item in found:
        if item.ordinal not in known:
            decision = Decision(context, connection, event, scene, account_id)
            decision.record(taken, item, *decision.answer(item))
    admit(connection, account_id, context.settings.concurrent_runs)


def where_of(event: Spoken) -> Where:
    """The repository as GitHub is asked about it."""
    return Where(event.installation_id, event.repository.full_name, event.repository.id)
