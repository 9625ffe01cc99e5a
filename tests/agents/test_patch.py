"""The patch agent at work, in every sandbox."""

import stat
import subprocess
from pathlib import Path

import pytest

from runners.agents.adapter import Brief
from runners.agents.programs.blocks import File
from runners.agents.programs.patch import PatchError, apply
from tests.agents.conftest import Work

DIFF = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
SECOND = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,4 @@\n one\n 2\n three\n+four\n"
RENAME = "diff --git a/lib/b.txt b/lib/d.txt\nsimilarity index 100%\nrename from lib/b.txt\nrename to lib/d.txt\n"


def content(tree: Path) -> dict[str, str]:
    """Every file of the tree."""
    files = (path for path in sorted(tree.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(tree).as_posix(): path.read_bytes().decode() for path in files}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "lib").mkdir(parents=True)
    (tree / "a.txt").write_text("one\ntwo\nthree\n")
    (tree / "lib" / "b.txt").write_text("b\n")
    (tree / "crlf.txt").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    return tree


def fenced(diff: str) -> str:
    return f"```diff\n{diff}```\n"


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (fenced(DIFF), {"a.txt": "one\n2\nthree\n"}),
        (fenced(DIFF).replace("\n", "\r\n"), {"a.txt": "one\n2\nthree\n"}),
        (DIFF.rstrip("\n"), {"a.txt": "one\n2\nthree\n"}),
        (fenced(DIFF.replace("-1,3 +1,3", "-1,9 +1,8")), {"a.txt": "one\n2\nthree\n"}),
        (fenced(DIFF.replace("a/a.txt", "a.txt").replace("b/a.txt", "a.txt")), {"a.txt": "one\n2\nthree\n"}),
        (fenced(DIFF.replace("a.txt", "crlf.txt")), {"crlf.txt": "one\r\n2\r\nthree\r\n"}),
        (fenced(DIFF) + fenced(SECOND), {"a.txt": "one\n2\nthree\nfour\n"}),
        (fenced("--- /dev/null\n+++ b/new/c.txt\n@@ -0,0 +1 @@\n+c\n"), {"new/c.txt": "c\n"}),
        (fenced(RENAME), {"lib/d.txt": "b\n", "lib/b.txt": None}),
        ("```file=new/deep/c.py\nx = 1\n```", {"new/deep/c.py": "x = 1\n"}),
        ("```text file=a.txt\nall new\n```", {"a.txt": "all new\n"}),
        ("```file=crlf.txt\na\nb\n```", {"crlf.txt": "a\r\nb\r\n"}),
        (fenced(DIFF) + "```file=c\nc\n```", {"a.txt": "one\n2\nthree\n", "c": "c\n"}),
    ],
    ids=["fenced", "CRLF comment", "bare, no last newline", "wrong counts", "no prefixes", "CRLF file",
         "two of one file", "new file", "rename", "file block", "replaced file", "CRLF file block", "both kinds"],
)  # fmt: skip
def test_what_is_given_is_applied(plain: Work, tree: Path, text: str, changed: dict[str, str | None]) -> None:
    before = content(tree)
    outcome, _ = plain("patch", tree, Brief("apply", text))
    assert (outcome.status, outcome.reason) == ("succeeded", ""), outcome.summary
    assert content(tree) == {name: text for name, text in {**before, **changed}.items() if text is not None}
    assert "No model was used" in outcome.summary


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        ("please", "nothing_to_apply", "neither a diff nor a file block"),
        (fenced(DIFF.replace("two", "zwei")), "does_not_apply", "patch failed: a.txt:1"),
        (fenced(DIFF.replace("a.txt", "gone.txt")), "does_not_apply", "gone.txt: No such file"),
        (fenced("-a\n+b\n"), "does_not_apply", "git finds no change in it"),
        (fenced(DIFF) + fenced(DIFF), "does_not_apply", "patch failed: a.txt:1"),
        (fenced(DIFF) + "```file=../x\ny\n```", "bad_path", "'../x' is not a plain path"),
        ("```file=ok\nok\n```\n```file=.git/config\n[core]\n```", "bad_path", "is git's own"),
        ("```file=/tmp/x\ny\n```", "bad_path", "is absolute"),
        ("```file=lib\ny\n```", "bad_path", "is a folder"),
        ("```file=a.txt/x\ny\n```", "bad_path", "goes through a file"),
        ("```file=.g\u200cit/config\ny\n```", "bad_path", "invisible"),
        (fenced("--- /dev/null\n+++ b/.git/hooks/x\n@@ -0,0 +1 @@\n+x\n"), "bad_path", "git"),
        (fenced("--- /dev/null\n+++ b/.GIT/hooks/x\n@@ -0,0 +1 @@\n+x\n"), "bad_path", "invalid path"),
        (fenced("--- /dev/null\n+++ b/git~1/x\n@@ -0,0 +1 @@\n+x\n"), "bad_path", "git"),
        (fenced('--- /dev/null\n+++ "b/.g\\342\\200\\214it/x"\n@@ -0,0 +1 @@\n+x\n'), "bad_path", ""),
        (fenced("--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n"), "bad_path", ".."),
        (fenced("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n"
                "\\ No newline at end of file\n"), "bad_path", "mode 120000"),
        (fenced("diff --git a/m b/m\nnew file mode 160000\n--- /dev/null\n+++ b/m\n@@ -0,0 +1 @@\n"
                "+Subproject commit 1111111111111111111111111111111111111111\n"), "bad_path", "mode 160000"),
    ],
)  # fmt: skip
def test_what_can_not_be_applied_changes_nothing_and_says_why(
    plain: Work, tree: Path, text: str, reason: str, words: str
) -> None:
    before = content(tree)
    outcome, _ = plain("patch", tree, Brief("apply", text))
    assert (outcome.status, outcome.reason) == ("failed", reason), outcome.summary
    assert words in outcome.summary
    assert content(tree) == before
    assert sorted(path.name for path in tree.parent.iterdir()) == ["tree"]


