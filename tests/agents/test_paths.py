"""Which paths may be written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.agents.programs.paths import objection, through_link


@pytest.mark.parametrize(
    "path", ["a", "a/b.py", "my file.py", ".github/x.yml", ".gitignore", "a.git/b", "ünï/x", "git~"]
)
def test_usual_paths_are_fine(path: str) -> None:
    assert objection(path) is None


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a/.", "C:/x", "c:x", "\\x", "a\\..\\x",
             ".git/config", ".GIT/config", "a/.Git/hooks/x", ".git", ".git./x", ".git /x", ".git::$INDEX_ALLOCATION/x",
             "git~1/x", "GIT~23", ".g\u200cit/x", ".git\ufeff/x", "a\0b", "a\nb", "a\x1bb", "a\u202eb", "a\ud800b"],
)  # fmt: skip
def test_paths_that_leave_or_name_git_are_refused(path: str) -> None:
    assert objection(path)


@given(st.text(alphabet="./\\~:gitGIT1 a\u200c", max_size=20))
def test_what_is_accepted_stays_inside(path: str) -> None:
    if objection(path) is None:
        parts = [part.strip(". ").lower() for part in path.split("/")]
        assert "git" not in [part.partition(":")[0] for part in parts if part.startswith("git:")]
        assert (Path("/tree") / path).resolve().is_relative_to("/tree")


def test_a_link_is_seen_wherever_it_stands(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "file").symlink_to("nowhere")
    paths = ["real", "real/new", "link", "link/new", "real/file"]
    assert [through_link(tmp_path, path) for path in paths] == [False, False, True, True, True]
