"""No text makes the grammar fail, none makes it slow, and no command slips past the search of the raw body."""

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.grammar import Command, Mistake, find, mentions, new

LONGEST = 65_536

# Pieces that mean something to Markdown or to us, so that chance builds texts near the rules.
PIECES = [
    *("/async-code", "@async-code", "/ASYNC-CODE ", " implement", " help", " --agent", " --base=", " mend", " --"),
    *("\n", "\r\n", "\r", "\n\n", "    ", "\t", " ", "> ", "- ", "1. ", "# ", "===", "---", "| a |\n|---|\n", "|"),
    *("`", "``", "```\n", "~~~\n", "~~", "*", "**", "_", "[", "]", "(", ")", "](x)", "![", "[x]: ", "\\", "&#47;"),
    *("<", ">", "<!--", "-->", "<b>", "</b>", "<pre>", "<blockquote>", "</blockquote>", '<a href="', '"', "'"),
    *("—agent", "\0", "\ud800", "\ue000", "1", "é", "\u2028", "\u00a0", "\u202e", "😀", "ſ", "K"),
]
near_markdown = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
any_text = st.text(st.characters(codec=None), max_size=300)


@given(near_markdown | any_text)
def test_no_text_makes_it_fail(text: str) -> None:
    for ordinal, item in enumerate(find(text), start=1):
        assert item.ordinal == ordinal
        if isinstance(item, Mistake):
            assert find(item.sentence) == []
        else:
            item.text.encode()


@given(near_markdown)
def test_a_text_of_words_in_a_fence_or_quote_holds_no_command(text: str) -> None:
    lines = text.replace("\r", "\n").split("\n")
    assert find("\n".join(f"> {line}" for line in lines)) == []
    assert find("\n".join(f"    {line}" for line in lines)) == []
    assert find(f"<!--\n{text.replace('-->', '')}\n-->") == []


HOSTILE = [
    *("> ", "[", "![", "*", "**a", "_", "`", "`a``b", "~~", "<", "<!--", "<a ", '<a href="', "</b>", "&", "&#", "\\"),
    *("- ", "1. ", "# ", "=\n", "> a\n", "- a\n", "  - a\n", "|", "|-\n", "a|b\n-|-\n", "```\n", "~~~\n", "<pre>\n"),
    *(
        "](",
        "[a](",
        "![a](",
        "[a][",
        "[a]: b\n",
        "\n",
        "\r",
        " ",
        "a ",
        "--x ",
        "`x` ",
        '" ',
        "\0",
        "\ud800",
        "e\u0301",
    ),
    *(
        "/async-code\n",
        "/async-code implement x `\n",
        "<blockquote>\n\n",
        "@async-code ",
        "<http://",
        "<![CDATA[",
        "*[a",
    ),
    *("<?", "\t", "\ue000", "é"),
]


def seconds_for(piece: str, length: int) -> float:
    """Processor time that a text takes which is full of a piece: on a command's line, below it and above another."""
    much = (piece * (length // len(piece)))[: length // 2]
    began = time.process_time()
    find(f"/async-code implement {much[: length // 4]}\n\n{much}\n/async-code help")
    return time.process_time() - began


# At most a third of a second here. Were anything quadratic, it would be ten times that.
@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_a_long_comment_of_anything_is_read_at_once(piece: str) -> None:
    assert seconds_for(piece, 12_000) < 3


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_the_longest_comment_of_anything_is_read_in_seconds(piece: str) -> None:
    assert seconds_for(piece, LONGEST) < 15


def written(text: str, escapes: random.Random) -> bytes:
    """A JSON string in one of its many spellings."""
    characters = []
    for character in text:
        plain = json.dumps(character, ensure_ascii=escapes.random() < 0.5)[1:-1]
        chance = escapes.random()
        if character == "/" and chance < 0.3:
            plain = "\\/"
        elif chance > 0.9 and ord(character) < 0x10000:
            digits = f"{ord(character):04x}"
            plain = "\\u" + (digits.upper() if chance > 0.95 else digits)
        characters.append(plain)
    return ('{"body": "' + "".join(characters) + '"}').encode("utf-8", "surrogatepass")


@given(near_markdown, st.randoms(use_true_random=False))
def test_whatever_holds_a_command_passes_the_search_of_the_raw_body(text: str, escapes: random.Random) -> None:
    text = f"{text}\n\n/Async-Code help"
    for raw in (
        json.dumps({"body": text}).encode(),
        json.dumps({"body": text}, ensure_ascii=False).encode("utf-8", "surrogatepass"),
        written(text, escapes),
    ):
        if find(json.loads(raw.decode("utf-8", "surrogatepass"))["body"]):
            assert mentions(raw)


@pytest.mark.parametrize(
    ("raw", "passes"),
    [
        (rb'{"body": "/async-code help"}', True),
        (rb'{"body": "\/ASYNC-code help"}', True),
        (rb'{"body": "\u002Fasync\u002Dcode help"}', True),
        (rb'{"body": "/\u0061sync-code help"}', True),
        (rb'{"body": "@my-robot help"}', True),
        (rb'{"body": "hello \u003cb\u003e \u00e9 \u0026"}', False),
        (b'{"body": "hello"}', False),
    ],
)
def test_the_search_lets_most_bodies_fall(raw: bytes, passes: bool) -> None:
    assert mentions(raw, slug="my-robot") is passes


def test_a_setting_s_prefix_is_searched_for() -> None:
    assert mentions(b'{"body": "/Robot help"}', slug="x", prefix="/robot")
    assert not mentions(b'{"body": "/async-code help"}', slug="x", prefix="/robot")
    assert [item.verb for item in find("/Robot help", prefix="/robot") if isinstance(item, Command)] == ["help"]


COMMANDS = st.lists(st.sampled_from(["/async-code help", "/async-code stauts", "/async-code implement it"]), max_size=9)


@given(COMMANDS)
def test_what_is_new_in_a_text_is_all_that_was_not_there(lines: list[str]) -> None:
    found = find("\n".join(lines))
    assert new(found, found) == []
    assert new([], found) == found
    assert new(find("\n".join(reversed(lines))), found) == []
