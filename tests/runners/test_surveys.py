"""A commit is looked at once, and what was found is kept with its mirror."""

from pathlib import Path

from runners.surveys import INDEX, MOST_KEPT, OMITTED, survey
from tests.runners.ground import make_ground, plain_git

FILES = {"app.py": b"x\n", "deep/in/it.py": b"y\n"}


def test_a_second_run_on_the_commit_finds_the_first_ones_survey(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, FILES)
    with ground.workspace("r1-1") as workspace:
        first = survey(workspace)
        (first.folder / OMITTED).write_text("as it was kept")
    with ground.workspace("r2-1") as workspace:
        assert survey(workspace) == first
        assert survey(workspace).omitted == "as it was kept"
        assert {path: (workspace.tree / path).read_bytes() for path in FILES} == FILES


def test_what_an_agent_does_to_its_own_index_changes_no_survey(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, FILES)
    with ground.workspace("r1-1") as workspace:
        before = (survey(workspace).folder / INDEX).read_bytes()
        plain_git(workspace.tree, "rm", "-r", "--quiet", ".")
        workspace.index.write_bytes(b"")
        assert (survey(workspace).folder / INDEX).read_bytes() == before
    with ground.workspace("r2-1") as workspace:
        assert (workspace.tree / "app.py").exists()


def test_what_a_killed_one_left_is_made_anew(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, FILES)
    left = ground.mirror / "surveys" / ".r1-1"
    left.mkdir(parents=True)
    (left / INDEX).write_bytes(b"half")
    with ground.workspace("r1-1") as workspace:
        assert survey(workspace).omitted == ""
        assert not left.exists()


def test_the_few_that_were_used_last_are_kept(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, FILES)
    for number in range(MOST_KEPT + 3):
        (ground.mirror / "surveys" / f"{number:040}").mkdir(parents=True)
    with ground.workspace() as workspace:
        kept = survey(workspace).folder
    assert kept.exists()
    assert len(list(kept.parent.iterdir())) == MOST_KEPT
