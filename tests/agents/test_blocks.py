"""Which parts of a comment are applied."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.agents.programs.blocks import Block, Diff, File, find
from runners.agents.programs.patch import with_prefixes

FENCED_INSIDE = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n ```\n-a\n+b\n ```\n"
BARE = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", []),
        ("just words", []),
        ("```diff\n-a\n```", [Diff("-a\n")]),
        ("```patch\n-a\n```", [Diff("-a\n")]),
        ("```DIFF title\n-a\n```", [Diff("-a\n")]),
        ("~~~diff\n-a\n~~~", [Diff("-a\n")]),
        ("````diff\n-```\n````", [Diff("-```\n")]),
        ("```diff\n-a", [Diff("-a\n")]),
        ("```diff\n\n```", []),
        ("```python\n-a\n```", []),
        ("  ```diff\n  -a\n  +b\n  ```", [Diff("-a\n+b\n")]),
        ("> ```diff\n> -a\n> ```", []),
        ("    ```diff\n    -a\n    ```", []),
        ("```diff\r\n-a\r\n+b\r\n```\r\n", [Diff("-a\n+b\n")]),
        ("<!--\n```diff\n-a\n```\n-->", []),
        ("<!-- one line -->\n```diff\n-a\n```", [Diff("-a\n")]),
        ("<!-- never closed\n```diff\n-a\n```", []),
        (f"Please take\n\n{BARE}", [Diff(BARE)]),
        (f"{BARE}\nThanks!", [Diff(BARE)]),
        (f"diff --git a/x b/x\nindex 1..2 100644\n{BARE}", [Diff(f"diff --git a/x b/x\nindex 1..2 100644\n{BARE}")]),
        (FENCED_INSIDE.rstrip("\n"), [Diff(FENCED_INSIDE)]),
        ("```python file=a/b.py\nx = 1\n```", [File("a/b.py", "x = 1\n")]),
        ("```file=a.py\n```", [File("a.py", "")]),
        ("```python path='my file.py'\nx\n```", [File("my file.py", "x\n")]),
        ('```js file="a.js" hl=1\nx\n```', [File("a.js", "x\n")]),
        ("```python profile=a\nx\n```", []),
        ("```file=a\n1\n```\ntext\n```file=b\n2\n```", [File("a", "1\n"), File("b", "2\n")]),
        ("```text\n```file=a\nnot a block of its own\n```", []),
    ],
)  # fmt: skip
def test_blocks_of_a_comment(text: str, blocks: list[Block]) -> None:
    assert find(text) == blocks


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (BARE, BARE),
        ("--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n", BARE),
        ("--- /dev/null\n+++ x\n@@ -0,0 +1 @@\n+b\n", "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n"),
        ("no header", "no header"),
    ],
)
def test_a_diff_without_prefixes_gets_them(given: str, made: str) -> None:
    assert with_prefixes(given) == made


PIECES = st.sampled_from(
    ["```", "~~~", "diff", "file=", "\n", "\r", " ", ">", "<!--", "-->", "--- a/", "+++", "@@", "a"]
)


@given(st.lists(PIECES, max_size=60).map("".join) | st.text())
def test_no_text_makes_the_parser_raise(text: str) -> None:
    for block in find(text):
        assert block.text.endswith("\n") if isinstance(block, Diff) else block.path is not None


@pytest.mark.parametrize(
    "text", ["```\n" * 100_000, "<!--\n" * 100_000, "--- a/x\n" * 60_000, "```diff " + "file='" * 60_000, "`" * 400_000,
             "~~~ \n" * 100_000, "``` x`\n" * 50_000],
)  # fmt: skip
def test_the_longest_comments_are_read_in_linear_time(text: str) -> None:
    began = time.perf_counter()
    for block in find(text):
        if isinstance(block, Diff):
            with_prefixes(block.text)
    assert time.perf_counter() - began < 3
