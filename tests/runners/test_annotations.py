"""What checks print, read as remarks on lines: of each tool what it prints, and of three the tools themselves."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.annotations import LONGEST_MESSAGE, MOST, Annotation, annotations, from_json, to_json

PYTEST = """\
    def test_add():
>       assert add(2, 3) == 5
E       assert -1 == 5
E        +  where -1 = add(2, 3)

test_app.py:5: AssertionError
=========================== short test summary info ============================
FAILED test_app.py::test_add - assert -1 == 5
"""
RUFF = """\
F401 [*] `os` imported but unused
 --> app.py:1:8
  |
1 | import os
  |        ^^
help: Remove unused import: `os`

Found 1 error.
"""
CARGO = """\
error[E0308]: mismatched types
 --> src/main.rs:2:18
  |
2 |     let x: i32 = "a";
  |                  ^^^ expected `i32`, found `&str`

warning: unused variable: `y`
  --> src/main.rs:3:9
"""
ESLINT = """\
/workspace/src/a.js
  1:7   error    'x' is assigned a value but never used  no-unused-vars
  2:1   warning  Unexpected console statement            no-console

✖ 2 problems (1 error, 1 warning)
"""
PRINTED = {
    "pytest": (PYTEST, [("test_app.py", 5, "failure", "assert -1 == 5")]),
    "ruff": (RUFF, [("app.py", 1, "failure", "F401 [*] `os` imported but unused")]),
    "ruff, concise": ("app.py:1:8: F401 [*] `os` imported", [("app.py", 1, "failure", "F401 [*] `os` imported")]),
    "mypy": (
        'app.py:2: error: Incompatible types  [assignment]\napp.py:3: note: Revealed type is "int"',
        [
            ("app.py", 2, "failure", "Incompatible types  [assignment]"),
            ("app.py", 3, "notice", 'Revealed type is "int"'),
        ],
    ),
    "tsc": (
        "src/a.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'.",
        [("src/a.ts", 3, "failure", "TS2322: Type 'string' is not assignable to type 'number'.")],
    ),
    "eslint": (
        ESLINT,
        [
            ("src/a.js", 1, "failure", "'x' is assigned a value but never used no-unused-vars"),
            ("src/a.js", 2, "warning", "Unexpected console statement no-console"),
        ],
    ),
    "go": (
        "# example.com/app\n./main.go:4:2: undefined: x\nvet: ./b.go:1:1: expected 'package'",
        [("main.go", 4, "failure", "undefined: x"), ("b.go", 1, "failure", "expected 'package'")],
    ),
    "cargo": (
        CARGO,
        [("src/main.rs", 2, "failure", "mismatched types"), ("src/main.rs", 3, "warning", "unused variable: `y`")],
    ),
    "gcc": (
        "main.c: In function 'main':\nmain.c:3:5: warning: unused variable 'x' [-Wunused-variable]\n"
        "main.c:4:1: fatal error: no.h: No such file",
        [
            ("main.c", 3, "warning", "unused variable 'x' [-Wunused-variable]"),
            ("main.c", 4, "failure", "no.h: No such file"),
        ],
    ),
    "nothing": ("All is well at 12:30: really\nhttps://example.com:80: no\n  12 passed", []),
    "outside": ("../secret.py:1: x\n/etc/passwd.conf:1: x\n~/a.py:1: x\na.py:0: x\na.py:99999999: x", []),
}  # fmt: skip


@pytest.mark.parametrize("tool", PRINTED)
def test_each_tools_own_form(tool: str) -> None:
    printed, wanted = PRINTED[tool]
    assert [(one.path, one.line, one.level, one.message) for one in annotations(printed.splitlines())] == wanted


def test_the_tools_themselves(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import os\n\n\ndef add(a: int, b: int) -> str:\n    return a - b\n")
    (tmp_path / "test_app.py").write_text("from app import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n")
    found = {}
    for tool in (["ruff", "check", "--isolated", "app.py"], ["mypy", "app.py"], ["pytest", "-p", "no:randomly"]):
        command = [sys.executable, "-m", *tool]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        found[tool[0]] = [(one.path, one.line) for one in annotations(ran.stdout.splitlines())]
    assert found == {"ruff": [("app.py", 1)], "mypy": [("app.py", 5)], "pytest": [("test_app.py", 5)]}


@given(st.lists(st.text(max_size=60), max_size=20))
def test_no_output_breaks_it(lines: list[str]) -> None:
    assert from_json(to_json(annotations(lines))) == annotations(lines)


def test_they_are_bounded_and_each_stands_once() -> None:
    many = [f"a.py:{number}: {'x' * 5000}" for number in range(1, 1000)]
    found = annotations([*many, *many])
    assert len(found) == MOST
    assert {len(one.message) for one in found} == {LONGEST_MESSAGE}
    assert annotations(["a.py:1: x"] * 3) == [Annotation("a.py", 1, "failure", "x")]
