"""Exceptions that were raised and caught inside of `process` or `build`, and not told any further."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from typing import NamedTuple

from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import bodies_of
from framework.observe.findings import Finding, times
from framework.observe.recording.history import Delivery
from framework.parsing import parsed
from framework.source import place

BROAD = frozenset({"Exception", "BaseException"})
TOLD = sys.version_info >= (3, 12)  # whether Python tells what was caught


class Catch(NamedTuple):
    """What stands around a line and catches: its own line, its words, and whether it hides what it catches.

    `broad` ones take any exception; others hide it only if they do nothing else.
    """

    line: int
    words: str
    broad: bool
    hides: bool


def caught(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each place that caught exceptions and neither used, logged nor raised them again.

    One that takes every exception counts always, another one where the delivery emitted nothing and others did. Before
    Python 3.12 it cannot be told whether there was one: then the place is named where some deliveries emitted and
    others did not.
    """
    groups: dict[tuple[str, str, str], list[Delivery]] = {}
    facts: dict[tuple[str, str, str], tuple[Catch, str, str]] = {}
    emitting = {one.processor for one in evidence.deliveries if one.emitted}
    emitting |= {one.processor for one in evidence.forgotten.taken if one.emitted}
    for delivery in evidence.deliveries:
        silent_one = delivery.processor in emitting and not delivery.emitted
        for one in delivery.caught:
            catch = catch_at(one.file, one.line, one.bases)
            if catch is None or not catch.hides or not (catch.broad or silent_one):
                continue
            key = delivery.processor, place(one.file, catch.line), one.bases[0]
            groups.setdefault(key, []).append(delivery)
            facts.setdefault(key, (catch, one.text, one.raised))
    for (name, where, _), deliveries in groups.items():
        catch, text, raised = facts[name, where, _]
        silent = sum(1 for one in deliveries if not one.emitted)
        emitted = f", {silent:,} of which emitted nothing" if silent else ""
        yield Finding(
            "swallowed exception",
            f"{name} caught {text} (raised at {raised}) with `{catch.words}` at {where} in "
            f"{times(len(deliveries), 'delivery')}{emitted}",
            where,
            name,
            len(deliveries),
            tuple(repr(one.submission) for one in deliveries[:3]),
            "let it raise, so that the delivery is a failure, or submit an event that says what could not be handled",
        )
    if not TOLD:
        yield from _suspected(evidence)


def _suspected(evidence: Evidence) -> Iterator[Finding]:
    for name, processor in evidence.processors.items():
        deliveries = [one for one in evidence.by_processor.get(name, ()) if one.case and one.error is None]
        quiet = [one for one in deliveries if not one.emitted]
        if not quiet or len(quiet) == len(deliveries):
            continue
        for source in bodies_of(processor):
            found = (one for node in ast.walk(source.node) for one in _catches(node, BROAD) if one.broad and one.hides)
            catch = next(found, None)
            if catch is None:
                continue
            where = place(source.file, catch.line)
            yield Finding(
                "swallowed exception",
                f"{name} emitted nothing in {times(len(quiet), 'delivery')} of {len(deliveries):,}, and "
                f"`{catch.words}` at {where} hides what is raised (Python 3.12 and later tells what that was)",
                where,
                name,
                len(quiet),
                tuple(repr(one.submission) for one in quiet[:3]),
                "let it raise, so that the delivery is a failure",
                "notable",
            )
            break


def catch_at(file: str, line: int, bases: tuple[str, ...]) -> Catch | None:
    """Return what caught an exception with these bases that was raised at, or passed, a line."""
    try:
        tree = parsed("".join(linecache.getlines(file)))
    except SyntaxError:
        return None
    around = [node for node in ast.walk(tree) if isinstance(node, ast.Try | ast.With) and _spans(node, line)]
    for node in sorted(around, key=lambda one: one.lineno, reverse=True):
        found = next(_catches(node, frozenset(bases)), None)
        if found is not None:
            return found
    return None


def _spans(node: ast.Try | ast.With, line: int) -> bool:
    return node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)


def _catches(node: ast.AST, bases: frozenset[str]) -> Iterator[Catch]:
    """Yield how a statement catches an exception of one of these classes."""
    if isinstance(node, ast.With):
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "suppress":
                taken = {ast.unparse(one).rpartition(".")[2] for one in call.args}
                if taken & bases:
                    yield Catch(node.lineno, f"with {ast.unparse(call)}", bool(taken & BROAD), hides=True)
    if isinstance(node, ast.Try):
        for handler in node.handlers:
            kinds = _names(handler.type)
            if not kinds or kinds & bases:
                words = f"except {ast.unparse(handler.type)}" if handler.type else "except"
                broad = not kinds or bool(kinds & BROAD)
                yield Catch(handler.lineno, words, broad, _hides(handler, broad=broad))
        ends = [one for part in node.finalbody for one in ast.walk(part) if isinstance(one, ast.Return)]
        if ends:
            before = node.finalbody[0].lineno
            yield Catch(_finally_line(node, before), "finally with return", broad=True, hides=True)


def _finally_line(node: ast.Try, first: int) -> int:
    parts: list[ast.stmt | ast.ExceptHandler] = [*node.body, *node.handlers, *node.orelse]
    last = max((part.end_lineno or 0) for part in parts)
    return min(first, last + 1)


def _names(expression: ast.expr | None) -> frozenset[str]:
    parts = expression.elts if isinstance(expression, ast.Tuple) else [expression] if expression else []
    return frozenset(ast.unparse(part).rpartition(".")[2] for part in parts)


def _hides(handler: ast.ExceptHandler, *, broad: bool) -> bool:
    """Whether the body says nothing of the exception: it uses, raises, logs or submits nothing."""
    for node in (part for statement in handler.body for part in ast.walk(statement)):
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Name) and node.id == handler.name):
            return False
        if isinstance(node, ast.Attribute) and node.attr in {"submit", "exception", "error", "warning"}:
            return False
    idle = (ast.Pass, ast.Continue, ast.Break, ast.Return, ast.Expr)
    calls = any(isinstance(node, ast.Call) for one in handler.body for node in ast.walk(one))
    return broad or (not calls and all(isinstance(one, idle) for one in handler.body))
