"""A cut text fits, splits nothing that people see as one, and leaves no fence open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from runners.wording.cut import cut, first_bytes, shortened, sound
from tests.wording.texts import hostile

FAMILY, FLAGS = "👩\u200d👩\u200d👧", "🇩🇪🇫🇷"


@given(hostile | st.text(max_size=300), st.integers(0, 400))
def test_a_cut_text_fits(text: str, limit: int) -> None:
    assert len(cut(text, limit).encode()) <= limit
    assert len(first_bytes(text, limit).encode()) <= limit
    assert len(shortened(text, limit + 1)) <= limit + 1


@given(hostile | st.text(max_size=300))
def test_a_text_that_fits_is_left_alone(text: str) -> None:
    assert cut(text, len(sound(text).encode())) == sound(text)


@pytest.mark.parametrize(
    ("whole", "pieces"),
    [
        ("e\u0301", 2),
        (FAMILY, 5),
        ("👍🏽", 2),
        ("☀️", 2),
        ("\u1112\u1161\u11ab", 3),
        ("\r\n", 2),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 7),
        ("🇩🇪", 2),
    ],
)
def test_what_people_see_as_one_character_is_not_split(whole: str, pieces: int) -> None:
    assert len(whole) == pieces
    for bytes_kept in range(1, len(whole.encode())):
        assert first_bytes("ab" + whole + "c", 2 + bytes_kept) == "ab"
    assert first_bytes("ab" + whole + "c", 2 + len(whole.encode())) == "ab" + whole


def test_flags_are_cut_between_countries() -> None:
    assert [first_bytes(FLAGS, size) for size in (4, 8, 12, 16)] == ["", "🇩🇪", "🇩🇪", FLAGS]


def test_a_character_without_end_is_cut_anywhere() -> None:
    assert len(first_bytes("a" + "\u0301" * 10_000, 5001)) == 2501


@pytest.mark.parametrize(
    ("text", "closing"),
    [
        ("```diff\n" + "+ a\n" * 100, "\n```\n"),
        ("~~~~\n" + "```\n" * 100, "\n~~~~\n"),
        ("> ```\n" + "> a\n" * 100, "\n> ```\n"),
        ("- ```\n" + "  a\n" * 100, "\n  ```\n"),
        ("```\na\n```\n````\n" + "```\n" * 100, "\n````\n"),
    ],
)
def test_an_open_fence_is_closed_before_the_count_of_what_is_missing(text: str, closing: str) -> None:
    shown = cut(text, 200)
    before, _, after = shown.rpartition(closing)
    assert before and after.startswith("\n… ") and after.endswith("more characters are not shown.")
    last = MarkdownIt().parse(shown)[-3:]
    assert [token.type for token in last] == ["paragraph_open", "inline", "paragraph_close"]


def test_outside_a_fence_whole_lines_are_kept() -> None:
    shown = cut("a line\n" + "another `https://example.com` line\n" * 10, 200)
    assert shown.startswith("a line\nanother") and "line\n\n… " in shown
    assert shown.count("`") % 2 == 0


def test_a_single_line_is_not_cut_inside_its_code() -> None:
    shown = cut("see `" + "x" * 500 + "` and more", 100)
    assert shown.startswith("see") and "`" not in shown


def test_the_missing_characters_are_counted() -> None:
    shown = cut("x" * 10_000, 1000)
    kept = shown.count("x")
    assert f"… {10_000 - kept:,} more characters are not shown." in shown


def test_lone_surrogates_are_replaced_and_pairs_are_joined() -> None:
    assert sound("a\ud800b\ud83d\ude00") == "a\ufffdb😀"
    assert shortened("a\ud800bc", 3) == "a\ufffd…"
