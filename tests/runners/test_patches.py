"""What an agent leaves in its tree becomes the right diff or a Problem, and runs nothing on the host."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runners import patches
from runners.git import git, git_bytes
from runners.patches import Patch
from runners.problems import Problem
from runners.workspace import Workspace
from tests.runners.ground import Ground, make_ground, plain_git

FILES = {
    "app.py": b"one\ntwo\nthree\n",
    "latin.txt": "café\n".encode("latin-1"),
    "picture.bin": bytes(range(256)),
    "tool.sh": b"#!/bin/sh\necho hi\n",
    "crlf.txt": b"a\nb\nc\n",
    "big.lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n",
    ".gitattributes": b"crlf.txt text eol=crlf\n*.lfs filter=lfs diff=lfs merge=lfs -text\n",
    "sub/deep/file.txt": b"x\n",
}

Act = Callable[[Path, str], None]  # what the agent does in the tree; the text runs as a program and makes PWNED


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return make_ground(tmp_path_factory.mktemp("ground"), FILES)


@pytest.fixture
def evil(tmp_path: Path) -> str:
    """A program that leaves a file behind when anybody runs it, and passes on what it is given."""
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/PWNED\ncat\n")
    program.chmod(0o755)
    return str(program)


def paths_of(workspace: Workspace, patch: Patch | None) -> set[str]:
    """The files that a patch touches, as git itself applies it."""
    if patch is None:
        return set()
    made = patches.commit(workspace, patch.content, "test\n", 1_700_000_000)
    named = git("diff-tree", "-r", "-z", "--no-renames", "--name-only", f"{made}^", made, git_dir=workspace.git)
    return {path for path in named.split("\0") if path}


def configured(tree: Path, program: str) -> None:
    """Every setting of a repository that names a program."""
    for key in (
        "core.fsmonitor", "core.sshCommand", "core.editor", "core.pager", "core.askPass", "core.gitProxy",
        "diff.external", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv",
        "diff.evil.command", "merge.evil.driver", "gpg.program", "credential.helper", "uploadpack.packObjectsHook",
    ):  # fmt: skip
        plain_git(tree, "config", key, program)
    plain_git(tree, "config", "core.hooksPath", str(tree / "hooks"))
    plain_git(tree, "config", "core.worktree", "/")


def config_hooks_and_attributes(tree: Path, program: str) -> None:
    configured(tree, program)
    (tree / ".git/info").mkdir(exist_ok=True)
    (tree / ".git/info/attributes").write_text("* filter=evil diff=evil merge=evil\n")
    for name in ("pre-commit", "post-index-change", "post-checkout", "reference-transaction"):
        for folder in (tree / "hooks", tree / ".git/hooks"):
            folder.mkdir(exist_ok=True)
            shutil.copy(program, folder / name)
    shutil.rmtree(tree / "hooks")
    (tree / "app.py").write_text("changed\n")


def attributes_in_the_tree(tree: Path, program: str) -> None:
    configured(tree, program)
    (tree / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    (tree / "app.py").write_text("changed\n")


def gitfile_for_git(tree: Path, program: str) -> None:
    shutil.move(tree / ".git", tree / "elsewhere")
    configured_at = tree / "elsewhere/config"
    configured_at.write_text(f"[core]\n\tfsmonitor = {program}\n\trepositoryformatversion = 0\n")
    (tree / ".git").write_text(f"gitdir: {tree}/elsewhere\n")
    (tree / "app.py").write_text("changed\n")
    (tree / ".gitignore").write_text("elsewhere\n")


def symlink_for_git(tree: Path, program: str) -> None:
    shutil.move(tree / ".git", tree / "elsewhere")
    (tree / ".git").symlink_to("elsewhere")
    plain_git(tree, "config", "core.fsmonitor", program)
    (tree / ".gitignore").write_text("elsewhere\n")


def alternates(tree: Path, _program: str) -> None:
    (tree / ".git/objects/info").mkdir(exist_ok=True)
    (tree / ".git/objects/info/alternates").write_text("/etc\n")
    (tree / "app.py").write_text("changed\n")


def repository_inside(tree: Path, program: str) -> None:
    inner = tree / "inner"
    inner.mkdir()
    plain_git(inner, "init", "--quiet")
    (inner / "file.txt").write_text("x\n")
    plain_git(inner, "add", ".")
    plain_git(inner, "commit", "--quiet", "--message=x")
    configured(inner, program)


def fifo_for_attributes(tree: Path, _program: str) -> None:
    (tree / ".gitattributes").unlink()
    os.mkfifo(tree / ".gitattributes")


def fifos(tree: Path, _program: str) -> None:
    os.mkfifo(tree / "pipe")
    os.mkfifo(tree / "sub/.gitignore")


def fifo_for_a_file(tree: Path, _program: str) -> None:
    (tree / "app.py").unlink()
    os.mkfifo(tree / "app.py")


def device(tree: Path, _program: str) -> None:
    os.mknod(tree / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))


def setuid(tree: Path, _program: str) -> None:
    (tree / "tool.sh").chmod(0o4755)


def odd_names(tree: Path, _program: str) -> None:
    for name in ODD_NAMES:
        (tree / name).write_text("x\n")
    Path(os.fsdecode(os.fsencode(tree) + b"/caf\xe9")).write_text("x\n")


ODD_NAMES = ("-x", "--upload-pack=touch PWNED", 'quo"te', "new\nline", "tab\tback\\slash", "\u202eevil", "$(touch X)")


def link_out(tree: Path, _program: str) -> None:
    (tree / "sub/way").symlink_to("../../outside")


def link_to_etc(tree: Path, _program: str) -> None:
    (tree / "passwd").symlink_to("/etc/passwd")


def links_that_leave_together(tree: Path, _program: str) -> None:
    (tree / "sub/deep/top").symlink_to("../..")
    (tree / "sub/deep/out").symlink_to("top/../outside")


def link_inside(tree: Path, _program: str) -> None:
    (tree / "sub/deep/app").symlink_to("../../app.py")


def link_for_a_folder(tree: Path, _program: str) -> None:
    shutil.rmtree(tree / "sub")
    (tree / "sub").symlink_to("/etc")


def workflow(tree: Path, _program: str) -> None:
    (tree / ".github/workflows").mkdir(parents=True)
    (tree / ".github/workflows/ci.yml").write_text("on: push\n")


def too_many_files(tree: Path, _program: str) -> None:
    for number in range(patches.MOST_FILES + 1):
        (tree / f"file{number}").write_text("x\n")


def sparse_terabyte(tree: Path, _program: str) -> None:
    with (tree / "huge").open("wb") as file:
        file.truncate(2**40)


def grown_file(tree: Path, _program: str) -> None:
    with (tree / "app.py").open("r+b") as file:
        file.truncate(2**40)


def too_long_patch(tree: Path, _program: str) -> None:
    (tree / "long").write_bytes(b"line\n" * 300_000)


def endless_ignore(tree: Path, _program: str) -> None:
    (tree / "deep").mkdir()
    (tree / "deep/.gitignore").write_bytes(b"a\n" * 600_000)


def no_change(tree: Path, _program: str) -> None:
    (tree / "app.py").write_bytes(FILES["app.py"])
    (tree / "__pycache__").mkdir()
    (tree / "__pycache__/app.pyc").write_bytes(b"x")


RIGHT_DIFF: dict[Act, set[str]] = {
    no_change: set(),
    config_hooks_and_attributes: {"app.py"},
    attributes_in_the_tree: {"app.py", ".gitattributes", "crlf.txt"},  # the file has its line ends by them
    gitfile_for_git: {"app.py", ".gitignore"},
    symlink_for_git: {".gitignore"},
    alternates: {"app.py"},
    repository_inside: {"inner/file.txt"},
    fifo_for_attributes: {".gitattributes", "crlf.txt"},
    fifos: set(),
    fifo_for_a_file: {"app.py"},
    device: set(),
    setuid: {"tool.sh"},
    odd_names: {*ODD_NAMES, "caf\ufffd"},
    link_inside: {"sub/deep/app"},
}
REFUSED: dict[Act, str] = {
    link_out: "escaping_link",
    link_to_etc: "escaping_link",
    links_that_leave_together: "escaping_link",
    link_for_a_folder: "escaping_link",
    workflow: "protected_path",
    too_many_files: "too_large",
    sparse_terabyte: "too_large",
    grown_file: "too_large",
    too_long_patch: "too_large",
    endless_ignore: "too_large",
}


@pytest.mark.parametrize("act", RIGHT_DIFF, ids=lambda act: act.__name__)
def test_the_diff_is_what_the_agent_did_and_nothing_of_its_runs(
    ground: Ground, tmp_path: Path, evil: str, act: Act
) -> None:
    with ground.workspace(tmp_path.name) as workspace:
        act(workspace.tree, evil)
        assert paths_of(workspace, patches.read(workspace)) == RIGHT_DIFF[act]
    assert not (tmp_path / "PWNED").exists()
    assert not workspace.folder.exists()


@pytest.mark.parametrize("act", REFUSED, ids=lambda act: act.__name__)
def test_what_no_pull_request_may_hold_is_refused(ground: Ground, tmp_path: Path, evil: str, act: Act) -> None:
    with ground.workspace(tmp_path.name) as workspace:
        act(workspace.tree, evil)
        with pytest.raises(Problem) as refused:
            patches.read(workspace)
    assert refused.value.reason == REFUSED[act]
    assert str(tmp_path) not in refused.value.sentence


@pytest.mark.parametrize(
    ("pattern", "protected"),
    [
        ("sub", True), ("sub/", True), ("/sub", True), ("SUB/*", True), ("sub/**", True), ("s*", True), ("*.txt", True),
        ("deep.txt", True), ("sub/deep.txt", True), ("**/deep.txt", True), ("**/sub", True),
        ("./sub", True), ("**", True),
        ("s[u]b", False), ("ub", False), ("sub/other", False),
        ("deep", False), ("sub/deep.txt/more", False),
    ],
)  # fmt: skip
def test_protected_is_what_a_pattern_names_and_all_below(
    ground: Ground, tmp_path: Path, pattern: str, protected: bool
) -> None:
    with ground.workspace(tmp_path.name) as workspace:
        (workspace.tree / "sub").mkdir(exist_ok=True)
        (workspace.tree / "sub/deep.txt").write_text("changed")
        try:
            patches.read(workspace, {"protect": [pattern]})
        except Problem as refused:
            assert (protected, refused.reason) == (True, "protected_path")
        else:
            assert not protected


def test_what_would_be_compared_into_too_much_is_not_compared(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "MOST_COMPARED", 20_000)
    with ground.workspace(tmp_path.name) as workspace:
        (workspace.tree / "app.py").write_bytes(b"a" * 30_000)
        with pytest.raises(Problem, match="at most 20,000 are compared"):
            patches.read(workspace)


def test_a_submodule_s_own_git_never_runs(tmp_path: Path, evil: str) -> None:
    # git would run `git status` in a checked out submodule, and obey the filters that its configuration names.
    library = tmp_path / "library"
    library.mkdir()
    plain_git(library, "init", "--quiet")
    (library / "file.txt").write_text("x")
    plain_git(library, "add", ".")
    plain_git(library, "commit", "--quiet", "--message=x")
    ground = make_ground(tmp_path, FILES, submodule=plain_git(library, "rev-parse", "HEAD"))
    with ground.workspace() as workspace:
        inside = workspace.tree / "vendor/lib"
        shutil.copytree(library, inside, dirs_exist_ok=True)
        plain_git(inside, "config", "filter.evil.clean", evil)
        (inside / ".gitattributes").write_text("* filter=evil\n")
        (inside / "file.txt").write_text("y")
        assert patches.read(workspace) is None
    assert not (tmp_path / "PWNED").exists()


def test_another_case_of_git_is_no_file_of_ours(ground: Ground, tmp_path: Path) -> None:
    with ground.workspace(tmp_path.name) as workspace:
        shutil.copytree(workspace.tree / ".git", workspace.tree / ".GIT")
        with pytest.raises(Problem, match=r"invalid path '\.GIT") as refused:
            patches.read(workspace)
        assert refused.value.reason == "unreadable_tree"


def test_files_without_rights_give_a_diff_or_a_problem(ground: Ground, tmp_path: Path) -> None:
    with ground.workspace(tmp_path.name) as workspace:
        (workspace.tree / "secret").write_text("x\n")
        for path in ("secret", "app.py", "sub/deep"):
            (workspace.tree / path).chmod(0)
        if os.geteuid() == 0:  # whom no file's mode stops
            assert paths_of(workspace, patches.read(workspace)) == {"secret"}
        else:
            with pytest.raises(Problem, match=r"can't (be )?read"):
                patches.read(workspace)
    assert not workspace.folder.exists()


def test_folders_deeper_than_any_path_are_refused_and_removed(ground: Ground, tmp_path: Path) -> None:
    dig = "import os\nfor _ in range(1200):\n    os.mkdir('deep')\n    os.chdir('deep')"
    with ground.workspace(tmp_path.name) as workspace:
        subprocess.run([sys.executable, "-c", dig], cwd=workspace.tree, check=True)
        with pytest.raises(Problem, match="File name too long"):
            patches.read(workspace)
    assert not workspace.folder.exists()


def test_only_the_changed_line_is_in_the_diff_whatever_the_line_ends(ground: Ground, tmp_path: Path) -> None:
    with ground.workspace(tmp_path.name) as workspace:
        lines = workspace.tree / "crlf.txt"
        assert lines.read_bytes() == b"a\r\nb\r\nc\r\n"
        lines.write_bytes(b"a\r\nB\r\nc\r\n")
        pointer = workspace.tree / "big.lfs"
        pointer.write_bytes(pointer.read_bytes().replace(b"12345", b"54321"))
        patch = patches.read(workspace)
    assert patch is not None
    assert (patch.files, patch.added, patch.removed) == (2, 2, 2)
    assert b"-b\n+B\n" in patch.content
    assert b"-size 12345\n+size 54321\n" in patch.content


def test_modes_renames_and_removals_are_kept(ground: Ground, tmp_path: Path) -> None:
    with ground.workspace(tmp_path.name) as workspace:
        (workspace.tree / "tool.sh").chmod(0o755)
        (workspace.tree / "latin.txt").unlink()
        (workspace.tree / "picture.bin").rename(workspace.tree / "moved.bin")
        (workspace.tree / "link").symlink_to("app.py")
        patch = patches.read(workspace)
        assert patch is not None
        made = patches.commit(workspace, patch.content, "test\n", 1_700_000_000)
        listed = git("ls-tree", "-r", made, git_dir=workspace.git).splitlines()
    modes = {line.split("\t")[1]: line.split()[0] for line in listed}
    assert patch.files == 4
    assert (modes["tool.sh"], modes["link"], modes["moved.bin"]) == ("100755", "120000", "100644")
    assert not {"latin.txt", "picture.bin"} & set(modes)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=300) | st.text(max_size=100).map(str.encode), min_size=1, max_size=8))
def test_every_byte_survives_from_the_tree_to_the_commit(ground: Ground, contents: list[bytes]) -> None:
    with ground.workspace("first") as workspace:
        for number, content in enumerate(contents):
            (workspace.tree / f"new{number}").write_bytes(content)
            (workspace.tree / ("picture.bin", "latin.txt")[number % 2]).write_bytes(content)
        patch = patches.read(workspace)
    assert patch is not None
    with ground.workspace("second") as workspace:
        made = patches.commit(workspace, patch.content, "test\n", 1_700_000_000)
        for number, content in enumerate(contents):
            assert git_bytes("cat-file", "blob", f"{made}:new{number}", git_dir=workspace.git) == content
        last = git_bytes("cat-file", "blob", f"{made}:picture.bin", git_dir=workspace.git)
        assert last == contents[(len(contents) - 1) // 2 * 2]


def test_the_same_patch_message_and_time_give_the_same_commit(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ground.workspace("one") as workspace:
        (workspace.tree / "app.py").write_text("changed\n")
        patch = patches.read(workspace)
        assert patch is not None
        made = {patches.commit(workspace, patch.content, "test\n", 1_700_000_000.25)}
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody else")
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    with ground.workspace("two") as workspace:
        made.add(patches.commit(workspace, patch.content, "test\n", 1_700_000_000.75))
        said = git("cat-file", "commit", *made, git_dir=workspace.git)
    assert len(made) == 1
    assert "author async-code <async-code@users.noreply.github.com> 1700000000 +0000\n" in said
    assert said.endswith("\n\ntest\n")
