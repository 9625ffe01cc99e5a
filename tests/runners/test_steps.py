"""An effect on GitHub stands once, whatever died between planning, acting and noting."""

import pytest

from config.database import Connection, Database
from runners.steps import external_id, forget, perform


class Killed(BaseException):
    """The worker ended here."""


class GitHub:
    """Something that can be made, and found again."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.looked = 0

    def act(self) -> str:
        self.made.append(f"id{len(self.made) + 1}")
        return self.made[-1]

    def look(self) -> str | None:
        self.looked += 1
        return self.made[-1] if self.made else None


@pytest.fixture
def github() -> GitHub:
    return GitHub()


def do(database: Database, github: GitHub, step: str = "pull_request") -> str:
    return perform(database, "r1", step, act=github.act, look=github.look, hold=nobody_else)


def dies() -> str:
    raise Killed


def nobody_else(_connection: Connection) -> None:
    """The caller still holds what it works on."""


def test_a_first_try_acts_without_looking_and_later_ones_do_neither(database: Database, github: GitHub) -> None:
    assert [do(database, github) for _ in range(3)] == ["id1"] * 3
    assert (github.made, github.looked) == (["id1"], 0)
    assert external_id(database, "r1", "pull_request") == "id1"


def test_killed_before_the_act_it_is_done_by_the_next(database: Database, github: GitHub) -> None:
    with pytest.raises(Killed):
        perform(database, "r1", "pull_request", act=dies, look=github.look, hold=nobody_else)
    assert external_id(database, "r1", "pull_request") is None
    assert do(database, github) == "id1"
    assert (github.made, github.looked) == (["id1"], 1)


def test_killed_after_the_act_its_effect_is_found(database: Database, github: GitHub) -> None:
    def act_and_die() -> str:
        github.act()
        raise Killed

    with pytest.raises(Killed):
        perform(database, "r1", "pull_request", act=act_and_die, look=github.look, hold=nobody_else)
    assert [do(database, github) for _ in range(2)] == ["id1"] * 2
    assert (github.made, github.looked) == (["id1"], 1)


def test_a_failed_look_acts_not(database: Database, github: GitHub) -> None:
    with pytest.raises(Killed):
        perform(database, "r1", "pull_request", act=dies, look=github.look, hold=nobody_else)
    with pytest.raises(Killed):
        perform(database, "r1", "pull_request", act=github.act, look=dies, hold=nobody_else)
    assert github.made == []
    assert do(database, github) == "id1"


def test_steps_of_other_names_and_subjects_are_their_own(database: Database, github: GitHub) -> None:
    assert do(database, github) == "id1"
    assert do(database, github, "branch") == "id2"
    assert perform(database, "r2", "branch", act=github.act, look=github.look, hold=nobody_else) == "id3"


def test_what_was_forgotten_is_made_anew(database: Database, github: GitHub) -> None:
    do(database, github)
    forget(database, "r1", "pull_request", nobody_else)
    assert external_id(database, "r1", "pull_request") is None
    assert do(database, github) == "id2"


def test_who_lost_its_work_acts_not_or_notes_nothing(database: Database, github: GitHub) -> None:
    lost: list[bool] = []

    def hold(_connection: Connection) -> None:
        if lost:
            raise Killed

    def act_and_lose() -> str:
        lost.append(True)
        return github.act()

    with pytest.raises(Killed):
        perform(database, "r1", "pull_request", act=act_and_lose, look=github.look, hold=hold)
    assert external_id(database, "r1", "pull_request") is None
    with pytest.raises(Killed):
        perform(database, "r1", "pull_request", act=github.act, look=github.look, hold=hold)
    assert github.made == ["id1"]
