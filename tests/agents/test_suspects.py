"""Which lines are suspected."""

from runners.agents.programs.observing import Ran
from runners.agents.programs.suspects import ochiai, rank, statements

SOURCE = """LIMIT = 3
def small(n):
    return (
        n < LIMIT
    )
def large(n):
    return n > LIMIT
"""


def failed(*lines: int, frames: tuple[int, ...] = ()) -> Ran:
    return Ran("t", "failed", "", [("m.py", line) for line in frames], {"m.py": list(lines)})


def passed(*lines: int) -> Ran:
    return Ran("p", "passed", "", [], {"m.py": list(lines)})


def test_the_score_is_ochiais() -> None:
    assert ochiai([failed(2, 3), passed(3), passed(3), passed(3)]) == {("m.py", 2): 1.0, ("m.py", 3): 0.5}


def test_statements_are_whole_and_heads_stand_apart() -> None:
    assert sorted(statements(SOURCE)) == [
        (1, 1, ""),
        (2, 2, "small"),
        (3, 5, "small"),
        (6, 6, "large"),
        (7, 7, "large"),
    ]


def test_statements_of_every_kind_are_found() -> None:
    source = (
        "try:\n    a\nexcept E:\n    b\nelse:\n    c\nfinally:\n    d\n"
        "match x:\n    case 1:\n        e\nwhile f:\n    g\n"
    )
    assert {first for first, _, _ in statements(source)} == {1, 2, 4, 6, 8, 9, 11, 12, 13}


def test_a_line_inside_a_statement_is_as_suspicious_as_its_first() -> None:
    scores = rank([failed(2, 3), passed(6, 7)], {"m.py": SOURCE}, "")
    assert scores["m.py", 4] == scores["m.py", 3] == 1.0
    assert scores["m.py", 3] > scores["m.py", 1] > scores["m.py", 7]


def test_words_and_tracebacks_raise_suspicion() -> None:
    both = [failed(2, 3, 6, 7)]
    assert rank(both, {"m.py": SOURCE}, "")["m.py", 3] == rank(both, {"m.py": SOURCE}, "")["m.py", 7]
    named = rank(both, {"m.py": SOURCE}, "`large()` is wrong")
    assert named["m.py", 7] > named["m.py", 3]
    raised = rank([failed(2, 3, 6, 7, frames=(3,))], {"m.py": SOURCE}, "")
    assert raised["m.py", 3] > raised["m.py", 7]


def test_without_a_trace_every_line_is_still_there() -> None:
    scores = rank([Ran("t", "failed")], {"m.py": SOURCE, "broken.py": "def ("}, "")
    assert {line for _, line in scores} == {1, 2, 3, 4, 5, 6, 7}
