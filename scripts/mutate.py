#!/usr/bin/env python3
"""Breaks the code in one place at a time, and lists the places where no test notices.

    scripts/mutate.py [--seed 0] [--count 20] [--campaigns] [--jobs 1] archive flow/running core/scheduling/intake.py

Each mutant is one change to one file of the rooms or files that are named: a comparison or a boolean turned round, a
number one more, a statement left out, a None returned. A copy of the package with it stands before the real one while
the tests of the same name run, then those of the same folder, then, with --campaigns, those of tests/stress. A test
that fails, or that takes ten times as long, has noticed. The same seed chooses the same mutants of the same code.
For each survivor, either a test is missing or the change makes no difference.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE, TESTS = ROOT / "src" / "framework", ROOT / "tests"
OPPOSITES = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
SECONDS = 300


@dataclass(frozen=True)
class Mutant:
    """One change: the file, the place, what it does, and the file's text with it."""

    file: Path
    line: int
    what: str
    text: str

    @property
    def room(self) -> str:
        """The package that it is in."""
        return self.file.relative_to(SOURCE).parts[0]

    def __str__(self) -> str:
        """The place and the change."""
        return f"{self.file.relative_to(ROOT)}:{self.line}: {self.what}"


def mutants(file: Path) -> list[Mutant]:
    """All changes to a file."""
    text = file.read_text(encoding="utf-8")
    count = sum(1 for _ in changes(ast.parse(text)))
    found = []
    for number in range(count):
        tree = ast.parse(text)
        line, what, change = next(each for at, each in enumerate(changes(tree)) if at == number)
        change()
        found.append(Mutant(file, line, what, ast.unparse(ast.fix_missing_locations(tree))))
    return found


def changes(tree):
    """Line, description and a function that makes the change, for each place of a tree."""
    for node in code_of(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            for number, statement in enumerate(block if isinstance(block, list) else ()):
                if removable(statement):
                    what = f"without `{shown(statement)}`"
                    yield statement.lineno, what, lambda block=block, number=number: replaced(block, number, ast.Pass())
        yield from of_expression(node)


def of_expression(node):
    """The changes of one node itself."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OPPOSITES:
        new = OPPOSITES[type(node.ops[0])]()
        what = f"{new.__class__.__name__} in `{shown(node)}`"
        yield node.lineno, what, lambda: replaced(node.ops, 0, new)
    elif isinstance(node, ast.BoolOp):
        new = OPPOSITES[type(node.op)]()
        yield node.lineno, f"{new.__class__.__name__} in `{shown(node)}`", lambda: setattr(node, "op", new)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        double = ast.UnaryOp(ast.Not(), node.operand)
        yield node.lineno, f"no not in `{shown(node)}`", lambda: setattr(node, "operand", double)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        new = not node.value if isinstance(node.value, bool) else node.value + 1
        yield node.lineno, f"{new} instead of {node.value}", lambda: setattr(node, "value", new)
    elif isinstance(node, ast.Return) and node.value is not None and shown(node.value) != "None":
        yield node.lineno, f"None from `{shown(node)}`", lambda: setattr(node, "value", ast.Constant(None))


def code_of(node):
    """The nodes that a test could notice: no annotations, no messages, nothing for the type checker or the log."""
    yield node
    for name, child in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list"} or isinstance(node, ast.Raise | ast.JoinedStr):
            continue
        for part in child if isinstance(child, list) else [child]:
            skipped = isinstance(part, ast.If) and shown(part.test) == "TYPE_CHECKING"
            if isinstance(part, ast.AST) and not skipped and not shown(part).startswith("logger."):
                yield from code_of(part)


def removable(statement):
    """Whether to leave a statement out: not a docstring, and nothing that the rest could not run without."""
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant) and not shown(statement).startswith("logger.")
    return isinstance(statement, ast.AugAssign | ast.Delete | ast.Break | ast.Continue) or (
        isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute | ast.Subscript)
    )


def replaced(block, number, new):
    """Put another statement or operator into a list."""
    block[number] = new


def shown(node):
    """The code of a node in one short line."""
    return ast.unparse(node).partition("\n")[0][:80]


def tests_of(file: Path, *, campaigns: bool) -> list[list[str]]:
    """The arguments for the tests that are to notice, nearest first and each of them once."""
    room = file.relative_to(SOURCE).parent
    while room.parts and not (TESTS / room).is_dir():
        room = room.parent
    nearest = sorted((TESTS / room).rglob(f"test_*{file.stem}*.py"))
    groups = [list(map(str, nearest)), [str(TESTS / room), *(f"--ignore={path}" for path in nearest)]]
    if len(room.parts) > 1:
        groups.append([str(TESTS / room.parts[0]), f"--ignore={TESTS / room}"])
    if campaigns:
        groups.append([str(TESTS / "stress")])
    return [group for group in groups if group]


def noticed(mutant: Mutant, *, campaigns: bool) -> str:
    """The tests that failed with a mutant; empty where none did."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "framework")
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / mutant.file.relative_to(SOURCE)).write_text(mutant.text, encoding="utf-8")
        environment = os.environ | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        options = ["-o", "addopts=", "-q", "-x", "-rfE", "-p", "no:cacheprovider", "--timeout", "60"]
        for group in tests_of(mutant.file, campaigns=campaigns):
            command = [sys.executable, "-m", "pytest", *options, *group]
            try:
                done = subprocess.run(
                    command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
                )
            except subprocess.TimeoutExpired:
                return "time ran out"
            if done.returncode not in {0, 5}:  # 5: there are none
                failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
                return failed[0] if failed else f"pytest ended with {done.returncode}"
    return ""


def main() -> int:
    """Print what became of each mutant; the exit code counts the survivors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="+", help="rooms or files below src/framework")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=20, help="mutants of each room")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--campaigns", action="store_true", help="ask the small campaigns of tests/stress as well")
    options = parser.parse_args()
    chosen = []
    for room in options.rooms:
        place = SOURCE / room
        files = [place] if place.is_file() else sorted(set(place.rglob("*.py")) - set(place.rglob("__init__.py")))
        found = [mutant for file in files for mutant in mutants(file)]
        chosen += random.Random(options.seed).sample(found, min(options.count, len(found)))
    killed, tried = Counter(), Counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        answers = pool.map(lambda mutant: noticed(mutant, campaigns=options.campaigns), chosen)
        for mutant, why in zip(chosen, answers, strict=True):
            tried[mutant.room] += 1
            killed[mutant.room] += bool(why)
            print(f"{'killed  ' if why else 'SURVIVED'} {mutant}" + (f"  ({why})" if why else ""), flush=True)
    for room, count in tried.items():
        print(f"{room}: {killed[room]} of {count} noticed, {killed[room] / count:.0%}")
    return tried.total() - killed.total()


if __name__ == "__main__":
    sys.exit(main())
