"""Ranks lines by how much failing tests have to do with them. Pure.

The score is Ochiai's: executed by many of the failing tests and by few of the others
(Abreu, Zoeteweij, van Gemund, "On the accuracy of spectrum-based fault localization", 2007).
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import sqrt

from .observing import Ran

Line = tuple[str, int]  # a file's path in the repository, a line's number from 1

RAISED, NAMED = 1.5, 1.3  # factors: in the traceback; its function or module is named in the request
REACHED, UNREACHED = 0.1, 0.01  # for lines outside of functions in files that a failing test ran, and for all others


def rank(tests: Iterable[Ran], sources: Mapping[str, str], words: str) -> dict[Line, float]:
    """Every line of the sources with its score; `words` is what people wrote."""
    tests = list(tests)
    executed = ochiai(tests)
    raised = {(file, line) for test in tests if test.status == "failed" for file, line in test.frames}
    reached = {file for file, _ in {*executed, *raised}}
    named = set(re.findall(r"\w+", words))
    scores: dict[Line, float] = {}
    for file, source in sources.items():
        module = file.rpartition("/")[2].removesuffix(".py")
        for first, last, function in statements(source):
            lines = [(file, line) for line in range(first, last + 1)]
            score = max((executed.get(line, 0.0) for line in lines), default=0.0)
            if not score:
                score = REACHED if file in reached and not function else UNREACHED
            score *= RAISED if raised.intersection(lines) else 1
            score *= NAMED if {function, module} & named else 1
            scores.update(dict.fromkeys(lines, score))
    return scores


def ochiai(tests: list[Ran]) -> dict[Line, float]:
    """The score of every line that a failing test executed: 0 to 1."""
    failing = [test for test in tests if test.status == "failed"]
    by_failing = Counter(line for test in failing for line in executed_by(test))
    by_passing = Counter(line for test in tests if test.status == "passed" for line in executed_by(test))
    return {line: count / sqrt(len(failing) * (count + by_passing[line])) for line, count in by_failing.items()}


def executed_by(test: Ran) -> Iterator[Line]:
    """Its lines, each once."""
    return ((file, line) for file, lines in test.lines.items() for line in lines)


def statements(source: str) -> Iterator[tuple[int, int, str]]:
    """(first line, last line, function's name or "") of every statement; of a compound one its head only."""
    try:
        waiting: list[tuple[ast.stmt, str]] = [(node, "") for node in ast.parse(source).body]
    except (SyntaxError, ValueError, RecursionError):
        return
    while waiting:
        node, function = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        below = list(blocks(node))
        last = min([child.lineno - 1 for child in below], default=node.end_lineno or node.lineno)
        yield node.lineno, max(node.lineno, last), function
        waiting += [(child, function) for child in below]


def blocks(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements right below a statement."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from blocks(child)
