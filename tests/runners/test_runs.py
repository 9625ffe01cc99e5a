"""Who may write a run: one worker at a time, proved by its fence, along the moves that states.py allows."""

import random
import threading
from collections.abc import Callable

import pytest

from config.database import Connection, Database, now
from runners import claiming, claims, moves, outbox, run_events, runs
from runners.agents.adapter import AgentEvent
from runners.claims import Claim, LeaseLost
from runners.queues import DOCKER
from runners.states import ENDS, MOVES, RunState, TaskState
from tests.runners.rows import claim, claimed, new_run, row, task_of, write

Act = Callable[[Connection, Claim], object]

WRITES: dict[str, Act] = {
    "renew": claims.renew,
    "seconds_left": claims.seconds_left,
    "cancelled_by": claims.cancelled_by,
    "confirmed_for": claims.confirmed_for,
    "confirm": claims.confirm,
    "note": lambda connection, held: claims.note(connection, held, branch="async-code/1-x"),
    "append": lambda connection, held: run_events.append(connection, held, [AgentEvent("step", {"text": "x"})]),
    "publish": lambda connection, held: moves.publish(connection, held, patch=b"x", patch_fence=held.fence),
    "done": lambda connection, held: moves.finish(connection, held, RunState.DONE),
    "unchanged": lambda connection, held: moves.finish(connection, held, RunState.UNCHANGED),
    "failed": lambda connection, held: moves.finish(connection, held, RunState.FAILED, "because", "It failed."),
    "timed_out": lambda connection, held: moves.finish(connection, held, RunState.TIMED_OUT),
    "cancelled": lambda connection, held: moves.finish(connection, held, RunState.CANCELLED),
    "fail": lambda connection, held: moves.fail(connection, held, "Unexpected."),
    "postpone": lambda connection, held: moves.postpone(connection, held, "GitHub is away."),
    "give_back": moves.give_back,
}


def cancel(database: Database, run_id: str) -> list[str]:
    task_id = row(database, run_id).task_id
    return write(database, lambda connection: moves.cancel(connection, task_id, "bob"))


def test_whatever_happens_only_the_last_claim_writes_and_the_run_moves_as_it_may(database: Database) -> None:
    for seed in range(8):
        _a_life(database, new_run(database, seed + 1, on_pull=bool(seed % 2)), random.Random(seed))  # noqa: S311


def _a_life(database: Database, run_id: str, dice: random.Random) -> None:
    claims: list[Claim] = []
    for _ in range(20):
        before = row(database, run_id)
        deed = dice.choice(["claim", "claim", "time", "cancel", *WRITES])
        if deed == "time":
            database.clock_shift += dice.choice([1, 30, 61, 400])
        elif deed == "cancel":
            if dice.random() < 0.2:
                cancel(database, run_id)
        elif deed == "claim":
            got = claim(database, run_id)
            claims += [got] if got else []
            assert got is None or got.fence == before.fence + 1
        elif claims:
            _written(database, run_id, deed, dice.choice([claims[-1], dice.choice(claims)]))
        after = row(database, run_id)
        moved = RunState(before.state), RunState(after.state)
        assert moved[0] == moved[1] or moved[1] in MOVES[moved[0]], (deed, moved)
        assert after.fence >= before.fence
        task = task_of(database, run_id)
        assert task.state == after.state
        assert (task.finished_at is not None) == (RunState(after.state) in ENDS)


def _written(database: Database, run_id: str, deed: str, held: Claim) -> None:
    before = row(database, run_id)
    current = held.fence == before.fence and before.state in (RunState.RUNNING, RunState.PUBLISHING)
    try:
        write(database, lambda connection: WRITES[deed](connection, held))
    except LeaseLost:
        assert row(database, run_id) == before, "who is refused wrote nothing"
    else:
        assert current, f"{deed} by fence {held.fence} of {before.fence} in {before.state}"


def test_a_stale_holder_writes_nothing(database: Database) -> None:
    run_id = new_run(database)
    stale, present = claimed(database, run_id), claimed(database, run_id)
    assert present.fence == stale.fence + 1
    before = row(database, run_id)
    for deed in WRITES:
        with pytest.raises(LeaseLost):
            write(database, lambda connection: WRITES[deed](connection, stale))  # noqa: B023
        assert row(database, run_id) == before, deed


def test_of_two_workers_exactly_one_gets_a_run(database: Database) -> None:
    run_ids = [new_run(database, number) for number in range(1, 26)]
    start = threading.Barrier(2)
    got: dict[str, list[str]] = {"one": [], "other": []}

    def work(name: str) -> None:
        for run_id in run_ids:
            start.wait(10)
            got[name] += [run_id] if claim(database, run_id, name) else []

    threads = [threading.Thread(target=work, args=(name,)) for name in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got["one"] + got["other"]) == sorted(run_ids)
    assert {row(database, run_id).fence for run_id in run_ids} == {1}


