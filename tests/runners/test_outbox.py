"""Duties: wanted in a transaction, held by one worker at a time, due again for a wish that came meanwhile."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from config.database import Connection, Database, WakeUp
from config.schema import migrate
from runners import outbox
from runners.outbox import Duty
from tests.runners.rows import write

LEASE_SECONDS = 60.0


def want(database: Database, subject: str = "t1", *, delay: float = 0) -> None:
    write(database, lambda connection: outbox.want(connection, "status", subject, delay=delay))


def claim(database: Database, subject: str = "t1") -> Duty | None:
    return write(database, lambda connection: outbox.claim(connection, "status", subject, LEASE_SECONDS))


def claimed(database: Database, subject: str = "t1") -> Duty:
    duty = claim(database, subject)
    assert duty is not None
    return duty


def due(database: Database, unclaimed_for: float = 0) -> list[str]:
    with database.read() as connection:
        return [subject for _, subject in outbox.due(connection, unclaimed_for=unclaimed_for)]


def error_of(database: Database) -> str | None:
    with database.read() as connection:
        return connection.execute(outbox.outbox.select()).one().error  # type: ignore[no-any-return]  # a Text column


def test_a_duty_is_served_once_however_often_it_was_wanted(database: Database) -> None:
    for _ in range(3):
        want(database)
    assert due(database) == ["t1"]
    duty = claimed(database)
    write(database, lambda connection: outbox.serve(connection, duty))
    assert (due(database), claim(database)) == ([], None)
    want(database)
    assert due(database) == ["t1"]


def test_a_wish_during_the_service_makes_it_due_again_however_the_service_ends(database: Database) -> None:
    def refused(connection: Connection, duty: Duty) -> None:
        outbox.give_up(connection, duty, "refused")

    for end in (outbox.serve, refused):
        want(database)
        duty = claimed(database)
        want(database)
        assert (due(database), claim(database)) == ([], None), "the present holder goes on alone"
        write(database, lambda connection: end(connection, duty))  # noqa: B023
        assert due(database) == ["t1"]
        again = claimed(database)
        assert (again.tries, again.wanted) == (1, duty.wanted + 1)
        write(database, lambda connection: outbox.serve(connection, again))  # noqa: B023
        assert due(database) == []


def test_a_wish_wakes_a_worker_only_if_it_is_due_now(tmp_path: Path) -> None:
    sent: list[WakeUp] = []
    database = Database(f"sqlite:///{tmp_path}/test.sqlite3", sent.extend)
    migrate(database)
    want(database, delay=5)
    assert sent == []
    want(database)
    want(database)
    assert sent == [WakeUp("duty", "status t1", "github")] * 2
    duty = claimed(database)
    want(database)
    write(database, lambda connection: outbox.serve(connection, duty))
    assert len(sent) == 4, "the wish that came meanwhile wakes again"
    database.close()


def test_a_later_wish_never_puts_off_an_earlier_one(database: Database) -> None:
    want(database, delay=100)
    want(database, delay=5)
    want(database, delay=50)
    database.clock_shift += 6
    assert due(database) == ["t1"]


def test_two_workers_never_hold_one_duty(database: Database) -> None:
    subjects = [f"t{number}" for number in range(25)]
    for subject in subjects:
        want(database, subject)
    start = threading.Barrier(2)
    got: list[str] = []

    def work() -> None:
        for subject in subjects:
            start.wait(10)
            got.extend([subject] if claim(database, subject) else [])

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(subjects)


def test_a_worker_that_was_too_slow_changes_nothing(database: Database) -> None:
    want(database)
    slow = claimed(database)
    assert claim(database) is None
    database.clock_shift += LEASE_SECONDS + 1
    present = claimed(database)
    late: list[Callable[[Connection], None]] = [
        lambda connection: outbox.serve(connection, slow),
        lambda connection: outbox.postpone(connection, slow, 900, "late"),
        lambda connection: outbox.give_up(connection, slow, "late"),
    ]
    for end in late:
        write(database, end)
        assert claim(database) is None, "the present holder holds it still"
        assert error_of(database) is None
    write(database, lambda connection: outbox.serve(connection, present))
    assert due(database) == []


def test_what_was_given_up_keeps_why_until_it_is_wanted_again(database: Database) -> None:
    want(database)
    duty = claimed(database)
    write(database, lambda connection: outbox.give_up(connection, duty, "the repository is archived"))
    assert (due(database), error_of(database)) == ([], "the repository is archived")
    want(database)
    assert (due(database), error_of(database)) == (["t1"], None)


def test_waits_double_and_are_capped(database: Database) -> None:
    waits = [outbox.wait_before(tries) for tries in range(1, outbox.MOST_TRIES + 1)]
    assert waits == [pytest.approx(wait, rel=0.2) for wait in (2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900)]
    want(database)
    for tries, wait in enumerate(waits, 1):
        duty = claimed(database)
        assert duty.tries == tries
        write(database, lambda connection: outbox.postpone(connection, duty, wait, "GitHub is away"))  # noqa: B023
        database.clock_shift += wait - 1
        assert claim(database) is None
        database.clock_shift += 2
    want(database)
    assert claimed(database).tries == 1, "a new wish is tried with new patience"


def test_what_nobody_took_for_a_while_is_found_oldest_first(database: Database) -> None:
    for subject in ("first", "second", "third"):
        want(database, subject)
        database.clock_shift += 3
    assert due(database) == ["first", "second", "third"]
    assert due(database, unclaimed_for=5) == ["first", "second"]
    claimed(database, "first")
    assert due(database, unclaimed_for=5) == ["second"]


def test_what_is_wanted_again_in_the_moment_it_is_forgotten_stays_due(database: Database) -> None:
    want(database)
    duty = claimed(database)
    write(database, lambda connection: outbox.serve(connection, duty))
    forgotten: list[int] = []

    def forget() -> None:
        forgotten.append(write(database, lambda connection: outbox.forget_served(connection, 1e12, 100)))

    forgetting = threading.Thread(target=forget)
    with database.write() as connection:
        outbox.want(connection, "status", "t1")
        forgetting.start()
        forgetting.join(0.3)
    forgetting.join(10)
    assert (forgotten, due(database)) == ([0], ["t1"])
