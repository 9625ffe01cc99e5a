"""Of any number of processes, one at a time does a periodic duty."""

import threading

from config.database import Database
from config.leases import hold


def take(database: Database, holder: str, name: str = "sweep", seconds: float = 10) -> bool:
    with database.write() as connection:
        return hold(connection, name, holder, seconds)


def test_a_lease_is_one_holder_s_until_it_lapses(database: Database) -> None:
    assert take(database, "a")
    assert not take(database, "b")
    assert take(database, "b", name="dispatch"), "another duty"
    database.clock_shift += 9
    assert take(database, "a"), "renewed in time"
    database.clock_shift += 9
    assert not take(database, "b")
    database.clock_shift += 2
    assert take(database, "b")
    assert not take(database, "a"), "the former holder must ask like anybody"


def test_of_many_that_ask_at_once_one_gets_it(database: Database) -> None:
    start = threading.Barrier(4)
    got: list[tuple[int, str]] = []

    def ask(holder: str) -> None:
        for round in range(8):
            start.wait(10)
            got.extend([(round, holder)] if take(database, holder, name=f"duty {round}") else [])

    threads = [threading.Thread(target=ask, args=(f"process {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(round for round, _ in got) == list(range(8))
