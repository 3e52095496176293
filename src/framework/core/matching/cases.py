"""The cases of a `process` as data, read from its source. Start at `cases_of`."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any, Literal, NamedTuple

from framework.core.matching.match_reader import WILDCARD, CaseSyntax, MatchSyntax, read_matches
from framework.errors import AsyncProcess, GeneratorProcess
from framework.source import place, unwrap


class Unresolved(LookupError):
    """A name in a pattern that only running the code would find."""


class Scope:
    """Finds what the names in a pattern stand for, as the function would: closure, globals, builtins."""

    def __init__(self, function: FunctionType, syntax: MatchSyntax) -> None:
        self.function = function
        self.syntax = syntax
        self.self_name = syntax.self_name

    def resolve(self, expression: ast.expr, instance: object = None) -> Any:
        """Return the value of a name or a dotted name; `self` is `instance`; raises Unresolved."""
        if isinstance(expression, ast.Attribute):
            owner = self.resolve(expression.value, instance)
            try:
                return getattr(owner, expression.attr)
            except AttributeError as error:
                raise Unresolved(str(error)) from error
        if not isinstance(expression, ast.Name):
            raise Unresolved(ast.unparse(expression))
        return self._look_up(expression.id, instance)

    def _look_up(self, name: str, instance: object) -> Any:
        if name == self.self_name:
            if instance is None:
                raise Unresolved(name)
            return instance
        if name in self.syntax.imports:
            return self._imported(*self.syntax.imports[name])
        function = self.function
        if name in function.__code__.co_freevars:
            cell = (function.__closure__ or ())[function.__code__.co_freevars.index(name)]
            try:
                return cell.cell_contents
            except ValueError as error:
                raise Unresolved(name) from error
        for namespace in (function.__globals__, vars(builtins)):
            if name in namespace:
                return namespace[name]
        raise Unresolved(name)

    def _imported(self, module: str, name: str | None) -> Any:
        """Return what an import statement inside the function binds, if that module is loaded already."""
        loaded = sys.modules.get(module)
        value = loaded if name is None else getattr(loaded, name, None)
        if value is None:
            raise Unresolved(name or module)
        return value


class MatchCase(NamedTuple):
    """One `case` that looks at the event.

    `pattern` is the part that the event (or with `aspect="name"` the name of the event) has to fit; `guard` is the
    expression behind `if`; `other_condition` names what else decides, None if nothing does.
    """

    pattern: ast.pattern
    guard: ast.expr | None
    aspect: Literal["event", "name"]
    other_condition: str | None
    file: str
    line: int
    scope: Scope

    @property
    def where(self) -> str:
        """File and line, or cell and line."""
        return place(self.file, self.line)

    @property
    def decides_alone(self) -> bool:
        """Whether the pattern alone decides if the case takes an event."""
        return self.guard is None and self.other_condition is None


def cases_of(function: Any, owner: type | None = None) -> tuple[MatchCase, ...]:
    """Return the cases of every `match` on the event, those of a `process` called through `super()` included.

    Empty if the function never matches the event, its last positional parameter: it then takes every event. `owner`,
    the class whose instance runs it, tells what `super()` is. Raises AsyncProcess, GeneratorProcess or
    SourceUnavailable.
    """
    refuse_unrunnable(function, owner)
    return tuple(_cases(function, owner, frozenset()))


def refuse_unrunnable(function: Any, owner: type | None) -> None:
    """Raise AsyncProcess or GeneratorProcess for a function of which a call, decorated or not, runs nothing."""
    outermost = True
    while True:
        function = getattr(function, "__func__", function)
        asynchronous = inspect.iscoroutinefunction(function)
        if asynchronous and outermost:
            return  # the pipeline awaits it
        outermost = False
        yields = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
        if asynchronous or (owner is not None and yields):
            code = unwrap(function).__code__
            name = owner.__qualname__ if owner else function.__qualname__.rpartition(".")[0] or function.__qualname__
            error = AsyncProcess if asynchronous else GeneratorProcess
            raise error(name, f"{code.co_filename}:{code.co_firstlineno}")
        ours = getattr(function, "__globals__", {}).get("__name__", "").startswith("framework.")
        if not ours or not hasattr(function, "__wrapped__"):
            return
        function = function.__wrapped__


def _cases(function: Any, owner: type | None, seen: frozenset[FunctionType]) -> Iterator[MatchCase]:
    function = unwrap(function)
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>" or function in seen:
        return  # neither a callable object nor a lambda can hold a match statement
    syntax = read_matches(function, method=owner is not None)
    scope = Scope(function, syntax)
    for found in syntax.entries:
        if isinstance(found, CaseSyntax):
            yield MatchCase(
                found.pattern, found.guard, found.aspect, found.other_condition, syntax.file, found.line, scope
            )
            continue
        parent = _parent_process(function, owner, found.parent, scope)
        if parent is None:
            continue
        inherited = list(_cases(parent, owner, seen | {function}))
        if not inherited and unwrap(parent) not in seen:
            inherited = [MatchCase(WILDCARD, None, "event", None, syntax.file, found.line, scope)]
        for case in inherited:
            yield case._replace(other_condition=case.other_condition or found.other_condition)


def _parent_process(function: FunctionType, owner: type | None, parent: ast.expr | None, scope: Scope) -> Any:
    """Return the `process` that a call of the parent's runs; None for the abstract one."""
    if parent is not None:
        try:
            candidates: Iterable[type] = scope.resolve(parent).__mro__
        except (Unresolved, AttributeError):
            return None
    else:
        defining = _defining_class(function, owner)
        ancestors = (owner or defining or object).__mro__
        candidates = ancestors[ancestors.index(defining) + 1 :] if defining in ancestors else ()
    process = next((vars(cls)["process"] for cls in candidates if "process" in vars(cls)), None)
    return None if getattr(process, "__isabstractmethod__", False) else process


def _defining_class(function: FunctionType, owner: type | None) -> type | None:
    if "__class__" in function.__code__.co_freevars:
        cell = (function.__closure__ or ())[function.__code__.co_freevars.index("__class__")]
        defining: type = cell.cell_contents
        return defining
    ancestors = owner.__mro__ if owner else ()
    return next((cls for cls in ancestors if unwrap(vars(cls).get("process")) is function), None)
