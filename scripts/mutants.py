"""`Mutant`: one change to one place of a file's code, such as a comparison turned round or a statement left out."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

OPPOSITES = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A place of a file, and what is changed there."""

    file: str
    """Relative to the package."""
    number: int
    """Among the changes of the file."""
    line: int
    plain_line: int
    """The line in `plain(text)`."""
    function: tuple[int, int] | None
    """First and last line of the innermost function around it, in `plain(text)`; None outside of functions."""
    what: str

    @property
    def key(self) -> str:
        """The file and the change, which stay the same when lines move."""
        return f"{self.file}: {self.what}"

    def text(self, package: Path) -> str:
        """Return the text of the file with the change."""
        tree = ast.parse(plain(Path(package, self.file)))
        next(change for number, (*_, change) in enumerate(_changes(tree)) if number == self.number)()
        return ast.unparse(ast.fix_missing_locations(tree))


@lru_cache(1000)
def plain(file: Path) -> str:
    """Return a file's code as a mutant of it is written: without comments, each statement on a line."""
    return ast.unparse(ast.parse(file.read_text(encoding="utf-8")))


def mutants(package: Path, file: Path) -> list[Mutant]:
    """Return all changes of one file."""
    original, unparsed = ast.parse(file.read_text(encoding="utf-8")), ast.parse(plain(file))
    functions = [node for node in ast.walk(unparsed) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = []
    for number, (here, there) in enumerate(zip(_changes(original), _changes(unparsed), strict=True)):
        line, (plain_line, what, _) = here[0], there
        around = [(each.lineno, each.end_lineno or each.lineno) for each in functions]
        inside = [span for span in around if span[0] < plain_line <= span[1]]
        name = str(file.relative_to(package))
        found.append(Mutant(name, number, line, plain_line, max(inside, default=None), what))
    return found


def _changes(tree: ast.AST) -> Iterator[tuple[int, str, Callable[[], object]]]:
    """Yield line, description and the function that makes the change, for each place of a tree."""
    for node, statement in _code(tree, tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            for number, each in enumerate(block if isinstance(block, list) else ()):
                if _removable(each):
                    yield each.lineno, f"without `{_shown(each)}`", _setter(block, number, ast.Pass())
        for what, change in _of_expression(node):
            yield node.lineno, what if _shown(statement) in what else f"{what} of `{_shown(statement)}`", change


def _of_expression(node) -> Iterator[tuple[str, Callable[[], object]]]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OPPOSITES:
        new = OPPOSITES[type(node.ops[0])]()
        yield f"{type(new).__name__} in `{_shown(node)}`", _setter(node.ops, 0, new)
    elif isinstance(node, ast.BoolOp):
        new = OPPOSITES[type(node.op)]()
        yield f"{type(new).__name__} in `{_shown(node)}`", lambda: setattr(node, "op", new)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        double = ast.UnaryOp(ast.Not(), node.operand)
        yield f"no not in `{_shown(node)}`", lambda: setattr(node, "operand", double)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        new = not node.value if isinstance(node.value, bool) else node.value + 1
        yield f"{new} instead of {node.value}", lambda: setattr(node, "value", new)
    elif isinstance(node, ast.Return) and node.value is not None and _shown(node.value) != "None":
        yield f"None from `{_shown(node)}`", lambda: setattr(node, "value", ast.Constant(None))


def _code(node, statement) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield the nodes that a test could notice, with their statements: no annotations, messages or logs."""
    yield node, statement
    for name, child in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list"} or isinstance(node, ast.Raise | ast.JoinedStr):
            continue
        for part in child if isinstance(child, list) else [child]:
            skipped = isinstance(part, ast.If) and isinstance(part.test, ast.Name) and part.test.id == "TYPE_CHECKING"
            if isinstance(part, ast.AST) and not skipped and not _logs(part):
                yield from _code(part, part if isinstance(part, ast.stmt) else statement)


def _logs(node) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith("logger.")


def _removable(statement) -> bool:
    """Whether to leave a statement out: not a docstring, and nothing that the rest could not run without."""
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant) and not _logs(statement)
    return isinstance(statement, ast.AugAssign | ast.Delete | ast.Break | ast.Continue) or (
        isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute | ast.Subscript)
    )


def _setter(block: list, number: int, new) -> Callable[[], None]:
    return lambda: block.__setitem__(number, new)


def _shown(node) -> str:
    """Return the code of a node in one short line."""
    return ast.unparse(node).partition("\n")[0][:80]
