"""What is not in a workspace is named."""

from pathlib import Path

import pytest

from runners.surveys import survey
from tests.runners.ground import make_ground

LFS = b"*.mp4 filter=lfs diff=lfs merge=lfs -text\n"


@pytest.mark.parametrize(
    ("files", "submodule", "said"),
    [
        ({"app.py": b"x\n"}, None, ""),
        ({".gitattributes": b"*.py text\n# *.x filter=lfs\n"}, None, ""),
        ({".gitattributes": LFS}, None, "Files that Git LFS keeps elsewhere were left as pointers."),
        ({"deep/in/.gitattributes": LFS}, None, "Files that Git LFS keeps elsewhere were left as pointers."),
        (
            {".gitattributes": LFS + b"secrets filter=crypt\n"},
            None,
            "Filters of `.gitattributes` did not run: `crypt`, `lfs`.",
        ),
        (
            {".gitmodules": b'[submodule "x"]\n\tpath = vendor/lib\n\turl = ./lib\n'},
            "1" * 40,
            "Submodules were not fetched: `vendor/lib`.",
        ),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, files: dict[str, bytes], submodule: str | None, said: str) -> None:
    with make_ground(tmp_path, files, submodule).workspace() as workspace:
        assert survey(workspace).omitted == said


def test_a_file_of_attributes_that_is_a_link_is_read_as_its_target(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / ".gitattributes").symlink_to("/etc/passwd")
    with make_ground(tmp_path, {"app.py": b"x\n"}).workspace() as workspace:
        assert survey(workspace).omitted == ""
