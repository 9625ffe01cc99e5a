"""The small edits that `mend` tries: one token exchanged, put in or taken out. Pure, and always in the same order."""

import ast
import io
import keyword
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

COMPARE = {"<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "==": ("!=",), "!=": ("==",)}
ARITHMETIC = {
    "+": ("-",),
    "-": ("+",),
    "*": ("/", "+", "**"),
    "/": ("//", "*"),
    "//": ("/", "%"),
    "%": ("//", "/"),
    "**": ("*",),
}
AUGMENTED = {
    "+=": ("-=",),
    "-=": ("+=",),
    "*=": ("/=", "+="),
    "/=": ("*=", "//="),
    "//=": ("/=",),
    "|=": ("&=",),
    "&=": ("|=",),
}
BITS = {"|": ("&",), "&": ("|",), "<<": (">>",), ">>": ("<<",)}
LOGIC = {"and": ("or",), "or": ("and",)}
CONSTANTS = {"True": ("False",), "False": ("True",)}
NAMES = {
    "min": ("max",), "max": ("min",), "any": ("all",), "all": ("any",), "upper": ("lower",), "lower": ("upper",),
    "startswith": ("endswith",), "endswith": ("startswith",), "lstrip": ("rstrip",), "rstrip": ("lstrip",),
    "ceil": ("floor",), "floor": ("ceil",), "break": ("continue",), "continue": ("break",),
}  # fmt: skip
MEMBERSHIP = {"in": ("not in",), "is": ("is not",)}

# How likely an edit of the kind is the repair, where the line is equally suspicious.
KINDS = (
    (COMPARE, 1.0), (ARITHMETIC, 0.9), (AUGMENTED, 0.9), (LOGIC, 0.85), (CONSTANTS, 0.85), (NAMES, 0.85),
    (MEMBERSHIP, 0.6), (BITS, 0.6),
)  # fmt: skip
TAKE_NOT, TAKE_ONE, NUMBER, PUT_NOT, PUT_ONE, RETURNED, SWAPPED = 0.8, 0.75, 0.7, 0.6, 0.5, 0.35, 0.2
SPACE = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)


@dataclass(frozen=True)
class Edit:
    """Replaces `old` at offset `start` (in characters) by `new`; one of both may be empty. `weight` is 0 to 1."""

    start: int
    line: int  # from 1
    old: str
    new: str
    weight: float

    def of(self, source: str) -> str:
        """The source with the edit made."""
        return source[: self.start] + self.new + source[self.start + len(self.old) :]


def edits(source: str) -> list[Edit]:
    """Every edit of a module, the likely kinds first; none for a module that does not parse."""
    try:
        tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source, newline="").readline))
    except (SyntaxError, ValueError, RecursionError):
        return []
    starts = line_starts(source)
    found = [*token_edits(tokens, starts), *tree_edits(tree, source, starts)]
    unique = {(edit.start, edit.old, edit.new): edit for edit in sorted(found, key=lambda edit: edit.weight)}
    return sorted(unique.values(), key=lambda edit: (-edit.weight, edit.start, edit.new))


def line_starts(source: str) -> list[int]:
    """The offset of every line's first character, as the tokenizer counts lines."""
    starts = [0]
    for line in io.StringIO(source, newline=""):
        starts.append(starts[-1] + len(line))
    return starts


def token_edits(tokens: list[tokenize.TokenInfo], starts: list[int]) -> Iterator[Edit]:
    """Edits that need no more than a token and the one before."""
    before: tokenize.TokenInfo | None = None
    for token in tokens:
        if token.type in SPACE:
            continue
        row, column = token.start
        for new, weight in replacements(token, before):
            yield Edit(starts[row - 1] + column, row, token.string, new, weight)
        before = token


