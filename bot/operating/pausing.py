"""Pausing and resuming: everything, or one account. What is at work goes on; what would begin waits in SQL."""

from typing import Any

from bot.operating import OperatorError
from bot.operating.ground import operator
from config import marks
from config.accounts import account_named, logins, pause_account, paused_accounts
from config.database import Connection, Row, now
from handlers.grammar import nearest
from runners import audit, outbox, tasks
from runners.admission import admit_everywhere
from runners.backlog import runs_held
from runners.wording.status import duration

EVERYTHING = "everything"


def pause(connection: Connection, host: str, login: str | None) -> str:
    """Lets nothing begin from now on; what to know about that. Raises OperatorError."""
    if login is None:
        return pause_everything(connection)
    account = _account(connection, host, login)
    if not pause_account(connection, account.id, now(connection)):
        return f"{account.login} is paused already. `./async-code resume {account.login}` ends that."
    audit.note(connection, operator(), "pause", account.login, account_id=account.id)
    _tell(connection, account.id)
    busy = sum(run.account_id == account.id for run in runs_held(connection, now(connection)))
    return f"Paused {account.login}: {_what_follows(busy)} `./async-code resume {account.login}` ends it."


def pause_everything(connection: Connection, action: str = "pause") -> str:
    """The same for the whole deployment; `action` is how the audit log names it."""
    marks.hold(connection, marks.PAUSED, shared=False)
    at = now(connection)
    since = marks.get(connection, marks.PAUSED)
    if since is not None:
        return f"Everything is paused already, for {duration(at - since)}. `./async-code resume` ends that."
    marks.put(connection, marks.PAUSED, at)
    audit.note(connection, operator(), action, EVERYTHING)
    _tell(connection, None)
    return f"Paused everything: {_what_follows(len(runs_held(connection, at)))} `./async-code resume` ends it."


def resume(connection: Connection, host: str, login: str | None, concurrent: int) -> str:
    """Lets begin what waits; what to know about that. Raises OperatorError."""
    account = None if login is None else _account(connection, host, login)
    ended = pause_account(connection, account.id, None) if account else marks.clear(connection, marks.PAUSED)
    name, account_id = (account.login, account.id) if account else (EVERYTHING, None)
    if not ended:
        return "\n".join(
            [f"{name.capitalize() if account is None else name} was not paused.", *still_paused(connection)]
        )
    audit.note(connection, operator(), "resume", name, account_id=account_id)
    waiting = len(tasks.not_begun(connection, account_id))
    admit_everywhere(connection, concurrent)
    _tell(connection, account_id)
    return "\n".join(
        [f"Resumed {name}: {_count(waiting, 'task')} may begin as slots are free.", *still_paused(connection)]
    )


def _account(connection: Connection, host: str, login: str) -> Row[Any]:
    account = account_named(connection, host, login)
    if account is None:
        near = nearest(login, logins(connection, host))
        meant = f"did you mean {near}?" if near else "an account is known once its first delivery came."
        raise OperatorError(f"No account {login} on {host}: {meant}")
    return account


def _tell(connection: Connection, account_id: int | None) -> None:
    """People see in the status comment why nothing begins, and when it may again."""
    for task_id in tasks.not_begun(connection, account_id):
        outbox.want(connection, "status", task_id)


def _what_follows(at_work: int) -> str:
    busy = f"{_count(at_work, 'run')} at work will finish; " if at_work else ""
    return f"{busy}no run begins, commands are still accepted and wait."


def still_paused(connection: Connection) -> list[str]:
    """What is paused now, each with how it ends."""
    accounts = [account.login for account in paused_accounts(connection)]
    said = [f"{login} is still paused by itself: `./async-code resume {login}`." for login in accounts]
    if marks.get(connection, marks.PAUSED) is not None:
        said.append("Everything is still paused: `./async-code resume`.")
    return said


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
