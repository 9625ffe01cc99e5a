"""The demo's agent at work, in every sandbox: real tests, real repairs, honest ends."""

import time
from pathlib import Path

import pytest

from runners.agents.adapter import Brief
from tests.agents.conftest import Work

TEST = "import os, unittest, a\nclass A(unittest.TestCase):\n  def test(self): "
BRIEF = Brief("implement", "fix it", minutes=1)

# name: (source, the body of its failing test, what stands there after the repair)
BUGS = {
    "boundary": ("def big(n):\n    return n > 10\n", "self.assertEqual([big(9), big(10)], [False, True])", "n >= 10"),
    "sign": ("def owed(a, b):\n    return a - b\n", "self.assertEqual(owed(2, 3), 5)", "a + b"),
    "accumulate": (
        "def total(items):\n    t = 0\n    for i in items:\n        t -= i\n    return t\n",
        "self.assertEqual(total([1, 2]), 3)",
        "t += i",
    ),
    "logic": ("def both(a, b):\n    return a or b\n", "self.assertEqual([both(1, 0), both(1, 1)], [0, 1])", "a and b"),
    "negation": (
        "def even(n):\n    return not n % 2 == 0\n",
        "self.assertEqual([even(2), even(3)], [True, False])",
        "!=",
    ),
    "slice": ("def head(xs, n):\n    return xs[1:n]\n", "self.assertEqual(head('abc', 2), 'ab')", "xs[0:n]"),
    "range": ("def count(n):\n    return list(range(1, n))\n", "self.assertEqual(count(3), [1, 2, 3])", "(1, n + 1)"),
    "extreme": ("def best(xs):\n    return max(xs)\n", "self.assertEqual(best([3, 1]), 1)", "min(xs)"),
    "flag": (
        "def order(xs):\n    return sorted(xs, reverse=True)\n",
        "self.assertEqual(order([2, 1]), [1, 2])",
        "False",
    ),
    "wrong name": (
        "def f(n):\n    double = n * 2\n    other = n\n    return other\n",
        "self.assertEqual(f(4), 8)",
        "return double",
    ),
    "endless tries": (
        "def f(n):\n    i = 0\n    while i < n:\n        i += 1\n    return i + 2\n",
        "self.assertEqual(f(3), 4)",
        "return i + 1",
    ),
    "constant": (
        "LIMIT = 9\ndef full(n):\n    return n == LIMIT\n",
        "self.assertEqual([full(8), full(9), full(10)], [False, False, True])",
        "LIMIT = 10",
    ),
}


def repository(tree: Path, source: str, check: str) -> None:
    """A package with one module, and a test that fails beside one that passes."""
    (tree / "till").mkdir(parents=True)
    (tree / "till" / "__init__.py").write_text("")
    (tree / "till" / "sums.py").write_bytes(source.encode())
    (tree / "till" / "innocent.py").write_text("def other(a, b):\n    return a < b and a + 1 > 0\n")
    (tree / "tests").mkdir()
    (tree / "tests" / "test_sums.py").write_text(
        "import unittest\nfrom till.innocent import other\nfrom till.sums import *\n"
        f"class Sums(unittest.TestCase):\n    def test_sums(self):\n        {check}\n"
        "    def test_other(self):\n        self.assertTrue(other(1, 2))\n"
    )


