"""Two doors to the database, on SQLite and on Postgres: no lock is met, no wake-up precedes its commit."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

import config.migrations
from bot import sessions
from config import accounts, database, leases, marks, secrets
from config.database import SCHEMA, Database, WakeUp, metadata, now, require_schema, wake_after_commit
from config.schema import migrate
from config.settings import SettingsError
from handlers import commands, inbox, sweeping
from runners import audit, outbox, pace, refused_hosts, run_events, runs, steps, tasks, usage, webhooks

NewDatabase = Callable[..., Database]

# DESIGN §4: which package owns which table, and the module that alone writes it.
OWNERS = {
    "config": [
        accounts.accounts, accounts.installations, accounts.account_settings, secrets.secrets, leases.leases,
        marks.marks,
    ],
    "runners": [
        tasks.tasks, runs.runs, steps.publishing_steps, run_events.run_events, outbox.outbox, usage.usage,
        refused_hosts.refused_hosts, webhooks.endpoints, webhooks.messages, audit.audit, pace.paces, pace.writes,
    ],
    "handlers": [inbox.deliveries, commands.commands, sweeping.redeliveries],
    "bot": [sessions.sessions, sessions.api_keys],
}  # fmt: skip


@pytest.fixture
def new_database(tmp_path: Path, database_url: str | None) -> Iterator[NewDatabase]:
    """Makes what each process has: its own way to one empty database."""
    made: list[Database] = []

    def make(send: Callable[[list[WakeUp]], None] = lambda wake_ups: None) -> Database:
        made.append(Database(database_url or f"sqlite:///{tmp_path}/data/test.sqlite3", send))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def alembic() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(config.migrations.__file__).parent))
    return made


def engines(one: Database) -> list[Engine]:
    return list(dict.fromkeys([one._writer, one._reader]))  # what is promised of each connection


def test_every_sqlite_connection_has_what_durability_needs(tmp_path: Path) -> None:
    one = Database(f"sqlite:///{tmp_path}/test.sqlite3")
    for engine in engines(one):
        many = [engine.connect() for _ in range(1 if engine is one._writer else 4)]
        for connection in many:
            asked = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in WANTED}
            assert asked == WANTED
            connection.close()
    one.close()


WANTED = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": database.BUSY_MILLISECONDS}

HAMMER = """
import sys
from sqlalchemy import text
from config.database import Database, now
one = Database(sys.argv[1])
for number in range(int(sys.argv[2])):
    with one.write() as connection:
        seen = connection.execute(text("SELECT value FROM counter")).scalar_one()
        connection.execute(text("UPDATE counter SET value = :value"), {"value": seen + 1})
    with one.read() as connection:
        now(connection)
