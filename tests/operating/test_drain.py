"""`queue drain`: nothing begins, what is at work ends, and then it is safe to stop."""

import threading

import pytest
from sqlalchemy import select

from bot.operating import draining
from bot.operating.draining import SAFE, STAYS, drain
from bot.operating.pausing import pause_everything
from config import marks
from config.database import Connection
from runners import claiming, moves, runs
from runners.audit import audit
from runners.claims import Claim
from runners.queues import POOLS
from runners.states import RunState
from tests.operating.conftest import Operate
from tests.runners.rows import claim, write
from tests.world import FIX, World


def begun(world: World) -> Claim:
    world.comment(FIX)
    world.decide()
    held = claim(world.database, world.run_rows()[0].id, holder="host:7:ab")
    assert held
    return held


def is_paused(world: World) -> bool:
    with world.database.read() as connection:
        return marks.get(connection, marks.PAUSED) is not None


def test_with_nothing_at_work_it_is_safe_at_once_and_stays_paused(world: World, operate: Operate) -> None:
    world.work()
    result = operate("queue", "drain")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, SAFE)
    assert is_paused(world)
    with world.database.read() as connection:
        assert [row.action for row in connection.execute(select(audit))] == ["drain"]
    assert operate("queue", "drain").exit_code == 0, "and once more"


def test_it_waits_for_what_is_at_work_and_says_for_what(world: World) -> None:
    held, said = begun(world), []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("Waiting"):
            end = lambda connection: moves.finish(connection, held, RunState.UNCHANGED)  # noqa: E731
            write(world.database, end)

    drain(world.database, say, None, look=0.01)
    assert [line.partition(" ")[0] for line in said] == ["Paused", "Waiting", "Nothing"]
    assert "1 run at work will finish" in said[0]
    assert f"{held.run_id} on octo/app#1 (patch, running, by host:7:ab)" in said[1]


def test_after_the_timeout_it_says_what_is_still_at_work(world: World, operate: Operate) -> None:
    held = begun(world)
    result = operate("queue", "drain", "--timeout", "0")
    assert result.exit_code == 1
    assert held.run_id in result.stderr
    assert STAYS in result.stderr
    assert is_paused(world)


def test_ctrl_c_leaves_it_paused_and_says_so(world: World, operate: Operate, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(world)

    def interrupted(_database: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(draining, "at_work", interrupted)
    result = operate("queue", "drain")
    assert (result.exit_code, result.stderr) == (130, f"No longer waiting. {STAYS}\n")
    assert is_paused(world)


def test_a_run_whose_worker_fell_silent_is_nothing_to_wait_for(world: World) -> None:
    begun(world)
    world.later(61)
    said: list[str] = []
    drain(world.database, said.append, 0)
    assert said[-1] == SAFE


def test_what_takes_long_is_said_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "SAY_SECONDS", 0.0)
    begun(world)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 4:
            raise KeyboardInterrupt  # the operator has seen enough

    with pytest.raises(draining.Interrupted):
        drain(world.database, say, None, look=0.01)
    assert [line.startswith("Waiting for ") for line in said] == [False, True, True, True]


def test_no_run_begins_between_the_pause_and_the_safe_word(world: World) -> None:
    numbers = [world.issue(f"issue {index}") for index in range(4)]
    for number in numbers:
        world.comment(FIX, on=number)
    world.decide()
    working = threading.Thread(target=world.work)
    working.start()
    try:
        drain(world.database, lambda line: None, 30, look=0.01)

        def at_work(connection: Connection) -> set[str]:
            return runs.attempts_at_work(connection)

        assert write(world.database, at_work) == set()
    finally:
        working.join()
    assert write(world.database, at_work) == set()
    assert {run.state for run in world.run_rows()} <= {"queued", "done"}


def test_a_pause_waits_for_a_claim_that_is_under_way(world: World) -> None:
    held = begun(world)  # its task is told of no pause, so that nothing but the claim stands in the way
    world.later(3600)
    pausing = threading.Thread(target=lambda: write(world.database, pause_everything))
    with world.database.write() as connection:
        assert claiming.next_claimable(connection, POOLS["runs"]) == held.run_id
        assert claiming.claim(connection, held.run_id, "another", 60)
        pausing.start()
        pausing.join(0.3)
        assert pausing.is_alive(), "it would have counted no run at work"
    pausing.join(10)
    assert not pausing.is_alive()
