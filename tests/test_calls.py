"""How often GitHub is called for one task, from its command to the finished pull request, undisturbed."""

import sys
from collections.abc import Callable

import pytest

from bot.local_github.faults import SeenCall
from tests.world import FIX, World

API = "/api/v3/"
MOST, MOST_CREATING = 14, 7  # GitHub lets an installation create 80 things a minute and 500 an hour


def of_the_task(world: World, ask: Callable[[], object]) -> list[SeenCall]:
    """Calls of the API that this took: tokens are another budget, the audit comes a minute later."""
    before = len(world.hub.calls)
    ask()
    world.work()
    asked = [call for call in world.hub.calls[before:] if call.path.startswith(API)]
    return [call for call in asked if "access_tokens" not in call.path and not call.path.endswith("installation/token")]


@pytest.mark.parametrize("on_pull_request", [False, True])
def test_few_calls_make_a_pull_request(world: World, on_pull_request: bool, capsys: pytest.CaptureFixture[str]) -> None:
    number = world.pull() if on_pull_request else world.issue()
    world.work()
    calls = of_the_task(world, lambda: world.comment(FIX, on=number))
    assert [run.state for run in world.run_rows()] == ["done"]
    creating = [call for call in calls if call.method == "POST"]
    with capsys.disabled():
        place = "a pull request" if on_pull_request else "an issue"
        listed = "".join(f"  {call.method:6} {call.path.removeprefix(API)}\n" for call in calls)
        sys.stdout.write(f"\non {place}: {len(calls)} calls, {len(creating)} create\n{listed}")
    assert len(calls) <= MOST
    assert len(creating) <= MOST_CREATING