def test_a_run_is_free_only_when_its_time_came_or_its_lease_lapsed(database: Database) -> None:
    run_id = new_run(database, admitted=False)
    assert claim(database, run_id) is None, "its task still waits"
    run_id = new_run(database, 2)
    assert claim(database, run_id) is not None
    assert claim(database, run_id) is None
    database.clock_shift += 59
    assert claim(database, run_id) is None
    database.clock_shift += 2
    second = claim(database, run_id)
    assert second is not None
    assert row(database, run_id).vanished == 1
    write(database, lambda connection: moves.finish(connection, second, RunState.UNCHANGED))
    database.clock_shift += 1000
    assert claim(database, run_id) is None, "it has ended"


def test_a_renewed_lease_lasts_from_now(database: Database) -> None:
    held = claimed(database, new_run(database))
    database.clock_shift += 50
    assert write(database, lambda connection: claims.seconds_left(connection, held)) == pytest.approx(10, abs=2)
    write(database, lambda connection: claims.renew(connection, held))
    assert write(database, lambda connection: claims.seconds_left(connection, held)) == pytest.approx(60, abs=2)


def test_three_failures_that_we_saw_are_the_end(database: Database) -> None:
    run_id = new_run(database)
    waits = []
    for _ in range(2):
        held = claimed(database, run_id)
        assert write(database, lambda connection: moves.fail(connection, held, "Unexpected X.")) is RunState.QUEUED  # noqa: B023
        waits.append(row(database, run_id).next_at - row(database, run_id).created_at - database.clock_shift)
        assert claim(database, run_id) is None, "not at once"
    held = claimed(database, run_id)
    assert write(database, lambda connection: moves.fail(connection, held, "Unexpected X.")) is RunState.DEAD
    ended = row(database, run_id)
    assert (ended.state, ended.reason, ended.detail) == ("dead", "failures", "Unexpected X.")
    assert waits == [pytest.approx(5, rel=0.3), pytest.approx(10, rel=0.3)]
    assert task_of(database, run_id).state == TaskState.DEAD


def test_ten_workers_that_vanished_are_the_end(database: Database) -> None:
    run_id = new_run(database)
    for _ in range(2 * claiming.MOST_VANISHED):  # each second time it is only told to wait
        database.clock_shift += 100_000
        claim(database, run_id)
    ended = row(database, run_id)
    assert (ended.state, ended.reason, ended.vanished, ended.failures) == ("dead", "vanished", 10, 0)


def claimed_after(database: Database, run_id: str, vanished: int) -> Claim:
    """The claim of a run over which so many workers vanished since it got on."""
    while True:
        database.clock_shift += 100_000
        found = claim(database, run_id)  # each second time it is only told to wait
        if found is not None and row(database, run_id).vanished == vanished:
            return found


def test_a_run_that_got_on_is_not_what_killed_its_workers(database: Database) -> None:
    run_id = new_run(database)
    last = claimed_after(database, run_id, claiming.MOST_VANISHED - 1)
    write(database, lambda connection: moves.publish(connection, last, patch=b"x", patch_fence=last.fence))
    assert row(database, run_id).vanished == 0
    claimed_after(database, run_id, claiming.MOST_VANISHED - 1)
    assert row(database, run_id).state == "publishing"


def test_a_run_over_which_workers_vanished_twice_waits_before_its_next(database: Database) -> None:
    run_id = new_run(database)
    claimed(database, run_id)
    claimed(database, run_id)
    database.clock_shift += 100
    assert claim(database, run_id) is None
    waiting = row(database, run_id)
    assert (waiting.state, waiting.vanished, waiting.holder) == ("queued", 2, None)
    database.clock_shift += 2.0**2
    assert claim(database, run_id) is not None
    assert row(database, run_id).vanished == 2, "it was given back, and not lost"


def test_github_s_absence_is_borne_for_long_but_not_for_ever(database: Database) -> None:
    run_id = new_run(database)
    waits = []
    for _ in range(moves.MOST_POSTPONED - 1):
        held = claimed(database, run_id)
        write(database, lambda connection: moves.postpone(connection, held, "GitHub is away."))  # noqa: B023
        with database.read() as connection:
            waits.append(row(database, run_id).next_at - now(connection))
    # A fifth more or less, and what passed between the two looks at the clock.
    assert waits == [pytest.approx(wait, abs=0.2 * wait + 1) for wait in (5, 10, 20, 40, 80, 160, *[300] * 5)]
    held = claimed(database, run_id)
    assert write(database, lambda connection: moves.postpone(connection, held, "GitHub is away.")) is RunState.FAILED
    ended = row(database, run_id)
    assert (ended.reason, ended.detail, ended.failures) == ("github_unavailable", "GitHub is away.", 0)


