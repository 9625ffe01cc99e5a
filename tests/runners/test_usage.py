"""Money in SQL: what is spent and what is reserved never pass the budget together, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config.accounts import lock_account
from config.catalogue import Tokens
from config.database import Database
from config.settings import load
from runners import claims, moves, refused_hosts, runs, tasks, usage
from runners.claims import Claim
from runners.gateway.server import tenant_of
from runners.states import RunState
from runners.usage import Budget, NotAtWork
from tests.postgres import fresh_postgres
from tests.runners.rows import claimed, new_run, row, write

TOKENS = Tokens(input=10, cached=20, cache_write=30, output=40)


@pytest.fixture
def run(database: Database) -> Any:
    """A run with two cents."""
    claim = claimed(database, new_run(database))
    write(database, lambda connection: claims.note(connection, claim, budget_usd=0.02, credential=runs.digest("it")))
    return row(database, claim.run_id)


def reserve(database: Database, run: Any, request: str, usd: float = 0.008, host: str = "here") -> Budget:
    return write(database, lambda connection: usage.reserve(connection, run, request, host, "model", usd))


def settle(database: Database, request: str, usd: float | None, tokens: Tokens = TOKENS) -> None:
    write(database, lambda connection: usage.settle(connection, request, tokens, usd))


def costs(database: Database) -> list[float | None]:
    with database.read() as connection:
        found = connection.execute(select(usage.usage.c.cost_usd).order_by(usage.usage.c.id))
        return list(found.scalars())


def test_what_is_reserved_counts_until_it_is_settled(database: Database, run: Any) -> None:
    assert [reserve(database, run, name) for name in "abc"] == [Budget.GRANTED, Budget.GRANTED, Budget.BUSY]
    settle(database, "a", 0.001)
    assert reserve(database, run, "c") is Budget.GRANTED
    after = row(database, run.id)
    assert (after.input_tokens, after.output_tokens, after.cost_usd) == (60, 40, pytest.approx(0.001))
    assert not after.over_budget


def test_what_has_no_room_beside_the_spent_is_refused_for_good(database: Database, run: Any) -> None:
    assert reserve(database, run, "a", 0.015) is Budget.GRANTED
    settle(database, "a", 0.015)
    assert reserve(database, run, "b") is Budget.SPENT
    assert row(database, run.id).over_budget
    assert reserve(database, run, "c", 0.004) is Budget.GRANTED


def test_two_that_ask_at_once_don_t_get_the_same_cent(database: Database, run: Any) -> None:
    with ThreadPoolExecutor(8) as together:
        met = list(together.map(lambda number: reserve(database, run, str(number), 0.011), range(8)))
    assert sorted(met) == [Budget.BUSY] * 7 + [Budget.GRANTED]


def test_a_settlement_counts_once(database: Database, run: Any) -> None:
    reserve(database, run, "a")
    for usd in (0.002, 0.005, None):
        settle(database, "a", usd)
    assert costs(database) == [0.002]
    assert row(database, run.id).cost_usd == pytest.approx(0.002)


def test_what_nobody_knows_costs_what_was_reserved(database: Database, run: Any) -> None:
    reserve(database, run, "a")
    settle(database, "a", None, Tokens())
    assert costs(database) == [0.008]


def test_a_gateway_that_died_loses_no_spend(database: Database, run: Any) -> None:
    reserve(database, run, "a", host="here")
    reserve(database, run, "b", host="elsewhere")
    assert write(database, lambda connection: usage.settle_left_over(connection, "here")) == 1
    assert costs(database) == [0.008, None]
    assert row(database, run.id).cost_usd == pytest.approx(0.008)
    assert write(database, lambda connection: usage.settle_left_over(connection, "here")) == 0


def test_a_credential_is_known_while_its_attempt_is_at_work(database: Database, run: Any) -> None:
    def known(credential: str) -> bool:
        with database.read() as connection:
            return runs.of_credential(connection, credential) is not None

    assert (known("it"), known("IT"), known(""), known(runs.digest("it"))) == (True, False, False, False)
    database.clock_shift += 3600
    assert not known("it")


def test_a_run_may_reach_what_its_repository_asks_for(database: Database, run: Any, tmp_path: Path) -> None:
    settings = load(_env_file=None, data_dir=tmp_path, sandbox_hosts="one.example,two.example")

    def reached() -> frozenset[str]:
        tenant = tenant_of(settings, database, "it")
        assert tenant is not None
        return tenant.hosts

    assert reached() == {"one.example", "two.example"}
    narrowed = tasks.tasks.update().values(bounds={"network": ["two.example"]})
    write(database, lambda connection: connection.execute(narrowed))
    assert reached() == {"two.example"}
    assert tenant_of(settings, database, "IT") is None


def test_of_many_attempts_those_at_work_are_told(database: Database, run: Any) -> None:
    def at_work(*credentials: str) -> set[str]:
        with database.read() as connection:
            return runs.credentials_at_work(connection, credentials)

    assert at_work(run.credential, "another") == {run.credential}
    assert at_work() == set()
    write(database, lambda connection: moves.give_back(connection, Claim(run.id, run.fence, RunState.RUNNING, 60)))
    assert at_work(run.credential) == set()


def test_a_gateway_s_open_requests_are_told(database: Database, run: Any) -> None:
    for request, host in (("a", "here"), ("b", "elsewhere")):
        reserve(database, run, request, host=host)
    with database.read() as connection:
        assert usage.left_open(connection, "here") == ["a"]
    settle(database, "a", 0.001)
    with database.read() as connection:
        assert usage.left_open(connection, "here") == []


def test_an_attempt_that_has_ended_meanwhile_reserves_nothing(database: Database, run: Any) -> None:
    claim = Claim(run.id, run.fence, RunState.RUNNING, 60)
    write(database, lambda connection: moves.give_back(connection, claim))
    with pytest.raises(NotAtWork):
        reserve(database, run, "a")
    claimed(database, run.id)
    with pytest.raises(NotAtWork):  # nor in the name of the next one, before that has a credential of its own
        reserve(database, run, "b")
    assert costs(database) == []


def test_a_patch_that_is_kept_with_an_end_is_none_to_publish(database: Database, run: Any) -> None:
    claim = Claim(run.id, run.fence, RunState.RUNNING, 60)
    write(database, lambda connection: moves.finish(connection, claim, RunState.TIMED_OUT, "budget", patch=b"a patch"))
    after = row(database, run.id)
    assert (after.state, after.patch, after.credential) == ("timed_out", b"a patch", None)


@pytest.mark.needs("postgres")
def test_who_holds_the_account_and_who_reserves_don_t_wait_for_each_other(
    postgres_url: str, migrated_postgres: str
) -> None:
    """Ending a run holds the account and then the run; reserving holds the run, and its row names the account."""
    database = Database(fresh_postgres(postgres_url, migrated_postgres))
    claim = claimed(database, new_run(database))
    write(database, lambda connection: claims.note(connection, claim, budget_usd=1.0, credential="it"))
    run = row(database, claim.run_id)
    with ThreadPoolExecutor(1) as beside, database.write() as connection:
        lock_account(connection, run.account_id)
        assert beside.submit(reserve, database, run, "a").result(4) is Budget.GRANTED
    database.close()


def test_refused_hosts_are_counted_and_bounded(database: Database, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_hosts, "MOST_HOSTS", 2)
    for host in ("a:443", "b:443", "a:443", "c:443", "d:443", "a:443", "x" * 500):
        with database.write() as connection:
            refused_hosts.add(connection, run.id, host)
    with database.read() as connection:
        assert refused_hosts.of_run(connection, run.id) == (("a:443", 3), ("others", 3), ("b:443", 1))
