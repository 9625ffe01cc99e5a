"""`docs/security.md` names every attack of the corpus, and each test that it names is there."""

import re
from pathlib import Path

import pytest

from tests.hostile.table import PAGE, elsewhere, replaced, tables

TESTS = Path(__file__).parents[1]


def test_the_page_says_what_the_corpus_holds() -> None:
    assert PAGE.read_text() == replaced(PAGE.read_text()), "python -m tests.hostile.table"


def test_no_attack_stands_twice() -> None:
    tests = [test for rows in tables().values() for _, _, test in rows]
    assert len(tests) == len(set(tests))


@pytest.mark.parametrize("test", [test for _, _, test in elsewhere()])
def test_a_cited_test_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert re.search(rf"^def {re.escape(name)}\(", (TESTS / file).read_text(), re.MULTILINE)
