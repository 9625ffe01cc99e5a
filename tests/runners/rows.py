"""Tasks and runs in a database, for tests of who may write them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import select

from config.accounts import Account, remember_account
from config.database import Connection, Database, Row, now
from runners import claiming, runs, tasks
from runners.claims import Claim
from runners.queues import DOCKER
from runners.states import TaskState
from runners.tasks import Place, Wanted

T = TypeVar("T")

PLACE = Place("github.test", 0, 1, 7, "octo/app", 1, False)
WANTED = Wanted("implement", "do it", {}, "Wrong", "", "main", 42, "alice")


def new_run(
    database: Database, number: int = 1, *, admitted: bool = True, on_pull: bool = False, account: int = 9
) -> str:
    """A run of a new task on issue `number`; an admitted one may be claimed."""
    with database.write() as connection:
        at = now(connection)
        account_id = remember_account(connection, PLACE.host, Account(account, f"octo{account}"), at)
        wanted = replace(WANTED, head_ref="topic", head_sha="1" * 40) if on_pull else WANTED
        place = replace(PLACE, account_id=account_id, number=number, is_pull_request=on_pull)
        task_id = tasks.id_of("t", account, number, on_pull, len(connection.execute(select(tasks.tasks.c.id)).all()))
        tasks.open_task(connection, task_id, place, wanted, at)
        task = tasks.get(connection, task_id)
        run_id = runs.add(connection, task, (42, "alice"), agent="patch", model=None, queue=DOCKER)
        if admitted:
            tasks.set_state(connection, task_id, TaskState.QUEUED, None)
            runs.release(connection, task_id, 1, 10)
    return run_id


def claim(database: Database, run_id: str, holder: str = "worker", lease_seconds: float = 60) -> Claim | None:
    with database.write() as connection:
        return claiming.claim(connection, run_id, holder, lease_seconds)


def claimed(database: Database, run_id: str) -> Claim:
    """A claim that must succeed; whatever the run waited for has passed."""
    database.clock_shift += 100_000
    found = claim(database, run_id)
    assert found is not None
    return found


def write(database: Database, act: Callable[[Connection], T]) -> T:
    with database.write() as connection:
        return act(connection)


def row(database: Database, run_id: str) -> Row[Any]:
    with database.read() as connection:
        return runs.get(connection, run_id)


def task_of(database: Database, run_id: str) -> Row[Any]:
    with database.read() as connection:
        return tasks.get(connection, runs.get(connection, run_id).task_id)
