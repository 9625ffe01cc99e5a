"""Which sandbox is used, and who may work without one."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.settings import load
from runners.agents import AGENTS
from runners.sandboxes import SandboxError, choose, problems, refuse, wanted_for
from runners.sandboxes.interface import Errand, Process
from runners.wording.bounds import BOUNDS
from tests.sandboxes.running import ALL


@dataclass
class Made:
    """A sandbox that only answers questions."""

    name: str
    isolates: bool
    problem: str | None = None
    installing: str = ""

    def unusable(self) -> str | None:
        return self.problem

    def has(self, program: str, tools: Path | None) -> bool:
        raise NotImplementedError

    def surroundings(self) -> str:
        raise NotImplementedError

    def start(self, errand: Errand) -> Process:
        raise NotImplementedError

    def sweep(self, at_work: Callable[[], Collection[str]], workspaces: Path) -> None:
        raise NotImplementedError


STRONG, BROKEN, PLAIN = Made("strong", True), Made("strong", True, "It is not installed."), Made("none", False)


def test_auto_takes_the_strongest() -> None:
    assert choose("auto", [STRONG, PLAIN]).name == "strong"


def test_auto_goes_on_to_the_next_and_the_reason_can_be_asked() -> None:
    assert choose("auto", [BROKEN, PLAIN]).name == "none"
    assert problems([BROKEN, PLAIN]) == {"strong": "It is not installed."}


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, "auto"),
        ({"sandbox_runtime": "runsc"}, "docker"),
        ({"sandbox_images": "octo/app=other"}, "docker"),
        ({"sandbox_images": "octo/else=other"}, "auto"),
        ({"sandbox": "bubblewrap", "sandbox_runtime": "runsc"}, "bubblewrap"),
    ],
)
def test_what_docker_alone_can_give_is_not_exchanged_for_what_can_t(settings: dict[str, str], wanted: str) -> None:
    assert wanted_for(load(_env_file=None, **settings), "octo/app") == wanted


def test_a_sandbox_that_was_asked_for_is_never_exchanged_for_a_weaker_one() -> None:
    with pytest.raises(SandboxError, match=r"SANDBOX=strong: It is not installed\."):
        choose("strong", [BROKEN, PLAIN])


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SandboxError, match=r"there is no such sandbox \(auto, strong, none\)"):
        choose("chroot", [STRONG, PLAIN])


@pytest.mark.parametrize(
    ("sandbox", "agent", "allow_plain", "refused"),
    [
        (STRONG, "mend", False, False),
        (PLAIN, "mend", False, True),
        (PLAIN, "command", False, True),
        (PLAIN, "patch", False, False),
        (PLAIN, "mend", True, False),
        (PLAIN, "command", True, False),
    ],
)
def test_without_isolation_only_our_own_code_runs(sandbox: Made, agent: str, allow_plain: bool, refused: bool) -> None:
    said = refuse(sandbox, AGENTS[agent], allow_plain)
    assert bool(said) is refused
    if said:
        assert agent in said


def test_the_table_goes_from_strong_to_weak_and_the_weak_one_says_so() -> None:
    assert [sandbox.isolates for sandbox in ALL] == sorted([s.isolates for s in ALL], reverse=True)
    assert ALL[-1].name == "none"
    assert set(BOUNDS) == {sandbox.name for sandbox in ALL}
    assert [name for name, said in BOUNDS.items() if said.startswith("NOT ISOLATED")] == ["none"]
