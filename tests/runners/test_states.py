"""The moves of runs: closed, always with a way out, and as `docs/states.md` draws them."""

import re
from itertools import product
from pathlib import Path

from runners.states import ENDS, LIVE_TASK, MOVES, RunState, TaskState, before, of_task

DRAWING = Path(__file__).parents[2] / "docs/states.md"


def drawn() -> set[tuple[str, str]]:
    return set(re.findall(r"^ {4}(\S+) --> ([\w\[\]*]+)", DRAWING.read_text(), re.MULTILINE))


def test_every_state_has_its_moves_and_only_ends_have_none_but_for_the_operator_s_way_out_of_dead() -> None:
    assert set(MOVES) == set(RunState)
    assert {state for state, targets in MOVES.items() if not targets} == ENDS - {RunState.DEAD}
    assert MOVES[RunState.DEAD] == {RunState.QUEUED}
    assert all(state not in targets for state, targets in MOVES.items())


def test_every_state_can_be_reached_and_can_reach_an_end() -> None:
    def reached(start: RunState) -> set[RunState]:
        found, fresh = {start}, [start]
        while fresh:
            new = MOVES[fresh.pop()] - found
            found |= new
            fresh += new
        return found

    assert reached(RunState.QUEUED) == set(RunState)
    for state in RunState:
        assert reached(state) & ENDS, state
        assert state in ENDS or RunState.CANCELLED in MOVES[state], "whatever has not ended can be cancelled"


def test_before_is_the_table_read_backwards() -> None:
    for origin, target in product(RunState, RunState):
        assert (origin in before(target)) == (target in MOVES[origin])


def test_the_drawing_shows_these_moves_and_no_others() -> None:
    moves = {(origin.value, target.value) for origin, targets in MOVES.items() for target in targets}
    assert drawn() == moves | {("[*]", "queued")} | {(end.value, "[*]") for end in ENDS}


def test_a_task_has_every_state_of_a_run_and_two_more() -> None:
    own = {TaskState.WAITING, TaskState.AWAITING_APPROVAL}
    assert {state.value for state in TaskState} - {state.value for state in RunState} == {state.value for state in own}
    assert {RunState(state.value) for state in LIVE_TASK} == set(RunState) - ENDS


def test_a_task_stands_where_its_runs_stand() -> None:
    for first, second in product(RunState, RunState):
        state = of_task([first, second])
        assert of_task([first]) == TaskState(first.value)
        assert state.value in (first.value, second.value)
        live = {one for one in (first, second) if one not in ENDS}
        assert (state in LIVE_TASK) == bool(live), "a task is at work as long as one of its runs is"
        if not live and RunState.DONE in (first, second):
            assert state == TaskState.DONE, "one good result is what was wanted"
