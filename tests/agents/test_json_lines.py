"""Lines of JSON from programs that nobody vouches for."""

from typing import Any

import pytest

from runners.agents.json_lines import at, count, document, dollars, objects, shortened, text


@pytest.mark.parametrize(
    ("line", "data"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        ("[1]", {}),
        ("null", {}),
        ('{"a": NaN}', {}),
        ('{"a": ' + "9" * 5000 + "}", {}),
        ("[" * 100_000, {}),
        ('{"a": "x\\u0000y"}', {"a": "x\N{REPLACEMENT CHARACTER}y"}),
        ('{"a": ["\\ud83d"], "b": "\\ud83d\\ude00"}', {"a": ["\N{REPLACEMENT CHARACTER}"], "b": "\N{GRINNING FACE}"}),
    ],
)
def test_a_line_is_an_object_that_any_database_keeps_or_nothing(line: str, data: Any) -> None:
    assert document(line) == data


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("as it is", "as it is"),
        (None, ""),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ([{"type": "image"}], '[{"type": "image"}]'),
        ({"a": "ü"}, '{"a": "ü"}'),
        (3, "3"),
        ("x" * 5000, "x" * 2000 + "\n… 1,000 characters …\n" + "x" * 2000),
    ],
)
def test_any_value_becomes_a_text(value: Any, said: str) -> None:
    assert text(value) == said


def test_what_is_short_enough_stays_whole() -> None:
    assert shortened("abc", 3) == "abc"


def test_numbers_and_places_are_taken_only_where_they_are() -> None:
    assert [count(value) for value in (3, 2.9, -1, True, "3", None, 10**400)] == [3, 2, 0, 0, 0, 0, 0]
    assert [dollars(value) for value in (0.5, 0, -1, True, "1", None)] == [0.5, 0.0, None, None, None, None]
    assert at({"a": {"b": 1}}, "a", "b") == 1
    assert at({"a": [1]}, "a", "b") is None and at(None, "a") is None
    assert objects([{"a": 1}, 2, None]) == [{"a": 1}] and objects("x") == []
