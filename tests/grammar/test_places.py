"""Where commands are run, and where they are only words."""

import pytest

from handlers.grammar import Command, Mistake, find
from handlers.grammar.commands import MOST_COMMANDS

COMMAND = "/async-code help"

RUN = {
    "alone": COMMAND,
    "indented by three": f"   {COMMAND}",
    "after a paragraph": f"Hello.\n\n{COMMAND}",
    "inside a paragraph": f"Hello\n{COMMAND}\nthere",
    "after a hard break": f"Hello\\\n{COMMAND}",
    "with windows line ends": f"Hello\r\n\r\n{COMMAND}\r\n",
    "with old mac line ends": f"Hello\r{COMMAND}\r",
    "after a closed fence": f"```\n/async-code status\n```\n{COMMAND}",
    "after a closed comment": f"<!-- /async-code status -->\n{COMMAND}",
    "after a comment in a line": f"a <!-- b --> c\n{COMMAND}",
    "after a heading": f"# Title\n{COMMAND}",
    "after a rule": f"---\n{COMMAND}",
    "after a quote and a blank line": f"> hello\n\n{COMMAND}",
    "after a list and a blank line": f"- hello\n\n{COMMAND}",
    "after an unclosed backtick": f"a ` b\n{COMMAND}",
    "after an unclosed comment in a line": f"a <!-- b\n{COMMAND}",
    "in emphasis": f"*a\n{COMMAND}\nb*",
    "in details": f"<details>\n\n{COMMAND}\n\n</details>",
    "after a closed html quote": f"<blockquote>\n\na\n\n</blockquote>\n\n{COMMAND}",
    "before the mark that we use ourselves": f"\ue0000\ue000\n{COMMAND}",
    "with a no-break space": "/async-code\u00a0help",
    "by the alias": "@async-code help",
}

NOT_RUN = {
    "in a sentence": f"Say {COMMAND}",
    "indented by four": f"    {COMMAND}",
    "indented by four inside a paragraph": f"a\n    {COMMAND}",
    "indented by a tab": f"\t{COMMAND}",
    "escaped": f"\\{COMMAND}",
    "as an entity": "&#47;async-code help",
    "another bot": "/async-codex help",
    "another bot with a dash": "/async-code-foo help",
    "with punctuation": "/async-code: help",
    "a path": "/async-code/help",
    "a longer mention": "@async-code-foo help",
    "in a team mention": "@org/async-code help",
    "with a long s": "/aſync-code help",
    "in a fence": f"```\n{COMMAND}\n```",
    "in a fence of tildes": f"~~~\n{COMMAND}\n~~~",
    "in a fence that is not closed": f"```\n{COMMAND}",
    "in a fence with a shorter fence inside": f"````\n```\n{COMMAND}\n````",
    "in inline code": f"`{COMMAND}`",
    "in inline code of several lines": f"`a\n{COMMAND}\nb`",
    "in inline code with long delimiters": f"``a\n{COMMAND} ` b``",
    "in a quote": f"> {COMMAND}",
    "lazily continuing a quote": f"> hello\n{COMMAND}",
    "in a nested quote": f"> > {COMMAND}",
    "lazily continuing a nested quote": f"> > > hello\n{COMMAND}",
    "in a list item": f"- {COMMAND}",
    "in a numbered list item": f"1. {COMMAND}",
    "continuing a list item": f"- hello\n  {COMMAND}",
    "lazily continuing a list item": f"- hello\n{COMMAND}",
    "in a later paragraph of a list item": f"- hello\n\n  {COMMAND}",
    "in a comment": f"<!--\n{COMMAND}\n-->",
    "in a comment with blank lines": f"<!--\n\n{COMMAND}\n\n-->",
    "in a comment that is not closed": f"<!--\n\n{COMMAND}",
    "in a comment inside a paragraph": f"hello <!--\n{COMMAND}\n--> there",
    "in an html block": f"<div>\n{COMMAND}\n</div>",
    "in pre": f"<pre>\n\n{COMMAND}\n\n</pre>",
    "in an html quote": f"<blockquote>\n\n{COMMAND}\n\n</blockquote>",
    "in html code": f"hello <code>\n{COMMAND}\n</code>",
    "in an html link": f"hello <a href=x>\n{COMMAND}\n</a>",
    "in an attribute": f'hello <b title="\n{COMMAND}\n">x</b>',
    "in a script": f"<script>\n{COMMAND}\n</script>",
    "in a link": f"[hello\n{COMMAND}\n](https://example.com)",
    "in a reference link": f"[hello\n{COMMAND}\n][x]\n\n[x]: https://example.com",
    "in a link's title": f'[hello](https://example.com "\n{COMMAND}\n")',
    "in an image": f"![hello\n{COMMAND}\n](https://example.com/x.png)",
    "as a link's target": "[x]:\n/async-code\n",
    "in a definition's title": f"[x]: https://example.com '\n{COMMAND}\n'",
    "struck out": f"~~hello\n{COMMAND}\nthere~~",
    "in a heading": f"# {COMMAND}",
    "in an underlined heading": f"{COMMAND}\n===",
    "in a table's head": f"{COMMAND} | b\n---|---\n",
    "in a table": f"| a |\n|---|\n{COMMAND}\n",
}