def replacements(token: tokenize.TokenInfo, before: tokenize.TokenInfo | None) -> Iterator[tuple[str, float]]:
    """What may stand in a token's place."""
    text = token.string
    if token.type == tokenize.NUMBER and text.isdecimal():
        yield from ((str(number), NUMBER) for number in (int(text) + 1, int(text) - 1) if number >= 0)
    if token.type not in (tokenize.NAME, tokenize.OP):
        return
    for table, weight in KINDS:
        if text in table and fits(table, before):
            # The first replacement is the near miss (`<` for `<=`), the others are further off.
            yield from ((new, weight - 0.04 * rank) for rank, new in enumerate(table[text]))
    if text == "not":
        yield "", TAKE_NOT
    if text in ("if", "elif", "while", "return"):
        yield f"{text} not", PUT_NOT


def fits(table: Mapping[str, tuple[str, ...]], before: tokenize.TokenInfo | None) -> bool:
    """Whether a token of the table means after this one what the table takes it for."""
    if table is ARITHMETIC:
        return ends_operand(before)
    return table is not MEMBERSHIP or before is None or before.string != "not"


def ends_operand(token: tokenize.TokenInfo | None) -> bool:
    """Whether an operator after this token has two sides: `*args` and `-1` are no arithmetic."""
    if token is None or (token.type == tokenize.NAME and keyword.iskeyword(token.string)):
        return False
    return token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.STRING) or token.string in (")", "]", "}")


def tree_edits(tree: ast.Module, source: str, starts: list[int]) -> Iterator[Edit]:
    """Edits that need to know what an expression is for."""
    places = Places(source, starts)
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp):
            yield from one_less(node, places)
        for bound in bounds(node):
            end = places.end(bound)
            yield from (Edit(end, bound.end_lineno or 0, "", f" {sign} 1", PUT_ONE) for sign in "+-")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from swapped_names(node, places)


class Places:
    """Offsets of nodes: the tree counts columns in UTF-8 bytes."""

    def __init__(self, source: str, starts: list[int]) -> None:
        self._source, self._starts = source, starts

    def start(self, node: ast.expr) -> int:
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr) -> int:
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def text(self, start: int, end: int) -> str:
        return self._source[start:end]

    def _offset(self, line: int, column: int) -> int:
        start, end = self._starts[line - 1], self._starts[line]
        return start + len(self._source[start:end].encode()[:column].decode(errors="ignore"))


def one_less(node: ast.BinOp, places: Places) -> Iterator[Edit]:
    """`n - 1` and `n + 1` to `n`."""
    one = isinstance(node.right, ast.Constant) and type(node.right.value) is int and node.right.value == 1
    if one and isinstance(node.op, ast.Add | ast.Sub):
        start, end = places.end(node.left), places.end(node)
        # A parenthesis between both sides is not ours to take.
        if "(" not in places.text(start, end) and ")" not in places.text(start, end):
            yield Edit(start, node.end_lineno or 0, places.text(start, end), "", TAKE_ONE)


def bounds(node: ast.AST) -> list[ast.expr]:
    """Where one more or one less is a usual mistake: indexes, ends of slices, arguments of `range`."""
    found: list[ast.expr | None] = []
    if isinstance(node, ast.Slice):
        found = [node.lower, node.upper]
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        found = [node.slice]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        found = list(node.args[:2])
    return [bound for bound in found if isinstance(bound, ast.Name | ast.Attribute | ast.Call)]


def swapped_names(function: ast.FunctionDef | ast.AsyncFunctionDef, places: Places) -> Iterator[Edit]:
    """Names that are read, each exchanged for the function's others: the last resort."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    scope = {argument.arg for argument in arguments if argument.arg not in ("self", "cls")}
    scope |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    returned = {node.value for node in ast.walk(function) if isinstance(node, ast.Return)}
    for name in names:
        if isinstance(name.ctx, ast.Load) and name.id in scope:
            weight = RETURNED if name in returned else SWAPPED
            for other in sorted(scope - {name.id}):
                yield Edit(places.start(name), name.lineno, name.id, other, weight)
