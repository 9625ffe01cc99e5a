"""Mirrors take a bounded part of the disk."""

import os
import time
from pathlib import Path

from runners import mirrors
from runners.eviction import GIGABYTE, evict, size_of
from runners.github_types import Where
from tests.world import FILES, World


def mirrored(world: World, where: Where, name: str, age: float) -> tuple[Where, Path]:
    """A repository that a run borrowed so many seconds ago."""
    repository = world.hub.add_repository("octo", name, FILES)
    place = Where(where.installation_id, f"octo/{name}", repository.id)
    mirror = fetch(world, place)
    os.utime(mirrors.lending_of(mirror), (time.time() - age,) * 2)
    return place, mirror


def fetch(world: World, where: Where) -> Path:
    with world.context.github.git_token(where, {"contents": "read"}) as token, mirrors.borrowed(world.settings, where):
        return mirrors.fetch(world.settings, where, "refs/heads/main", token)[0]


def evict_to(world: World, size: float) -> None:
    evict(world.settings.model_copy(update={"mirrors_gb": size / GIGABYTE}))


def test_those_unused_for_longest_make_room_but_not_what_is_borrowed(world: World, where: Where) -> None:
    (first, *_), *others = [mirrored(world, where, name, age) for name, age in (("a", 300), ("b", 200), ("c", 100))]
    places = [mirrors.mirror_of(world.settings, first), *(mirror for _, mirror in others)]
    sizes = [size_of(place) for place in places]
    evict_to(world, sum(sizes))
    assert all(place.exists() for place in places)
    with mirrors.borrowed(world.settings, first):
        os.utime(mirrors.lending_of(places[0]), (time.time() - 300,) * 2)
        evict_to(world, sizes[0] + sizes[2])
        assert [place.exists() for place in places] == [True, False, True]
    evict_to(world, 0)
    assert not any(place.exists() for place in places)


def test_what_was_evicted_is_fetched_anew(world: World, where: Where) -> None:
    place, mirror = mirrored(world, where, "a", 100)
    evict_to(world, 0)
    assert not mirror.exists()
    assert fetch(world, place).exists()


def test_what_a_killed_eviction_left_is_removed(world: World, where: Where) -> None:
    _, mirror = mirrored(world, where, "a", 100)
    left = mirror.rename(mirror.with_suffix(".gone"))
    evict_to(world, GIGABYTE)
    assert not left.exists()
