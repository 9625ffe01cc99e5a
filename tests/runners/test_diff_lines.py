"""Which lines a diff shows, held to what git says of files that hypothesis makes."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runners.diff_lines import shown_lines

DIFF = """\
diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1,3 +1,4 @@ def add():
 one
--- a/no.py
+++ b/other.py
+two
 three
@@ -10 +11,0 @@
-gone
diff --git a/new.py b/new.py
new file mode 100644
--- /dev/null
+++ b/new.py
@@ -0,0 +1 @@
+only
\\ No newline at end of file
diff --git a/old.py b/old.py
--- a/old.py
+++ /dev/null
@@ -1 +0,0 @@
-all
"""


def test_lines_that_came_and_those_around_them() -> None:
    assert shown_lines(DIFF) == {"app.py": {1, 2, 3, 4}, "new.py": {1}}


@pytest.mark.parametrize(
    ("diff", "shown"),
    [
        ("", {}),
        ("+++ b/x\n", {}),
        ("@@ -1,5 +1,5 @@\n", {}),
        ("+++ b/x\n@@ -1,9 +1,9 @@\n a", {"x": {1}}),
        ('+++ "b/\\303\\244"\n@@ -1 +1 @@\n a', {}),
    ],
)
def test_what_ends_too_early_or_has_no_plain_name_shows_what_is_there(diff: str, shown: dict[str, set[int]]) -> None:
    assert shown_lines(diff) == shown


LINES = st.lists(st.sampled_from(["a", "b", "-- a/x", "++ b/x", "@@ -1 +1 @@", "", "\\ no"]), max_size=30)


@settings(max_examples=30)
@given(LINES, LINES)
def test_every_line_that_came_is_shown_with_three_around_it(old: list[str], new: list[str]) -> None:
    shown = shown_lines(_diff(old, new)).get("f", set())
    came = {number for number, line in enumerate(new, 1) if line not in old}
    assert came <= shown <= set(range(1, len(new) + 1))


def _diff(old: list[str], new: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in (("a", old), ("b", new)):
            Path(folder, name).mkdir()
            Path(folder, name, "f").write_text("".join(f"{line}\n" for line in lines))
        command = ["git", "diff", "--no-index", "--no-prefix", "--src-prefix=", "--dst-prefix=", "a", "b"]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
