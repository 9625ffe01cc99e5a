"""Other people's words, in every way that we show them, can't act."""

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.grammar import find
from runners.wording.safe import block, plain, prose, quoted, slug
from tests.wording.live import acting
from tests.wording.texts import ACTS, AROUND, hostile

GITHUB = {"github.com"}


@pytest.mark.parametrize("text", ACTS, ids=range(len(ACTS)))
def test_nothing_in_an_agent_s_summary_acts_wherever_it_stands(text: str) -> None:
    for around in AROUND:
        source = around.format(text)
        assert acting(prose(source, 10_000, GITHUB), GITHUB) == set(), source
        assert acting(prose(source, 10_000)) == set(), source


@pytest.mark.parametrize("text", ACTS, ids=range(len(ACTS)))
def test_nothing_in_a_quotation_or_block_acts(text: str) -> None:
    assert acting(quoted(text)) == set()
    assert acting(f"| a | b |\n|---|---|\n| {quoted(text)} | c |") == set()
    assert acting(block(text, 10_000)) == set()
    assert acting(f"> {quoted(text)}\n\n- {quoted(text)}: {quoted(text)}") == set()


@given(hostile)
def test_no_text_acts_however_it_is_shown(text: str) -> None:
    assert acting(prose(text, 5000, GITHUB), GITHUB) == set()
    assert acting(block(text, 5000)) == set()
    assert acting(quoted(text)) == set()
    assert acting(f"| a | b |\n|---|---|\n| {quoted(text)} | c |") == set()


@given(hostile)
def test_our_own_words_never_start_a_run(text: str) -> None:
    for shown in (prose(text, 2000), block(text, 2000), quoted(text), plain(text)):
        assert find(shown) == []
        assert find(f"Said:\n{shown}\n") == []


@given(hostile, st.integers(0, 500))
def test_limits_are_kept(text: str, limit: int) -> None:
    assert len(prose(text, limit).encode()) <= limit
    assert len(block(text, limit + 128).encode()) <= limit + 128
    assert len(plain(text, limit + 1)) <= limit + 1
    assert acting(prose(text, limit)) == set()
    assert acting(block(text, limit + 128)) == set()


SUMMARY = """\
# What I did
Fixed `retry()` in **http** and *tests*, see [docs](https://github.com/docs?a=1&b=2), snake_case_name stays.

- one
- two
  - three

3. a
4. b

```python
@property
def x(self): ...
```

> quoted
> text

| File | Lines |
|:-----|------:|
| `a\\|b` | 3 \\| 4 |

---
Thanks @octocat, fixes #12. More at https://evil.example/x?y=1.
![a chart](https://evil.example/x.png)
<sub>small</sub>
"""

WRITTEN = """\
#### What I did

Fixed `retry()` in **http** and *tests*, see [docs](<https://github.com/docs?a=1&amp;b=2>), snake_case_name stays.

- one
- two
  - three

3. a
4. b

```
@property
def x(self): ...
```

> quoted
> text

| File | Lines |
| --- | --- |
| `a\\|b` | 3 \\| 4 |

---

Thanks @~octocat, f~ixes #~12. More at `https://evil.example/x?y=1`.
a chart
\\<sub\\>small\\</sub\\>"""


def test_an_honest_summary_keeps_its_shape() -> None:
    assert prose(SUMMARY, 5000, GITHUB) == WRITTEN.replace("~", "\u200b")


def test_a_foreign_link_shows_where_it_would_have_led() -> None:
    assert prose("[docs](https://evil.example/a)", 500) == "docs (`https://evil.example/a`)"
    assert prose("<https://evil.example/a>", 500) == "`https://evil.example/a`"


def test_a_long_summary_says_how_much_is_missing() -> None:
    written = prose("word @x\n\n" * 1000, 500)
    assert 300 < len(written.encode()) <= 500
    assert re.search(r"… [0-9,]+ more characters are not shown\.$", written)