def test_the_description_is_applied_where_the_command_holds_nothing(work: Work, tree: Path) -> None:
    outcome, _ = work("patch", tree, Brief("apply", "please", body="```file=c\nc\n```"))
    assert outcome.status == "succeeded"
    outcome, _ = work("patch", tree, Brief("apply", "```file=d\nd\n```", body="```file=c\nother\n```"))
    assert outcome.status == "succeeded"
    assert ((tree / "c").read_text(), (tree / "d").read_text()) == ("c\n", "d\n")


@pytest.mark.parametrize("text", ["```file=link/x\ny\n```", "```file=file\ny\n```",
                                  fenced("--- /dev/null\n+++ b/link/x\n@@ -0,0 +1 @@\n+y\n")])  # fmt: skip
def test_links_of_the_repository_lead_nowhere(work: Work, tree: Path, tmp_path: Path, text: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "target").write_text("before")
    (tree / "link").symlink_to(outside)
    (tree / "file").symlink_to(outside / "target")
    outcome, _ = work("patch", tree, Brief("apply", text))
    assert outcome.reason == "bad_path"
    assert content(outside) == {"target": "before"}


def test_a_repository_around_the_workspace_is_not_taken_for_it(work: Work, tree: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tree.parent)], check=True)
    outcome, _ = work("patch", tree, Brief("apply", DIFF))
    assert outcome.status == "succeeded"
    assert (tree / "a.txt").read_text() == "one\n2\nthree\n"


def test_a_configuration_inside_the_workspace_runs_nothing(work: Work, tree: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    (tree / ".gitattributes").write_text("* filter=bad\n")
    with (tree / ".git" / "config").open("a") as config:
        config.write("[core]\n\tfsmonitor = touch pwned\n")
        config.write('[filter "bad"]\n\tclean = touch pwned; cat\n\tsmudge = touch pwned; cat\n')
    outcome, _ = work("patch", tree, Brief("apply", DIFF))
    assert outcome.status == "succeeded"
    assert not (tree / "pwned").exists()


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text("old\n")
    script.chmod(0o755)
    apply([File("run.sh", "new\n")], tmp_path)
    assert stat.S_IMODE(script.stat().st_mode) == 0o755


def test_a_failing_block_holds_back_the_others(tmp_path: Path) -> None:
    with pytest.raises(PatchError):
        apply([File("good", "x\n"), File("../bad", "x\n")], tmp_path)
    assert not list(tmp_path.iterdir())
