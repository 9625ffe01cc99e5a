"""Which small edits are tried, and in which order."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.agents.programs.mutations import Edit, edits


def made(source: str) -> list[str]:
    return [edit.of(source) for edit in edits(source)]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a < b", "a <= b"),
        ("a >= b", "a > b"),
        ("a == b", "a != b"),
        ("a + b", "a - b"),
        ("a / b", "a // b"),
        ("x = y\nx -= 1", "x = y\nx += 1"),
        ("a and b", "a or b"),
        ("not a", " a"),
        ("a not in b", "a  in b"),
        ("if a: pass", "if not a: pass"),
        ("a is b", "a is not b"),
        ("True", "False"),
        ("x[1]", "x[0]"),
        ("x[0:n]", "x[0:n + 1]"),
        ("x[i]", "x[i - 1]"),
        ("range(n)", "range(n + 1)"),
        ("range(n - 1)", "range(n)"),
        ("min(a, b)", "max(a, b)"),
        ("any(a)", "all(a)"),
        ("a | b", "a & b"),
        ("def f(a, b):\n    return a", "def f(a, b):\n    return b"),
        ("é = 'é' + x[n:]", "é = 'é' + x[n + 1:]"),
        ("a\r\nb < c\r\n", "a\r\nb <= c\r\n"),
    ],
)
def test_usual_mistakes_are_undone(source: str, wanted: str) -> None:
    assert wanted in made(source)


@pytest.mark.parametrize(
    "source", ["def f(*a, **k): pass", "-x", "'<'", "# a < b", "f(*a)", "def (", "\0", "class A: pass"]
)
def test_what_only_looks_like_a_mistake_stays(source: str) -> None:
    assert made(source) == []


def test_the_near_miss_comes_first_and_other_names_last() -> None:
    tried = edits("def f(a, b):\n    return a < b + 1\n")
    assert (tried[0].old, tried[0].new) == ("<", "<=")
    assert {(edit.old, edit.new) for edit in tried[-2:]} == {("a", "b"), ("b", "a")}


def test_an_edit_knows_its_line() -> None:
    assert next(edit for edit in edits("x = 1\n\ny = x < 2\n") if edit.old == "<") == Edit(13, 3, "<", "<=", 1.0)


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "1", "True", "x[i]", "x[1:n]", "'é'"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["<", "+", "and", "not in", "**"]), inner),
)


@given(EXPRESSIONS)
def test_an_edit_changes_one_place_and_the_rest_still_parses(source: str) -> None:
    tried = edits(source)
    assert tried == edits(source)
    for edit in tried:
        assert source[edit.start : edit.start + len(edit.old)] == edit.old
        ast.parse(edit.of(source))


@given(st.text(max_size=80))
def test_no_source_makes_it_raise(source: str) -> None:
    edits(source)
