"""How long what people and agents wrote is kept, and dropping it: in small steps, each safe to repeat."""

from dataclasses import dataclass

from config.accounts import lock_account
from config.database import Database
from runners import run_events, runs, tasks

DAY = 86_400.0
GUID_DAYS = 90.0  # a delivery is known for so long, or as long as texts are kept
MOST_AT_ONCE = 100  # in one transaction: nobody waits long for it


@dataclass(frozen=True)
class Cutoffs:
    """What ended or came before these moments (seconds since 1970) is dropped: words, and deliveries as such."""

    words: float
    deliveries: float


def cutoffs(at: float, retention_days: float) -> Cutoffs:
    """The moments, as they are now."""
    return Cutoffs(at - retention_days * DAY, at - max(GUID_DAYS, retention_days) * DAY)


def forget_tasks(database: Database, before: float) -> int:
    """Drops prompts, logs, patches and summaries of tasks that ended before then; how many tasks.

    That a task was there, who asked for it, how it ended and what it cost stays.
    """
    with database.read() as connection:
        accounts = tasks.accounts_with_old(connection, before)
    return sum(_forget_tasks_of(database, account_id, before) for account_id in accounts)


def _forget_tasks_of(database: Database, account_id: int, before: float) -> int:
    count, more = 0, True
    while more:
        with database.write() as connection:
            lock_account(connection, account_id)  # a retry holds it too, and so finds all of the words or none
            forgotten = tasks.forget(connection, account_id, before, MOST_AT_ONCE)
            run_events.forget(connection, runs.forget(connection, forgotten))
        count, more = count + len(forgotten), len(forgotten) == MOST_AT_ONCE
    return count
