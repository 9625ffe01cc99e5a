"""An agent that was taken over tries what it can think of, and gets nothing; the host looks at what came of it."""

from pathlib import Path

import pytest

from tests.hostile.field import NAMES, TABLE_OF, Field
from tests.hostile.inside import gateway, proxy, staying
from tests.sandboxes.running import alive, eventually, usable

LOUD = {
    action.__name__ for table in (proxy.ACTIONS, gateway.ACTIONS) for actions in table.values() for action in actions
}
# What the same actions get where nothing isolates, of those that harm nobody: else they would prove nothing.
OPEN = (
    "environments_of_others",
    "command_lines_of_others",
    "processes_of_the_host",
    "secret_by_its_path",
    "secret_by_another_root",
    "secret_by_a_link",
    "secret_by_a_hard_link",
    "configuration_of_the_host",
    "database_of_the_bot",
    "workspaces_of_others",
    "mirrors_of_others",
    "socket_of_another",
    "abstract_socket_of_another",
    "shared_memory_of_the_host",
    "connect_to_the_host",
    "ports_of_others",
)


@pytest.mark.parametrize("action", TABLE_OF)
def test_a_hijacked_agent_gets_nothing(field: Field, action: str) -> None:
    report = field.report(action)
    assert list(report) == ["refused"], report
    assert action not in LOUD or "ConnectionRefused" not in report["refused"], "nobody was there to refuse it"


def test_nobody_of_the_host_was_reached(field: Field) -> None:
    for names in NAMES:
        field.report(names[0])
    assert field.reached == []
    assert field.provider.asked == [] and field.spent() == 0
    assert sorted(path.name for path in Path(field.facts["other_tree"]).iterdir()) == ["file"]
    assert sorted(path.name for path in Path(field.facts["host_folder"]).iterdir()) == [
        "mirrors",
        "other.sock",
        "secret",
    ]
    assert [path.name for path in Path(field.facts["tools"]).iterdir()] == ["agent"]
    assert [path.name for path in Path(field.facts["objects"]).iterdir()] == ["pack"]


def test_a_later_run_finds_nothing_of_an_earlier_one(field: Field) -> None:
    names = [name for name in TABLE_OF if name.startswith("meet_an_earlier_run_")]
    earlier, later = field.try_out(names), field.try_out(names)
    assert [list(report) for report in (*earlier.values(), *later.values())] == [["refused"]] * 2 * len(names)


def test_nothing_stays_when_the_agent_has_ended(field: Field) -> None:
    field.report(staying.daemon.__name__)
    assert eventually(lambda: not alive(field.facts["token"]))


def test_without_a_sandbox_the_same_actions_get_something(field: Field) -> None:
    reports = field.try_out(list(OPEN), usable("none"))
    assert {name for name, report in reports.items() if "got" in report} == set(OPEN), reports
    field.reached.clear()
