"""Hostile repositories, from the comment to the end of the run: the host runs nothing of them, and shows nothing."""

import pytest

from tests.hostile.planted import Plant
from tests.hostile.repositories import REPOSITORIES
from tests.hostile.scene import Scene

CASES = [(plant, reasons) for plants, reasons in REPOSITORIES.values() for plant in plants]


@pytest.mark.parametrize(("plant", "reasons"), CASES, ids=[plant.__name__ for plant, _ in CASES])
def test_the_host_comes_to_no_harm(scene: Scene, plant: Plant, reasons: tuple[str, ...]) -> None:
    repository = scene.repository(plant.__name__)
    scene.plant(repository, plant)
    run = scene.ask(repository)
    scene.assert_unharmed(repository, run)
    assert run.state == ("failed" if reasons else "done"), run.detail
    assert run.reason in (reasons or ("",))
    if not reasons:
        assert scene.world.hub.file_at(repository.full_name, scene.branch(repository), "NOTES.md") == "honest work\n"
