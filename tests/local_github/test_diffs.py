"""git's diffs, read into changed files and rows."""

from bot.local_github import LocalGitHub
from bot.local_github.diffs import Change
from bot.local_github.pages.patches import MOST_ROWS, rows_of
from tests.local_github.conftest import REPO


def changes(hub: LocalGitHub, branch: str) -> dict[str, Change]:
    repository = hub.repository(REPO)
    ends = [hub.branches(REPO)[name] for name in ("main", branch)]
    return {one.path: one for one in hub.site.disk.changes(repository.id, *ends)}


def test_added_removed_renamed_and_odd_files_are_told_apart(hub: LocalGitHub) -> None:
    long = "".join(f"line {number}\n" for number in range(20))
    hub.commit(REPO, "main", {"old.txt": long, "gone.txt": "gone\n"}, by="mona")
    files = {"old.txt": None, "nëw name.txt": long, "gone.txt": None, "bin": "a\0b", "tricky": "diff --git a/x b/x\n"}
    hub.commit(REPO, "topic", files, by="mona")
    found = changes(hub, "topic")
    assert {path: (one.status, one.additions, one.deletions) for path, one in found.items()} == {
        "bin": ("added", 0, 0),
        "gone.txt": ("removed", 0, 1),
        "nëw name.txt": ("renamed", 0, 0),
        "tricky": ("added", 1, 0),
    }
    assert found["nëw name.txt"].previous == "old.txt"


def test_rows_carry_the_line_numbers_of_both_sides() -> None:
    patch = "@@ -3,3 +3,3 @@ def f\n same\n-old\n+new\n\\ No newline at end of file"
    rows = [(row.kind, row.old, row.new, row.text) for row in rows_of(patch)]
    assert rows == [
        ("hunk", None, None, "@@ -3,3 +3,3 @@ def f"),
        ("same", 3, 3, "same"),
        ("removed", 4, None, "old"),
        ("added", None, 4, "new"),
        ("note", None, None, "No newline at end of file"),
    ]


def test_a_very_long_patch_is_cut_with_a_note() -> None:
    rows = rows_of("@@ -0,0 +1,9999 @@" + "\n+x" * 9999)
    assert len(rows) == MOST_ROWS + 1
    assert "8000 more lines" in rows[-1].text
