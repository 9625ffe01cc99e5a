"""How fast an installation is written to: one after the other, a pause between, so many a minute and an hour."""

import itertools
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from config.database import Connection, Database
from config.settings import Settings, load
from runners.github_types import Invalid, Paced, Unavailable, Where
from runners.pace import LONGEST_WRITE, PATIENCE, Pace, guarded_by, paces, writes

HERE, THERE = Where(1, "octo/app", 7), Where(2, "acme/app", 8)


@pytest.fixture
def settings() -> Settings:
    return load(_env_file=None, github_write_pause_seconds=1, github_writes_per_minute=5, github_writes_per_hour=12)


@pytest.fixture
def pace(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pace]:
    """A pace whose short waits move the database's clock in place of taking time."""

    def wait(_event: threading.Event, seconds: float = 0) -> bool:
        database.clock_shift += seconds
        return False

    monkeypatch.setattr("threading.Event.wait", wait)
    yield Pace(database, settings)


def write(pace: Pace, what: str, where: Where = HERE) -> float | None:
    """None: it was written now; else in how many seconds it may be asked for again."""
    try:
        with pace.writing(where, what):
            return None
    except Paced as error:
        return error.retry_after


def write_all(pace: Pace, database: Database, count: int) -> list[float]:
    """Writes so many, each asked for again when it was said to; when they began, by the database."""
    waiting = [(0.0, f"comment {number}") for number in range(count)]
    passed = 0.0
    for _ in range(20 * count):
        if not waiting:
            break
        at, what = waiting.pop(waiting.index(min(waiting)))
        database.clock_shift += max(at - passed, 0)
        passed = max(passed, at)
        wait = write(pace, what)
        if wait is not None:
            waiting.append((passed + wait, what))
    assert waiting == []
    with database.read() as connection:
        return sorted(connection.execute(select(writes.c.began_at)).scalars())


def test_never_more_than_the_limits_in_any_minute_or_hour_and_all_are_written(pace: Pace, database: Database) -> None:
    began = write_all(pace, database, 30)
    assert len(began) == 30
    for first, second in itertools.pairwise(began):
        assert second - first >= 0.999
    for at in began:
        assert len([one for one in began if at <= one < at + 60]) <= 5
        assert len([one for one in began if at <= one < at + 3600]) <= 12


def test_installations_do_not_wait_for_each_other(pace: Pace) -> None:
    assert [write(pace, f"a{number}") is None for number in range(7)] == [True] * 5 + [False] * 2
    assert write(pace, "first", THERE) is None


def test_the_same_write_asked_for_again_keeps_its_turn(pace: Pace, database: Database) -> None:
    for number in range(3):
        assert write(pace, f"comment {number}") is None
    assert write(pace, "x") is None
    assert write(pace, "y") is None
    first = write(pace, "late")
    assert first is not None and first > PATIENCE
    database.clock_shift += 10
    again = write(pace, "late")
    assert again is not None and abs(again - (first - 10)) < 1
    later = write(pace, "later")
    assert later is not None and later > again


def test_what_comes_long_after_its_turn_still_respects_the_limits(pace: Pace, database: Database) -> None:
    booked = {f"c{number}": write(pace, f"c{number}") for number in range(12)}
    assert None in booked.values()
    database.clock_shift += 1000  # every worker was down for a while
    began = [what for what, wait in booked.items() if wait is not None and write(pace, what) is None]
    assert 0 < len(began) <= 5


def test_a_pause_that_github_asks_for_is_kept_by_reads_and_writes(pace: Pace, database: Database) -> None:
    with pytest.raises(Unavailable), pace.writing(HERE, "comment"):
        raise Unavailable("secondary", 403, retry_after=30)
    for wait in (write(pace, "other"), read(pace)):
        assert wait is not None
        assert 28 < wait <= 30
    database.clock_shift += 31
    assert read(pace) is None
    assert write(pace, "other") is None


def test_five_failures_in_a_row_leave_github_alone_longer_and_longer(pace: Pace, database: Database) -> None:
    stops = []
    for failure in range(1, 9):
        with pytest.raises(Unavailable), pace.reading(HERE):
            raise Unavailable("502", 502)
        if failure >= 5:
            wait = read(pace)
            assert wait is not None
            stops.append(round(wait))
            database.clock_shift += wait + 0.1
    assert stops == [5, 10, 20, 40]
    assert read(pace) is None  # an answer: all is forgotten
    with pytest.raises(Unavailable), pace.reading(HERE):
        raise Unavailable("502", 502)
    assert read(pace) is None


def test_a_refusal_is_an_answer(pace: Pace) -> None:
    for _ in range(10):
        with pytest.raises(Invalid), pace.reading(HERE):
            raise Invalid("no")
    assert read(pace) is None


def test_who_lost_its_work_does_not_begin_a_write(pace: Pace) -> None:
    class Lost(Exception):
        pass

    def lost(_connection: Connection) -> None:
        raise Lost

    with pytest.raises(Lost), guarded_by(lost), pace.writing(HERE, "comment"):
        raise AssertionError("it began")
    assert write(pace, "comment") is None


def test_one_write_at_a_time(pace: Pace) -> None:
    with pace.writing(HERE, "slow"):
        wait = write(pace, "quick")
        assert wait is not None and 0 < wait <= 1
    assert write(pace, "quick") is None


def read(pace: Pace) -> float | None:
    try:
        with pace.reading(HERE):
            return None
    except Paced as error:
        return error.retry_after


def test_an_outage_of_days_stays_an_outage(pace: Pace, database: Database) -> None:
    with pytest.raises(Unavailable), pace.reading(HERE):
        raise Unavailable("502", 502)
    with database.write() as connection:
        connection.execute(update(paces).values(failures=2000))
    with pytest.raises(Unavailable), pace.reading(HERE):
        raise Unavailable("502", 502)
    assert read(pace) is not None


def test_a_short_write_before_is_waited_for(database: Database, settings: Settings) -> None:
    pace = Pace(database, settings)
    began = threading.Event()

    def first() -> None:
        with pace.writing(HERE, "first"):
            began.set()
            threading.Event().wait(0.3)

    thread = threading.Thread(target=first)
    thread.start()
    assert began.wait(5)
    with pace.writing(HERE, "second"):
        pass
    thread.join()


def test_who_took_too_long_does_not_let_a_third_in(pace: Pace, database: Database) -> None:
    with pace.writing(HERE, "slow"):
        database.clock_shift += LONGEST_WRITE + 1
        second = pace.writing(HERE, "second")
        second.__enter__()
    assert write(pace, "third") is not None
    second.__exit__(None, None, None)
    assert write(pace, "third") is None