one.close()
"""


def test_processes_that_write_at_once_meet_no_lock_and_lose_no_write(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.sqlite3"
    one = Database(url)
    with one.write() as connection:
        connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    root = Path(__file__).parents[2]
    argv = [sys.executable, "-W", "ignore", "-c", HAMMER, url, "30"]
    processes = [subprocess.Popen(argv, cwd=root, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate()[1] for process in processes]
    assert said == [""] * 3
    with one.read() as connection:
        assert connection.execute(text("SELECT value FROM counter")).scalar() == 90
    one.close()


def test_threads_that_write_at_once_wait_for_each_other(new_database: NewDatabase) -> None:
    one = new_database()
    migrate(one)
    failed: list[Exception] = []

    def work(number: int) -> None:
        try:
            for round in range(10):
                with one.write() as connection:
                    leases.hold(connection, f"duty {number} {round}", "a", 1)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with one.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM leases")).scalar() == 120


def test_a_database_that_is_opened_by_many_at_once_for_the_first_time_opens_for_all(tmp_path: Path) -> None:
    for round in range(5):
        start = threading.Barrier(6)
        failed: list[Exception] = []

        def begin(url: str, start: threading.Barrier = start, failed: list[Exception] = failed) -> None:
            one = Database(url)
            start.wait(10)
            try:
                with one.write() as connection:
                    connection.execute(text("CREATE TABLE IF NOT EXISTS x (y INTEGER)"))
            except Exception as error:
                failed.append(error)
            one.close()

        threads = [threading.Thread(target=begin, args=(f"sqlite:///{tmp_path}/{round}.sqlite3",)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []


def test_wake_ups_follow_the_commit_once_each_and_never_a_rollback(new_database: NewDatabase) -> None:
    sent: list[list[WakeUp]] = []
    one = new_database(sent.append)
    migrate(one)
    first, second = WakeUp("run", "r1", "docker"), WakeUp("duty", "status t1", "github")
    with one.write() as connection:
        for wake_up in (first, second, first):
            wake_after_commit(connection, wake_up)
        leases.hold(connection, "x", "a", 1)
        assert sent == []
    assert sent == [[first, second]]
    with pytest.raises(RuntimeError), one.write() as connection:
        wake_after_commit(connection, first)
        raise RuntimeError
    with one.write():
        pass
    assert sent == [[first, second]]


def test_a_commit_that_fails_wakes_nobody(new_database: NewDatabase) -> None:
    sent: list[list[WakeUp]] = []
    one = new_database(sent.append)
    migrate(one)
    with pytest.raises(database.DatabaseError), one.write() as connection:
        wake_after_commit(connection, WakeUp("run", "r1", "docker"))
        if one.is_sqlite:
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        else:
            connection.execute(text("ALTER TABLE secrets ALTER CONSTRAINT fk_secrets_account_id DEFERRABLE"))
            connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        connection.execute(
            secrets.secrets.insert().values(
                account_id=7, name="x", key_id="x", sealed="x", last_four="x", updated_at=0, updated_by="x"
            )
        )
        assert sent == []
    assert sent == []


def test_the_clock_is_the_database_s_and_tests_move_it(new_database: NewDatabase) -> None:
    one = new_database()
    for door in (one.read, one.write):
        with door() as connection:
            before = now(connection)
        one.clock_shift += 1000
        with door() as connection:
            assert 1000 <= now(connection) - before < 1010


def test_a_schema_that_is_not_ours_is_refused_with_what_to_do(new_database: NewDatabase) -> None:
    one = new_database()
    with pytest.raises(SettingsError, match=rf"at schema none, this version needs {SCHEMA}.*async-code migrate"):
        require_schema(one)
    migrate(one)
    require_schema(one)
    with one.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="at schema 9999"):
        require_schema(one)


def test_the_newest_revision_is_the_one_that_the_code_names(alembic: Config) -> None:
    assert ScriptDirectory.from_config(alembic).get_heads() == [SCHEMA]


def test_migrating_again_or_from_everywhere_at_once_changes_nothing(new_database: NewDatabase) -> None:
    start = threading.Barrier(4)
    failed: list[Exception] = []
    ways = [new_database() for _ in range(4)]

    def begin(one: Database) -> None:
        start.wait(10)
        try:
            migrate(one)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=begin, args=(one,)) for one in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    migrate(ways[0])
    require_schema(ways[0])


def test_a_revision_goes_down_and_up_again_and_gives_the_tables_of_the_modules(
    new_database: NewDatabase, alembic: Config
) -> None:
    one = new_database()
    migrate(one)
    with one.write() as connection:
        alembic.attributes["connection"] = connection
        command.downgrade(alembic, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    migrate(one)
    with one.read() as connection:
        # SQLite gives a default of '' back as it was written, which Alembic takes for another one.
        opts = {"compare_type": True, "compare_server_default": not one.is_sqlite}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_every_table_of_the_design_is_there_and_owned_by_its_package() -> None:
    owned = [table for tables in OWNERS.values() for table in tables]
    assert {table.name for table in owned} == set(metadata.tables)
    assert len(owned) == 23
    for package, tables in OWNERS.items():
        for table in tables:
            homes = [
                name
                for name, module in sys.modules.items()
                if name.partition(".")[0] == package and any(value is table for value in vars(module).values())
            ]
            assert homes, f"{table.name} is not of {package}"


def test_what_people_wrote_is_in_no_error_of_the_database(new_database: NewDatabase) -> None:
    one = new_database()
    with pytest.raises(database.DatabaseError) as failed, one.write() as connection:
        connection.execute(text("INSERT INTO nowhere (words) VALUES (:words)"), {"words": "between us"})
    assert "nowhere" in str(failed.value)
    assert "between us" not in str(failed.value)
