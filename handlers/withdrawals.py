"""Nobody waits for the work any more: the command's comment was deleted, its issue or pull request was closed."""

from collections.abc import Iterable
from typing import Any

from config.accounts import Account, remember_account
from config.database import Connection, Row, now
from handlers import commands, inbox
from handlers.answering import where_of
from handlers.events import Closed, Unsaid
from handlers.inbox import Taken
from runners import moves, runs, tasks
from runners.admission import admit
from runners.context import Context


def closed(context: Context, taken: Taken, event: Closed) -> None:
    """Whoever may close it may end what works on it: GitHub has asked who that is.

    A delivery may come days late, so that GitHub is asked whether it is closed still.
    """
    place = (context.settings.host_name, event.repository.id, event.number)
    with context.database.read() as connection:
        busy = bool(tasks.unfinished_at(connection, *place))
    ended = busy and not context.github.is_open(where_of(event), event.number)
    with context.database.write() as connection:
        if inbox.done(connection, taken) and ended:
            account_id = _account(context, connection, event)
            _end(context, connection, account_id, tasks.unfinished_at(connection, *place), event.sender.login)


def unsaid(context: Context, taken: Taken, event: Unsaid) -> None:
    """What was asked for and has not begun is not done. What works goes on: `cancel` stops that."""
    with context.database.write() as connection:
        if inbox.done(connection, taken):
            account_id = _account(context, connection, event)
            source = (context.settings.host_name, event.repository.id, event.kind, str(event.source_id))
            commands.take_back(connection, commands.origin(source[0], taken.guid, event, event.kind))
            asked = [tasks.get(connection, task_id) for task_id in commands.begun_by(connection, *source)]
            not_begun = [task for task in asked if not runs.has_begun(connection, task.id, task.round)]
            _end(context, connection, account_id, not_begun, event.sender.login)


def _account(context: Context, connection: Connection, event: Closed | Unsaid) -> int:
    """Its row is locked: no worker claims one of its runs until the transaction ends."""
    owner = event.repository.owner
    return remember_account(
        connection, context.settings.host_name, Account(owner.id, owner.login, owner.kind), now(connection)
    )


def _end(context: Context, connection: Connection, account_id: int, some: Iterable[Row[Any]], by: str) -> None:
    for task in some:
        moves.cancel(connection, task.id, by)
    admit(connection, account_id, context.settings.concurrent_runs)
