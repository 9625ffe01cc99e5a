"""The traps are live: git as anybody runs it in such a workspace runs their programs."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.hostile.inside.agent import ATTACKS
from tests.hostile.scene import FILES, set_trap
from tests.runners.ground import Ground, make_ground

AS_ANYBODY = (
    "status",
    "diff",
    "add --all",
    "commit --quiet --message=x",
    "commit --allow-empty --gpg-sign --message=x",
    "commit --amend",
    "rebase --interactive HEAD~1",
    "checkout --quiet --force HEAD -- .",
    "checkout --quiet -b other",
)
SPRUNG = (
    "config_core_fsmonitor",
    "config_core_editor",
    "config_sequence_editor",
    "config_diff_external",
    "config_diff_evil_command",
    "config_diff_evil_textconv",
    "config_filter_evil_clean",
    "config_filter_evil_process",
    "config_gpg_program",
    "config_core_hooksPath",
    "config_include_path",
    "config_extensions_worktreeConfig",
    "hook_pre_commit",
    "hook_post_commit",
    "hook_prepare_commit_msg",
    "hook_post_checkout",
    "hook_post_index_change",
    "hook_reference_transaction",
    "gitfile",
    "link_as_git",
    "commondir",
    "attributes_filter",
    "attributes_diff",
    "attributes_macro",
)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    files = {path: text.encode() for path, text in FILES.items()}
    return make_ground(tmp_path_factory.mktemp("ground"), files)


@pytest.mark.parametrize("attack", SPRUNG)
def test_git_as_anybody_runs_it_falls_for_it(ground: Ground, tmp_path: Path, attack: str) -> None:
    trap, marks = set_trap(tmp_path)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    env = {"PATH": os.defpath, "HOME": str(tmp_path), "EDITOR": "true"}
    with ground.workspace(tmp_path.name) as workspace:
        ATTACKS[attack](workspace.tree, trap)
        (workspace.tree / "app.py").write_text("changed\n")
        for words in AS_ANYBODY:
            argv = ["git", *who, *words.split()]
            subprocess.run(
                argv, cwd=workspace.tree, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
    assert [mark.name for mark in marks.iterdir()] == ["sprung"]
