"""Scripts: their turns, and the file that holds one."""

import json

import pytest

from bot.mock_model.script import (  # fmt: skip
    Cut,
    Fail,
    Loop,
    Say,
    Script,
    ScriptError,
    Shell,
    Stall,
    Step,
    Together,
    Tokens,
    Write,
    parse,
    turn,
)

STEPS: list[Step] = [
    Say("one"),
    Shell("a"),
    Fail(500),
    Together([Shell("b"), Shell("c")]),
    Say("two"),
    Loop("d"),
    Say("never"),
]


@pytest.mark.parametrize(
    ("results", "says", "calls", "fails"),
    [
        (0, ["one"], ["a"], 0),
        (1, [], ["b", "c"], 1),
        (2, ["two"], ["d"], 0),  # one of two results: the client lost one, the script goes on
        (3, ["two"], ["d"], 0),
        (4, [], ["d"], 0),
        (99, [], ["d"], 0),
    ],
)
def test_the_number_of_results_is_the_place_in_the_script(
    results: int, says: list[str], calls: list[str], fails: int
) -> None:
    answer = turn(STEPS, results)
    assert [call.command for call in answer.calls if isinstance(call, Shell)] == calls
    assert (answer.says, len(answer.fails)) == (says, fails)


def test_a_file_says_all_that_a_script_can() -> None:
    steps = [
        {"step": "say", "text": "Hello."},
        {"step": "together", "steps": [{"step": "write", "path": "a", "text": "b"}, {"step": "shell", "command": "c"}]},
        {"step": "stall", "seconds": 1, "midway": True},
        {"step": "fail", "status": 529, "retry_after": 3, "times": 2},
        {"step": "cut"},
    ]
    document = {"steps": steps, "named": {"part": [{"step": "loop"}]}, "tokens": {"input": 3, "output": 2}}
    assert parse(json.dumps(document)) == Script(
        [
            Say("Hello."),
            Together([Write("a", "b"), Shell("c")]),
            Stall(1, midway=True),
            Fail(529, retry_after=3, times=2),
            Cut(),
        ],
        {"part": [Loop()]},
        Tokens(3, 2),
    )
    assert parse('[{"step": "shell", "command": "ls"}]') == Script([Shell("ls")])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "Expecting"),
        ('[{"step": "dance"}]', "no step 'dance', only write, replace"),
        ('[{"step": "shell"}]', "command"),
        ('[{"command": "ls"}]', "step"),
        ('["ls"]', "mapping"),
        ("3", "get"),
    ],
)
def test_a_file_that_is_no_script_is_refused_with_a_word(text: str, word: str) -> None:
    with pytest.raises(ScriptError, match="no script for the mock model") as refused:
        parse(text)
    assert word in str(refused.value)