@pytest.mark.parametrize("text", RUN.values(), ids=RUN)
def test_a_command_is_run(text: str) -> None:
    assert [item.verb for item in find(text) if isinstance(item, Command)] == ["help"]


@pytest.mark.parametrize("text", NOT_RUN.values(), ids=NOT_RUN)
def test_words_that_look_like_a_command_are_not_run(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize("text", NOT_RUN.values(), ids=NOT_RUN)
def test_what_is_not_run_is_part_of_the_task_above_it(text: str) -> None:
    (found,) = find(f"/async-code implement this\n\n{text}")
    assert isinstance(found, Command)
    assert found.text == f"this\n\n{text}".rstrip("\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_task_is_the_line_s_words_and_the_lines_below_as_they_are_written(end: str) -> None:
    below = end.join(["", "```diff", "--- a/x", "+++ b/x", "@@ -1 +1 @@", "-\ta ", "+\u202eb", "```", "> bye", ""])
    (found,) = find(f"/async-code apply --draft{end}{below}")
    assert isinstance(found, Command)
    assert found.text == below.strip("\r\n")
    (with_words,) = find(f"Hi!{end}{end}/async-code apply this --draft{end}{below}")
    assert isinstance(with_words, Command) and with_words.line == 3
    assert with_words.text == f"this{end}{below}".removesuffix(end)


def test_flags_below_the_command_s_line_are_text() -> None:
    (found,) = find("/async-code implement\n--agent mend --nonsense")
    assert isinstance(found, Command)
    assert found.text == "--agent mend --nonsense" and found.flags.agents == ()


def test_several_commands_are_several_tasks_each_with_its_ordinal_line_and_text() -> None:
    found = find(
        "/async-code implement a\nmore\n\n@async-code status\n/async-code nope\n> x\n\n/async-code implement b"
    )
    assert [(item.ordinal, item.line) for item in found] == [(1, 1), (2, 4), (3, 5), (4, 8)]
    assert [item.text for item in found if isinstance(item, Command)] == ["a\nmore", "", "b"]
    assert isinstance(found[2], Mistake)


def test_one_comment_can_t_make_a_thousand_tasks() -> None:
    found = find("/async-code implement x\n" * 5000)
    assert len(found) == MOST_COMMANDS + 1
    assert all(isinstance(item, Command) and item.text == "x" for item in found[:-1])
    last = found[-1]
    assert isinstance(last, Mistake) and (last.kind, last.ordinal, last.line) == ("too_many", 11, 11)


def test_what_no_database_takes_is_replaced() -> None:
    (found,) = find("/async-code implement a\0b\ud800c\n\ud83d\ude00")
    assert isinstance(found, Command) and found.text == "a\ufffdb\ufffdc\n😀"
