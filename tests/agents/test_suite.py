"""One run of a repository's tests, by the standard library and by pytest, in a process of its own."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from runners.agents.programs.observing import Ran
from runners.agents.programs.repository import RUN, answer
from runners.agents.programs.wish import Wish

UNITTEST = """
import unittest
from shop import add
class Adding(unittest.TestCase):
    def test_good(self): self.assertEqual(add(0, 0), 0)
    def test_bad(self): self.assertEqual(add(1, 1), 2)
    @unittest.skip('later')
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.expectedFailure
    def test_unexpected(self): pass
    def test_subtests(self):
        for n in (0, 1):
            with self.subTest(n=n):
                self.assertEqual(add(n, n), 2 * n)
"""
PYTEST = """
import pytest
from shop import add
def test_good(): assert add(0, 0) == 0
def test_bad(): assert add(1, 1) == 2
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.parametrize('n', [0, 1])
def test_each(n, tmp_path): assert add(n, n) == 2 * n
"""
SHOP = "def add(a, b):\n    return a - b\n"


def suite(tree: Path, cpu: float = 30, **wish: object) -> dict[str, Ran]:
    """Runs it as `mend` does, with the interpreter of these tests."""
    out = tree.parent / "out.json"
    argv = [sys.executable, "-B", str(RUN), "suite", json.dumps(asdict(Wish(str(out), cpu, **wish)))]  # type: ignore[arg-type]  # a test's own keywords
    # The plugins of our own tests take seconds to load.
    subprocess.run(argv, cwd=tree, env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, check=False, capture_output=True)
    return answer(out) if out.exists() else {}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "tests").mkdir(parents=True)
    (tree / "shop.py").write_text(SHOP)
    return tree


def statuses(ran: dict[str, Ran]) -> dict[str, str]:
    return {name.rpartition(".")[2].rpartition("::")[2]: test.status for name, test in ran.items()}


def test_the_standard_librarys_tests(tree: Path) -> None:
    (tree / "tests" / "test_shop.py").write_text(UNITTEST)
    ran = suite(tree, trace=True)
    assert statuses(ran) == {
        "test_good": "passed", "test_bad": "failed", "test_skipped": "skipped", "test_expected": "passed",
        "test_unexpected": "failed", "test_subtests": "failed",
    }  # fmt: skip
    bad = ran["test_shop.Adding.test_bad"]
    assert bad.message == "AssertionError: 0 != 2"
    assert bad.frames == [("tests/test_shop.py", 6)]
    assert bad.lines == {"shop.py": [1, 2], "tests/test_shop.py": [6]}


def test_pytests_tests(tree: Path) -> None:
    (tree / "tests" / "test_shop.py").write_text(PYTEST)
    ran = suite(tree, trace=True)
    assert statuses(ran) == {
        "test_good": "passed", "test_bad": "failed", "test_skipped": "skipped", "test_each[0]": "passed",
        "test_each[1]": "failed",
    }  # fmt: skip
    bad = ran["tests/test_shop.py::test_bad"]
    assert bad.frames == [("tests/test_shop.py", 5)]
    assert bad.lines["shop.py"] == [1, 2]


@pytest.mark.parametrize("text", [UNITTEST, PYTEST])
def test_one_test_alone(tree: Path, text: str) -> None:
    (tree / "tests" / "test_shop.py").write_text(text)
    wanted = next(name for name in suite(tree) if name.endswith("test_bad"))
    assert list(suite(tree, only=[wanted], first=True)) == [wanted]


@pytest.mark.parametrize("text", ["import unittest\nimport nowhere\n", "import pytest\nimport nowhere\n"])
def test_a_module_that_can_not_be_imported_is_a_failed_test(tree: Path, text: str) -> None:
    (tree / "tests" / "test_shop.py").write_text(text)
    (ran,) = suite(tree).values()
    assert ran.status == "failed" and "nowhere" in ran.message


def test_options_of_the_repository_for_absent_plugins_do_not_count(tree: Path) -> None:
    (tree / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--no-such-option'\n")
    (tree / "tests" / "test_shop.py").write_text(PYTEST)
    assert len(suite(tree)) == 5


def test_packages_siblings_and_src_are_importable(tree: Path) -> None:
    (tree / "src").mkdir()
    (tree / "src" / "inner.py").write_text("")
    (tree / "tests" / "sibling.py").write_text("")
    (tree / "tests" / "test_a.py").write_text(
        "import unittest, sibling, inner, shop\nclass A(unittest.TestCase):\n  def test(self): pass\n"
    )
    (tree / "pkg").mkdir()
    (tree / "pkg" / "__init__.py").write_text("")
    (tree / "pkg" / "test_a.py").write_text(
        "import unittest\nfrom . import *\nclass A(unittest.TestCase):\n  def test(self): pass\n"
    )
    assert {name: ran.status for name, ran in suite(tree).items()} == {
        "pkg.test_a.A.test": "passed",
        "test_a.A.test": "passed",
    }


def test_nothing_of_ours_is_importable_by_a_test(tree: Path) -> None:
    (tree / "tests" / "test_a.py").write_text(
        "import importlib.util, unittest\nclass A(unittest.TestCase):\n  def test(self):\n"
        "    found = [n for n in ('mend', 'programs', 'wish', 'observing') if importlib.util.find_spec(n)]\n"
        "    self.assertEqual(found, [])\n"
    )
    assert statuses(suite(tree)) == {"test": "passed"}


@pytest.mark.parametrize("body", ["while True: pass", "import os; os._exit(0)"])
def test_a_test_that_never_ends_or_ends_python_leaves_no_answer(tree: Path, body: str) -> None:
    (tree / "tests" / "test_a.py").write_text(
        f"import unittest\nclass A(unittest.TestCase):\n  def test(self):\n    {body}\n"
    )
    assert suite(tree, cpu=0.5) == {}


def test_bare_functions_run_without_pytest(tree: Path) -> None:
    (tree / "tests" / "test_a.py").write_text(
        "from shop import add\ndef test_add(): assert add(1, 1) == 2\ndef test_fixture(tmp_path): pass\n"
    )
    blind = (
        "import runpy, sys, importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pytest' else find(name, *rest)\n"
        f"sys.argv = ['', 'suite', sys.argv[1]]\nrunpy.run_path({str(RUN)!r}, run_name='__main__')\n"
    )
    out = tree.parent / "out.json"
    subprocess.run([sys.executable, "-c", blind, json.dumps(asdict(Wish(str(out), 30)))], cwd=tree, check=True)
    assert [(ran["id"], ran["status"]) for ran in json.loads(out.read_text())] == [("test_a.test_add", "failed")]
