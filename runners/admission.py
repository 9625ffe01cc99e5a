"""Which waiting tasks may start: an account's concurrency and the one live task a place make them wait, not fail."""

from config.accounts import is_paused, lock_account
from config.database import Connection
from runners import runs, tasks
from runners.states import TaskState


def admit(connection: Connection, account_id: int, concurrent: int) -> None:
    """Starts as many waiting tasks of the account as have a slot and a free place, the oldest first; paused, none."""
    lock_account(connection, account_id)
    if is_paused(connection, account_id):
        return
    free = concurrent - runs.at_work(connection, account_id)
    free -= runs.release_rest(connection, account_id, free) if free > 0 else 0
    while free > 0:
        found = tasks.waiting(connection, account_id, most=1)
        if not found:
            return
        task = found[0]
        tasks.set_state(connection, task.id, TaskState.QUEUED, None)
        free -= max(runs.release(connection, task.id, task.round, free), 1)


def admit_everywhere(connection: Connection, concurrent: int) -> None:
    """The same for every account that has a task waiting."""
    for account_id in tasks.accounts_with_waiting(connection):
        admit(connection, account_id, concurrent)