@pytest.mark.parametrize(
    "word", ["snake_case_name", "ghp_" + "aB3" * 12, "sk-ant-api03-" + "x-Y_z" * 6, "a.b/c-d.py:3"]
)
def test_words_with_dashes_and_underscores_stay_as_they_are(word: str) -> None:
    assert word in prose(f"the word is {word}.", 500)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a name", "`a name`"),
        ("a\n b\tc", "`a b c`"),
        ("a`b", "``a`b``"),
        ("`a`", "`` `a` ``"),
        ("a|b", "`a∣b`"),
        ("", "(empty)"),
        ("\u200b \n", "(empty)"),
        ("fixes #1", "`f\u200bixes #1`"),
        ("x" * 300, f"`{'x' * 199}…`"),
    ],
)
def test_a_quotation_is_one_line_of_code(text: str, shown: str) -> None:
    assert quoted(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Fix the *retry* logic", "Fix the *retry* logic"),
        ("fixes #1 for @octocat", "f\u200bixes #\u200b1 for @\u200boctocat"),
        ("/async-code help", "/\u200basync-code help"),
        ("see https://evil.example", "see https:\u200b//evil.example"),
        ("a\r\nb\x1b[31m", "a b"),
        ("", ""),
    ],
)
def test_a_title_is_one_line_that_acts_nowhere(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_block_s_fence_is_longer_than_any_in_it() -> None:
    assert block("a\n````\nb\n", 500) == "`````\na\n````\nb\n`````"
    assert block("- a\n+ b", 500, "diff") == "```diff\n- a\n+ b\n```"
    assert block("", 500) == "```\n\n```"
    assert block("<!-- async-code task=1 -->\n<!-- other -->", 500).count("<!--") == 1


def test_a_block_that_is_too_long_says_so() -> None:
    shown = block("line of a log\n" * 1000, 500)
    assert len(shown.encode()) <= 500
    assert "more characters are not shown.\n```" in shown


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Add retry logic", "add-retry-logic"),
        ("Déjà vu: don't — panic!", "deja-vu-dont-panic"),
        ("  --x --upload-pack=evil", "x-upload-pack-evil"),
        ("日本語", "task"),
        ("", "task"),
        ("...", "task"),
        ("a.lock", "a-lock"),
        ("refs/heads/main", "refs-heads-main"),
        ("A title that is long enough to be cut between its words", "a-title-that-is-long-enough-to-be-cut"),
        ("x" * 100, "x" * 40),
        ("a\n\0b\u202ec\ud800", "a-bc"),
    ],
)
def test_a_title_becomes_a_branch_s_name(title: str, name: str) -> None:
    assert slug(title) == name


def test_ten_thousand_hostile_titles_give_branches_that_git_and_we_accept() -> None:
    chance = random.Random(12)  # noqa: S311  titles, not secrets
    pieces = ["-", "--", "x", "é", "..", "/", "@{", ".lock", " ", "\n", "\0", "~", "^", ":", "\\", "$(", "`", ";", "'"]
    pieces += ["\u202e", "日", "İ", "ß", "ﬁ", "\ud800", "😀", "\u0301", "refs/heads/", "HEAD", "%2e", "-x", "A", "9"]
    for _ in range(10_000):
        title = "".join(chance.choices(pieces, k=chance.randrange(60)))
        branch = f"async-code/12-{slug(title)}-r123456789ab"
        assert re.fullmatch(r"async-code/[a-z0-9-]{1,80}", branch), (title, branch)


@given(hostile, st.integers(1, 60))
def test_a_branch_s_name_is_never_empty_nor_too_long(title: str, limit: int) -> None:
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", slug(title, limit))
    assert len(slug(title, limit)) <= max(limit, len("task"))


@pytest.mark.parametrize(
    "piece", ["![", "[", "*a_", "`a``b", "https://", "fixes ", "@", "- a\n", "> ", "|-\n", "\ud800"]
)
def test_a_long_summary_of_anything_is_written_at_once(piece: str) -> None:
    began = time.process_time()
    prose(piece * (40_000 // len(piece)), 5000, GITHUB)
    assert time.process_time() - began < 3