def test_github_s_own_wish_for_a_wait_is_kept(database: Database) -> None:
    run_id = new_run(database)
    held = claimed(database, run_id)
    write(database, lambda connection: moves.postpone(connection, held, "A limit.", 1234))
    database.clock_shift += 1230
    assert claim(database, run_id) is None
    database.clock_shift += 5
    assert claim(database, run_id) is not None


def test_a_planned_stop_counts_as_nothing(database: Database) -> None:
    run_id = new_run(database)
    for _ in range(30):
        held = claim(database, run_id)
        assert held is not None
        write(database, lambda connection: moves.give_back(connection, held))  # noqa: B023
    given_back = row(database, run_id)
    assert (given_back.failures, given_back.vanished, given_back.postponed) == (0, 0, 0)
    assert (given_back.state, given_back.fence) == ("queued", 30)


def test_a_kept_patch_is_only_published(database: Database) -> None:
    run_id = new_run(database)
    held = claimed(database, run_id)
    write(database, lambda connection: moves.publish(connection, held, patch=b"\0\xff", patch_fence=held.fence))
    write(database, lambda connection: moves.fail(connection, held, "Unexpected."))
    again = claimed(database, run_id)
    assert again.state is RunState.PUBLISHING
    assert (row(database, run_id).patch, row(database, run_id).patch_fence) == (b"\0\xff", 1)
    write(database, lambda connection: moves.finish(connection, again, RunState.DONE))
    assert task_of(database, run_id).state == TaskState.DONE


def test_a_cancel_ends_what_waits_and_marks_what_runs(database: Database) -> None:
    waiting, queued, running = new_run(database, 1, admitted=False), new_run(database, 2), new_run(database, 3)
    held = claim(database, running)
    assert held is not None
    for run_id in (waiting, queued, running):
        assert cancel(database, run_id) == [run_id]
    states = [row(database, run_id).state for run_id in (waiting, queued, running)]
    assert states == ["cancelled", "cancelled", "running"]
    assert write(database, lambda connection: claims.cancelled_by(connection, held)) == "bob"
    assert claim(database, queued) is None


def test_a_run_that_was_cancelled_does_not_go_back_to_the_queue(database: Database) -> None:
    for number, deed in enumerate(("fail", "postpone", "give_back"), 1):
        run_id = new_run(database, number)
        held = claimed(database, run_id)
        cancel(database, run_id)
        write(database, lambda connection: WRITES[deed](connection, held))  # noqa: B023
        ended = row(database, run_id)
        assert (ended.state, ended.reason, ended.detail) == ("cancelled", "cancelled", "Cancelled by bob."), deed
        assert task_of(database, run_id).state == TaskState.CANCELLED


def test_a_cancel_misses_no_run_that_goes_back_to_the_queue_meanwhile(database: Database) -> None:
    run_id = new_run(database)
    held = claimed(database, run_id)
    cancelling = threading.Thread(target=cancel, args=(database, run_id))
    with database.write() as connection:
        moves.give_back(connection, held)
        cancelling.start()
        cancelling.join(0.5)  # on Postgres it now waits for our row, on SQLite for the one write connection
    cancelling.join()
    assert row(database, run_id).state == "cancelled"


def test_every_move_tells_people_what_follows(database: Database) -> None:
    run_id = new_run(database, on_pull=True)
    task_id = row(database, run_id).task_id
    told = {("status", task_id), ("check", run_id)}
    held = claimed(database, run_id)
    for deed in ("publish", "done"):
        with database.write() as connection:
            for kind, subject in told:
                duty = outbox.claim(connection, kind, subject, 60)
                assert duty is not None, f"before {deed}"
                outbox.serve(connection, duty)
        write(database, lambda connection: WRITES[deed](connection, held))  # noqa: B023
    with database.read() as connection:
        assert told <= set(outbox.due(connection))


def test_the_oldest_waits_shortest(database: Database) -> None:
    run_ids = []
    for number in range(1, 4):
        run_ids.append(new_run(database, number))
        database.clock_shift += 1
    with database.read() as connection:
        assert claiming.unclaimed(connection, ["docker"], unclaimed_for=0, most=9) == run_ids
        assert claiming.unclaimed(connection, ["docker"], unclaimed_for=2, most=9) == run_ids[:2]
        assert claiming.unclaimed(connection, ["claude-flow"], unclaimed_for=0, most=9) == []
        assert [runs.ahead_of(connection, runs.get(connection, run_id)) for run_id in run_ids] == [0, 1, 2]


def claimed_next(database: Database) -> str:
    """The run whose turn it is, claimed."""
    with database.read() as connection:
        run_id = claiming.next_claimable(connection, [DOCKER])
    assert run_id
    assert claim(database, run_id)
    return run_id


def test_one_account_s_crowd_delays_another_s_first_run_by_one_slot(database: Database) -> None:
    crowd = [new_run(database, number) for number in range(1, 40)]
    other = new_run(database, 99, account=77)
    assert [claimed_next(database) for _ in range(4)] == [crowd[0], other, crowd[1], crowd[2]]
