"""Clients that want more than their protocol: edits in the text, a command that says that it is done."""

import subprocess
from pathlib import Path

import pytest

from bot.mock_model.answering import answered
from bot.mock_model.conversation import Conversation, Tool
from bot.mock_model.manners import SUBMIT, edits_by_text
from bot.mock_model.script import Fail, Replace, Say, Shell, Turn, Write, at_once
from bot.mock_model.tools import as_sed

SHELL = Tool("bash", {"type": "object", "properties": {"command": {"type": "string"}}})
STEPS = (Say("I look."), Write("a/b.txt", "one\n"), Replace("c.py", "old", "new"), Shell("ls"), Say("Done."))


def test_all_edits_stand_in_one_text_for_who_has_no_tools() -> None:
    told = Conversation("m", "Answer with *SEARCH/REPLACE* blocks.")
    assert edits_by_text(told)
    (text,) = answered(at_once(STEPS), told, b"", None).texts
    assert text == (
        "I look.\nDone.\n\na/b.txt\n```\n<<<<<<< SEARCH\n=======\none\n>>>>>>> REPLACE\n```\n"
        "\n\nc.py\n```\n<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n```\n"
    )


def test_who_has_tools_uses_them() -> None:
    assert not edits_by_text(Conversation("m", "SEARCH/REPLACE", [SHELL]))
    assert not edits_by_text(Conversation("m", "A title, please."))


def test_what_fails_fails_at_once_too() -> None:
    assert at_once([Shell("ls"), Fail(500)]).fails == [Fail(500)]


def test_the_last_word_is_a_command_where_only_commands_are_heard() -> None:
    asked = Conversation("m", f"At the end: echo {SUBMIT}", [SHELL])
    answer = answered(Turn(says=["It's", "done."]), asked, b"", None)
    (call,) = answer.calls
    assert isinstance(call.arguments, dict) and not answer.texts
    said = subprocess.run(["sh", "-c", call.arguments["command"]], capture_output=True, text=True, check=True).stdout
    assert said == f"{SUBMIT}\nIt's done.\n"


def test_before_the_last_word_it_works_as_for_anybody() -> None:
    asked = Conversation("m", f"At the end: echo {SUBMIT}", [SHELL])
    answer = answered(Turn(says=["I look."], calls=[Shell("ls")]), asked, b"", None)
    assert answer.texts == ["I look."] and [call.arguments for call in answer.calls] == [{"command": "ls"}]


@pytest.mark.parametrize(
    ("old", "new"), [("    return a - b", "    return a + b"), ("x = 'a/b' & [1] * $y.z^\\n", "\\1 & /* ' */")]
)
def test_a_line_is_replaced_by_the_shell(old: str, new: str, tmp_path: Path) -> None:
    file = tmp_path / "a file.py"
    file.write_text(f"first\n{old}\n{old}\n")
    subprocess.run(["sh", "-c", as_sed("a file.py", old, new)], cwd=tmp_path, check=True)
    assert file.read_text() == f"first\n{new}\n{old}\n"
