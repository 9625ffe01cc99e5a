"""What the operator lists is the ceiling: a repository's file narrows it, or asks for a group of it by name."""

from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, load
from runners.reach import not_let, reach

LISTED = "one.example,.below.example"
GROUPS = "Registry=packages.example files.example, docs=.docs.example"


def settings(directory: Path, hosts: str = LISTED, groups: str = GROUPS) -> Settings:
    return load(_env_file=None, data_dir=directory, sandbox_hosts=hosts, sandbox_host_groups=groups)


@pytest.mark.parametrize(
    ("wished", "reached"),
    [
        (None, {"one.example", ".below.example"}),
        ([], set()),
        (["one.example"], {"one.example"}),
        (["registry"], {"packages.example", "files.example"}),
        (["registry", "one.example"], {"packages.example", "files.example", "one.example"}),
        (["deep.below.example"], {"deep.below.example"}),
        (["packages.example"], {"packages.example"}),
        (["v1.docs.example"], {"v1.docs.example"}),
        (["elsewhere.example"], set()),
        ([".example"], set()),
        (["nothing"], set()),
    ],
)
def test_what_is_reached(tmp_path: Path, wished: list[str] | None, reached: set[str]) -> None:
    bounds = {} if wished is None else {"network": wished}
    assert reach(settings(tmp_path), bounds) == reached


def test_what_is_not_let_is_named(tmp_path: Path) -> None:
    wished = ["one.example", "registry", "a.below.example", "elsewhere.example", ".example", "nothing", "below.example"]
    assert not_let(settings(tmp_path), wished) == ["elsewhere.example", ".example", "nothing", "below.example"]
    assert not_let(settings(tmp_path, "", ""), ["one.example"]) == ["one.example"]


@pytest.mark.parametrize("groups", ["registry", "registry=", "=a.example", "a.b=c.example"])
def test_what_is_no_group_is_refused_with_its_form(tmp_path: Path, groups: str) -> None:
    with pytest.raises(SettingsError, match="name=host host"):
        settings(tmp_path, groups=groups)
