"""An agent's last words, read as a review."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.wording.reviews import MOST_REMARKS, Remark, Review, as_github_takes_it, read, told

SHOWN = {"app.py": {1, 2, 3}}


@pytest.mark.parametrize(
    ("text", "remarks", "summary"),
    [
        ("app.py:2: it adds", [("app.py", 2, "it adds")], ""),
        ("- `app.py:2`: it adds", [("app.py", 2, "it adds")], ""),
        ("* ./app.py:2-3: it adds", [("app.py", 2, "it adds")], ""),
        ("app.py:2:7: it adds\n  and more\n\nGood.", [("app.py", 2, "it adds\nand more")], "Good."),
        ("a.py:1: one\nb.py:2: two", [("a.py", 1, "one"), ("b.py", 2, "two")], ""),
        ("Fine.\n\nNothing to say at 12:30: really", [], "Fine.\n\nNothing to say at 12:30: really"),
        ("see https://example.com:80: no", [], "see https://example.com:80: no"),
        ("", [], ""),
    ],
)  # fmt: skip
def test_remarks_are_lines_as_compilers_write_them(
    text: str, remarks: list[tuple[str, int, str]], summary: str
) -> None:
    assert read(text) == Review(tuple(Remark(*one) for one in remarks), summary)


@given(st.text())
def test_no_text_is_lost_or_breaks_it(text: str) -> None:
    review = read(text)
    text_of_it, comments = as_github_takes_it(review, SHOWN)
    assert text_of_it.strip()
    assert len(comments) <= MOST_REMARKS


def test_only_lines_that_the_diff_shows_take_a_comment_and_the_others_stand_in_the_text() -> None:
    text, comments = as_github_takes_it(read("app.py:2: here\n\napp.py:9: there\n\nother.py:1: elsewhere"), SHOWN)
    assert comments == [{"path": "app.py", "line": 2, "side": "RIGHT", "body": "here"}]
    assert "`app.py:9`: there" in text and "`other.py:1`: elsewhere" in text


def test_what_an_agent_says_pings_nobody_and_closes_nothing() -> None:
    text, comments = as_github_takes_it(read("app.py:1: ask @alice, fixes #1\n\n/async-code implement\n@alice"), SHOWN)
    for said in (text, comments[0]["body"]):
        assert "@alice" not in said and "fixes #1" not in said
    assert "\n/async-code" not in f"\n{text}"


def test_more_remarks_than_a_review_takes_stand_in_its_text() -> None:
    text, comments = as_github_takes_it(read("\n\n".join(f"app.py:1: {n}." for n in range(60))), SHOWN)
    assert len(comments) == MOST_REMARKS
    assert "59" in text


def test_how_much_there_is_is_told() -> None:
    assert told(read("a.py:1: x")) == "1 remark on lines, in a review of this pull request."
    assert told(read("Fine.")) == "No remarks on lines and a summary, in a review of this pull request."
