"""`queue show`: everything that waits, works or died, with why."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.operating.tables import LONGEST_CELL, NOTHING, cell, shown, table, why_duty, why_run
from config.database import Connection
from handlers import inbox, sweeping
from handlers.inbox import NewDelivery
from runners import moves, outbox
from tests.conftest import MakeWorld
from tests.operating.conftest import Operate, operating
from tests.runners.rows import claim, write
from tests.world import FIX, World


def backlog(operate: Operate) -> dict[str, Any]:
    result = operate("queue", "show", "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def die(world: World) -> str:
    """Lets the only run die of three failures."""
    (run,) = world.run_rows()
    for _ in range(3):
        world.later(400)
        held = claim(world.database, run.id)
        assert held is not None
        write(world.database, lambda connection: moves.fail(connection, held, "Unexpected KeyError."))  # noqa: B023
    return str(run.id)


def give_up(world: World, kind: str) -> None:
    def all_of_the_kind(connection: Connection) -> None:
        for found, subject in outbox.due(connection):
            if found == kind and (duty := outbox.claim(connection, found, subject, 60)):
                outbox.give_up(connection, duty, "Forbidden: Resource not accessible by integration")

    write(world.database, all_of_the_kind)


def test_a_database_in_which_nothing_happened_teaches_what_will(world: World, operate: Operate) -> None:
    world.work()
    assert operate("queue", "show").output == f"{NOTHING}\n"


def test_without_a_database_none_is_made(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    result = CliRunner().invoke(cli, ["queue", "show"], env={"DATA_DIR": str(elsewhere)})
    assert (result.exit_code, elsewhere.exists()) == (1, False)
    assert "There is no database at" in result.stderr
    assert "Traceback" not in result.output


def test_a_database_that_can_t_be_read_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "async-code.sqlite3").write_text("This is no database, however long one looks at it." * 100)
    result = CliRunner().invoke(cli, ["queue", "show"], env={"DATA_DIR": str(tmp_path)})
    assert (result.exit_code, result.stderr.startswith("The database can't be read")) == (1, True)


def test_all_that_waits_is_shown_with_why(new_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world = new_world(concurrent_runs=1)
    operate = operating(world, monkeypatch)
    first = world.comment(FIX)
    found = backlog(operate)
    assert [(row["event"], row["state"]) for row in found["deliveries"]["rows"]][-1] == ("issue_comment", "stored")
    world.decide()
    world.comment(FIX)
    world.decide()
    (run, _) = world.run_rows()
    held = claim(world.database, run.id, holder="host:7:ab")
    assert held
    found = backlog(operate)
    (working,) = found["runs"]["rows"]
    assert (working["run"], working["state"], working["holder"]) == (run.id, "running", "host:7:ab")
    assert (working["attempts"], working["place"], working["holder_vanished"]) == (1, f"octo/app#{first}", False)
    (waiting,) = found["waiting"]["rows"]
    assert (waiting["verb"], waiting["requester"], waiting["paused"]) == ("apply", "alice", False)
    assert {row["kind"] for row in found["duties"]["rows"]} >= {"status"}
    text = operate("queue", "show").output
    assert "host:7:ab" in text
    assert "Tasks waiting (1)" in text
    write(world.database, lambda connection: connection.exec_driver_sql("UPDATE runs SET lease_until = 1"))
    assert "its worker host:7:ab fell silent" in operate("queue", "show").output


def test_dead_letters_are_shown_with_their_errors(world: World, operate: Operate) -> None:
    world.comment(FIX)
    world.control_step()
    give_up(world, "reaction")
    run_id = die(world)
    bad = NewDelivery("0" * 8, "issues", "{}")
    write(world.database, lambda connection: inbox.store(connection, [bad]))
    world.decide()
    dead = backlog(operate)["dead"]
    assert [(row["run"], row["reason"], row["error"]) for row in dead["runs"]["rows"]] == [
        (run_id, "failures", "Unexpected KeyError.")
    ]
    assert [row["error"][:9] for row in dead["duties"]["rows"]] == ["Forbidden"]
    assert [(row["guid"], row["error"]) for row in dead["deliveries"]["rows"]] == [
        (bad.guid, "issues: KeyError: 'action'")
    ]
    text = operate("queue", "show").output
    for title in ("Dead runs (1)", "Duties given up (1)", "Deliveries failed (1)", "queue requeue --dead"):
        assert title in text


def test_a_dead_run_that_was_retried_is_no_dead_letter(world: World, operate: Operate) -> None:
    number = world.comment(FIX)
    world.decide()
    die(world)
    world.comment("/async-code retry", on=number)
    world.work()
    assert backlog(operate)["dead"]["runs"] == {"count": 0, "rows": []}


def test_what_github_is_asked_for_again_is_shown(world: World, operate: Operate) -> None:
    write(
        world.database,
        lambda connection: connection.execute(
            sweeping.redeliveries.insert().values(guid="a-guid", delivery_id=1, tries=2, next_at=9e9, first_at=1e9)
        ),
    )
    (row,) = backlog(operate)["redeliveries"]["rows"]
    assert (row["guid"], row["tries"]) == ("a-guid", 2)
    assert "Asked for again at GitHub (1)" in operate("queue", "show").output


def test_the_count_is_of_all_whatever_is_listed() -> None:
    rows = [{"guid": str(number), "event": "x", "age": 1, "tries": 0, "error": "e"} for number in range(30)]
    assert table("Failed", {"count": 500, "rows": rows}, {"id": lambda row: row["guid"]}).endswith(
        "… and 480 more; --json lists them"
    )


RUN = {"run": "r1", "state": "queued", "holder": None, "holder_vanished": False, "paused": False, "cancel_by": None,
       "detail": "", "next_in": None, "failures": 0, "vanished": 0, "postponed": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({}, "for a worker"),
        ({"paused": True}, "paused by the operator"),
        ({"paused": True, "state": "running", "holder": "host:1:a"}, "host:1:a"),
        ({"next_in": 12.0, "detail": "GitHub can't be reached.", "postponed": 2},
         "again in 12 s; GitHub can't be reached.; 2 postponed"),
        ({"state": "running", "holder": "host:1:a"}, "host:1:a"),
        ({"state": "running", "holder": "host:1:a", "holder_vanished": True}, "its worker host:1:a fell silent"),
        ({"state": "running", "holder": "host:1:a", "cancel_by": "bob"}, "being cancelled by bob"),
    ],
)  # fmt: skip
def test_why_a_run_waits(run: dict[str, Any], said: str) -> None:
    assert why_run(RUN | run) == said


@pytest.mark.parametrize(
    ("duty", "said"),
    [
        ({"being_served": True}, "being done"),
        ({}, "due now"),
        ({"next_in": 90.0, "error": outbox.ITS_TURN}, "in 1 min 30 s: waits for its turn"),
    ],
)
def test_why_a_duty_is_owed(duty: dict[str, Any], said: str) -> None:
    assert why_duty({"being_served": False, "next_in": None, "error": None} | duty) == said


def test_other_people_s_words_can_t_act_in_a_terminal() -> None:
    assert "\x1b" not in cell("\x1b]0;owned\x07 \x1b[2J\u202eabc")
    assert len(cell("x" * 10_000)) <= LONGEST_CELL
    assert (cell(None), cell("")) == ("—", "—")


def test_a_pause_is_the_first_thing_that_is_said() -> None:
    empty = {"count": 0, "rows": []}
    parts = dict.fromkeys(("deliveries", "waiting", "runs", "duties", "redeliveries"), empty)
    dead = dict.fromkeys(("runs", "duties", "deliveries"), empty)
    text = shown({**parts, "dead": dead, "paused": {"everything_for": 75, "accounts": {"octo": 5}}})
    assert text.startswith("PAUSED for 1 min 15 s")
    assert "`./async-code resume octo`" in text


def test_migrate_is_told_to_whoever_did_not(world: World, operate: Operate) -> None:
    write(world.database, lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0'"))
    result = operate("queue", "show")
    assert result.exit_code == 2
    assert "./async-code migrate" in result.stderr
