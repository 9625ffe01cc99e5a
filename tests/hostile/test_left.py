"""Whatever a hijacked agent leaves in its workspace, the host runs none of it and publishes nothing of its own."""

import pytest

from tests.hostile.inside.agent import ATTACKS
from tests.hostile.inside.bombs import many_ignored_files
from tests.hostile.inside.trap import Attack
from tests.hostile.left import LEFT, Held
from tests.hostile.scene import Scene

CASES = [(held, attack) for held in LEFT for attack in held.attacks]


@pytest.mark.parametrize(("held", "attack"), CASES, ids=[attack.__name__ for _, attack in CASES])
def test_the_host_makes_a_patch_of_it_and_comes_to_no_harm(scene: Scene, held: Held, attack: Attack) -> None:
    repository = scene.repository(attack.__name__)
    run = scene.ask(repository, f"attack {attack.__name__}")
    scene.assert_unharmed(repository, run)
    assert (run.state, run.reason) == (("failed", held.ends) if held.ends else ("done", "")), run.detail
    if held.ends:
        assert set(scene.world.hub.branches(repository.full_name)) == {"main"}
    else:
        assert scene.world.hub.file_at(repository.full_name, scene.branch(repository), "NOTES.md") == "honest work\n"


def test_more_names_than_anybody_holds_are_not_listed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.workspace.MOST_BYTES_OF_PATHS", 100_000)
    repository = scene.repository("names_without_end")
    run = scene.ask(repository, f"attack {many_ignored_files.__name__}")
    scene.assert_unharmed(repository, run)
    assert (run.state, run.reason) == ("failed", "too_large")


def test_every_attack_has_something_that_stops_it() -> None:
    assert sorted(attack.__name__ for _, attack in CASES) == sorted(ATTACKS)