def snapshot(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", BUGS)
def test_a_one_token_bug_is_repaired_and_nothing_else_touched(plain: Work, tmp_path: Path, name: str) -> None:
    source, check, repaired = BUGS[name]
    repository(tmp_path / "tree", source, check)
    before = snapshot(tmp_path / "tree")
    outcome, events = plain("mend", tmp_path / "tree", BRIEF)
    assert outcome.status == "succeeded", outcome.summary
    after = snapshot(tmp_path / "tree")
    assert repaired in after["till/sums.py"].decode()
    assert {path for path in after if after[path] != before.get(path)} == {"till/sums.py"}
    assert after.keys() == before.keys()
    assert "till/sums.py:" in outcome.summary and "No model was used" in outcome.summary
    assert not [event for event in events if event.kind == "raw"]
    assert events[0].data["text"] == "1 of 2 tests fail: test_sums.Sums.test_sums"


def test_the_same_repository_gets_the_same_repair_soon(work: Work, tmp_path: Path) -> None:
    outcomes = []
    for name in ("first", "second"):
        repository(tmp_path / name, *BUGS["boundary"][:2])
        began = time.monotonic()
        outcomes.append(work("mend", tmp_path / name, BRIEF))
        assert time.monotonic() - began < 10
    assert outcomes[0] == outcomes[1]


def test_two_bugs_are_repaired_one_after_the_other(plain: Work, tmp_path: Path) -> None:
    repository(tmp_path, "def a(n):\n    return n > 1\ndef b(x, y):\n    return x - y\n", "self.assertTrue(a(1))")
    with (tmp_path / "tests" / "test_sums.py").open("a") as file:
        file.write("    def test_b(self):\n        self.assertEqual(b(1, 2), 3)\n")
    outcome, _ = plain("mend", tmp_path, BRIEF)
    assert outcome.status == "succeeded"
    assert (
        tmp_path / "till" / "sums.py"
    ).read_text() == "def a(n):\n    return n >= 1\ndef b(x, y):\n    return x + y\n"
    assert "2 of 3 tests failed before" in outcome.summary


def test_line_ends_and_encoding_stay(plain: Work, tmp_path: Path) -> None:
    source = "# -*- coding: latin-1 -*-\r\n# é\r\ndef big(n):\r\n    return n > 10\r\n"
    repository(tmp_path, "", "self.assertTrue(big(10))")
    (tmp_path / "till" / "sums.py").write_bytes(source.encode("latin-1"))
    assert plain("mend", tmp_path, BRIEF)[0].status == "succeeded"
    assert (tmp_path / "till" / "sums.py").read_bytes() == source.replace("n > 10", "n >= 10").encode("latin-1")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"README.md": "hello"}, "not_python"),
        ({"a.py": "x = 1\n"}, "no_tests"),
        ({"a.py": "x = 1\n", "test_a.py": TEST + "pass\n"},
         "tests_pass_already"),
        ({"a.py": "x = 1\n", "test_a.py": TEST + "self.fail()\n"},
         "no_repair_found"),
        ({"a.py": "x = (\n", "test_a.py": TEST + "pass\n"},
         "no_repair_found"),
        ({"a.py": "x = 1\n", "test_a.py": TEST + "os._exit(0)\n"},
         "tests_do_not_end"),
    ],
    ids=["no Python", "no tests", "all pass", "hopeless", "broken syntax", "tests end Python"],
)  # fmt: skip
def test_an_end_without_a_repair_is_honest_and_changes_nothing(
    plain: Work, tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    before = snapshot(tmp_path)
    outcome, _ = plain("mend", tmp_path, BRIEF)
    assert (outcome.status, outcome.reason) == ("failed", reason), outcome.summary
    assert snapshot(tmp_path) == before


def test_tests_are_never_edited_even_where_that_would_do(plain: Work, tmp_path: Path) -> None:
    repository(tmp_path, "def one():\n    return 'x'\n", "self.assertEqual(1 + 1, 3)")
    before = snapshot(tmp_path)
    assert plain("mend", tmp_path, BRIEF)[0].reason == "no_repair_found"
    assert snapshot(tmp_path) == before


def test_what_tests_write_stays_out_of_the_workspace(work: Work, tmp_path: Path) -> None:
    repository(tmp_path, *BUGS["sign"][:2])
    with (tmp_path / "tests" / "test_sums.py").open("a") as file:
        file.write(
            "    def test_litter(self):\n        open('litter', 'w').close()\n        print('{\"event\": \"done\"}')\n"
        )
    outcome, _ = work("mend", tmp_path, BRIEF)
    assert outcome.status == "succeeded"
    assert not (tmp_path / "litter").exists() and not list(tmp_path.rglob("__pycache__"))


def test_the_time_of_the_run_is_kept(work: Work, tmp_path: Path) -> None:
    code = "\n".join(f"def f{n}(a, b):\n    return a + b * {n} - a / (b + 1)\n" for n in range(200))
    repository(tmp_path, code, "import time; time.sleep(0.2); self.fail()")
    began = time.monotonic()
    outcome, _ = work("mend", tmp_path, Brief("implement", "", minutes=0.07))
    assert (outcome.status, outcome.reason) == ("failed", "no_repair_found")
    assert time.monotonic() - began < 10
