"""What must not slow down as a deployment grows: each query that is asked all the time, and a way to grow.

`tests/runners/test_plans.py` asserts that both databases answer them by indexes, `benchmarks/growth.py` times them.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from config.accounts import lock_account
from config.database import Connection, now
from handlers import commands, forgetting, inbox, sweeping
from handlers.policy import DAY, HOUR
from runners import claiming, claims, outbox, run_events, runs, tasks
from runners.claims import Claim, LeaseLost
from runners.queues import POOLS
from runners.states import RunState

HOST = "github.test"


@dataclass(frozen=True)
class Sample:
    """One of what there is: ids to ask for."""

    account_id: int
    task_id: str
    run_id: str
    repository_id: int
    number: int


Operation = Callable[[Connection, Sample], Any]


def quota_check(connection: Connection, one: Sample) -> None:
    """What deciding asks of an account."""
    at = now(connection)
    lock_account(connection, one.account_id)
    runs.used(connection, one.account_id, at - HOUR)
    runs.used(connection, one.account_id, at - DAY)
    runs.at_work(connection, one.account_id)


def claim(connection: Connection, one: Sample) -> None:
    """What a runs worker asks when it has a free slot."""
    run_id = claiming.next_claimable(connection, POOLS["runs"])
    claiming.claim(connection, run_id or one.run_id, "worker", 60)


def run_page(connection: Connection, one: Sample) -> None:
    """The run page's queries, but for its own drawing."""
    run = runs.get(connection, one.run_id)
    task = tasks.get(connection, run.task_id)
    runs.ahead_of(connection, run)
    run_events.since(connection, run.id)
    run_events.latest(connection, run.id)
    tasks.at_place(connection, HOST, task.repository_id, task.number)


def lease(connection: Connection, one: Sample) -> None:
    """What a worker asks every two seconds while it works."""
    held = Claim(one.run_id, 1, RunState.RUNNING, 60)
    with suppress(LeaseLost):
        claims.cancelled_by(connection, held)


def deciding(connection: Connection, one: Sample) -> None:
    """What a delivery's sender and place are asked for."""
    commands.known(connection, HOST, one.repository_id, "comment", "1")
    commands.refused_lately(connection, one.repository_id, "stranger", 300, 1)
    tasks.unfinished_at(connection, HOST, one.repository_id, one.number)
    tasks.at_place(connection, HOST, one.repository_id, one.number)


OPERATIONS: dict[str, Operation] = {
    "claim a run": claim,
    "quota check": quota_check,
    "facts of a command": deciding,
    "admit a waiting task": lambda connection, one: tasks.waiting(connection, one.account_id, most=1),
    "accounts that wait": lambda connection, _one: tasks.accounts_with_waiting(connection),
    "runs nobody took": lambda connection, _one: claiming.unclaimed(connection, POOLS["runs"], unclaimed_for=5, most=8),
    "deliveries nobody took": lambda connection, _one: inbox.unclaimed(connection, unclaimed_for=5, most=16),
    "take a delivery": lambda connection, _one: inbox.take(connection, "g1", 60),
    "duties that are due": lambda connection, _one: outbox.due(connection, unclaimed_for=5),
    "attempts at work": lambda connection, _one: runs.attempts_at_work(connection),
    "runs of one issue in an hour": lambda connection, one: runs.started_at_place(
        connection, HOST, one.repository_id, one.number, now(connection) - HOUR
    ),
    "the run that made a commit": lambda connection, one: runs.pushed(connection, HOST, one.repository_id, "0" * 40),
    "fixes that nobody asked for": lambda connection, one: commands.allowed_at(
        connection, HOST, one.repository_id, "ci", one.number
    ),
    "whether to forget is due": lambda connection, _one: forgetting.is_due(connection),
    "lost deliveries that are due": lambda connection, _one: sweeping.is_due(connection),
    "a worker's look at its lease": lease,
    "home page": lambda connection, _one: runs.recent(connection, 50),
    "run page": run_page,
    "status comment": lambda connection, one: runs.of_round(connection, one.task_id, 1),
}

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
YEAR = 365 * 86_400
GROWTH = (
    "INSERT INTO accounts (host, github_id, login, kind, created_at) "
    f"{COUNT}SELECT '{HOST}', i, 'owner' || i, 'User', :now FROM n WHERE i <= :accounts",
    "INSERT INTO tasks (id, account_id, installation_id, host, repository_id, repository, number, is_pull_request, "
    "verb, text, flags, title, body, base_ref, requester_id, requester, state, created_at, finished_at) "
    f"{COUNT}SELECT 't' || i, 1 + i % :accounts, 1 + i % :accounts, '{HOST}', 1 + i % :accounts, 'o/r', "
    f"i / :accounts, false, 'implement', 'do it', '{{}}', '', '', 'main', i, 'alice', 'done', "
    f":now - {YEAR}.0 * (:count - i) / :count, :now FROM n",
    "INSERT INTO runs (id, task_id, account_id, requester_id, requester, round, agent, queue, state, charged, "
    "created_at, confirmed_at, fence, started_at, finished_at) "
    f"{COUNT}SELECT 'r' || i, 't' || i, 1 + i % :accounts, i, 'alice', 1, 'patch', 'docker', 'done', true, "
    f":now - {YEAR}.0 * (:count - i) / :count, :now, 1, :now, :now FROM n",
    "INSERT INTO deliveries (guid, event, state, received_at, done_at) "
    f"{COUNT}SELECT 'g' || i, 'issue_comment', 'done', :now, :now FROM n",
    "INSERT INTO commands (host, repository_id, kind, source_id, ordinal, guid, installation_id, repository, number, "
    "sender_id, sender, verb, allowed, rule, verdict, created_at) "
    f"{COUNT}SELECT '{HOST}', 1 + i % :accounts, 'comment', '' || i, 0, 'g' || i, 1, 'o/r', 1, i, 'alice', "
    "'implement', true, 'allowed', '{}', :now FROM n",
    "INSERT INTO outbox (kind, subject, wanted, served, tries, created_at) "
    f"{COUNT}SELECT 'status', 't' || i, 3, 3, 0, :now FROM n",
)


def grow(connection: Connection, count: int, accounts: int) -> Sample:
    """Fills the tables with what so many tasks of a year leave behind; one of them."""
    at = now(connection)
    for statement in GROWTH:
        connection.execute(text(statement), {"count": count, "accounts": accounts, "now": at})
    one = count // 2
    return Sample(1 + one % accounts, f"t{one}", f"r{one}", 1 + one % accounts, one // accounts)
