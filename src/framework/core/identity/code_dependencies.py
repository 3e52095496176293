"""What the results of a class depend on in the user's own code: its bases, and the helpers and constants it uses."""

from __future__ import annotations

import functools
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from framework.archive import digest
from framework.archive.digest.code import is_installed, loaded_names
from framework.core.identity.mutation import usage_of
from framework.errors import SourceUnavailable, Undigestable
from framework.observe.text import short_repr
from framework.source import source_of, unwrap

_SHOWN = 80
_PLAIN = (bool, int, float, complex, str, bytes, tuple, frozenset)


class Ingredients:
    """Definitions and constants, each once, whatever the order in which they are met.

    A definition counts by its syntax, a constant by its value. Followed are bases in the user's own code, and what is
    used from the module or notebook of whoever uses it. What the code changes (`seen.append(...)`, `with lock:`) is
    state, no constant, and does not count.
    """

    def __init__(self) -> None:
        """Collect nothing yet."""
        self._definitions: set[tuple[str, str]] = set()
        self._texts: dict[tuple[str, str], None] = {}
        self._values: list[tuple[str, Any]] = []
        self._state: set[str] = set()
        self._seen: dict[int, Any] = {}  # the objects, lest an id be used again

    def add(self, value: Any) -> None:
        """Add the code behind a value: of a class, a function, or an instance its class."""
        function = unwrap(value)
        if isinstance(value, type):
            self._add_class(value)
        elif isinstance(function, FunctionType):
            self._add_function(function)
        else:
            self._add_class(type(value))

    def facts(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        """Name and syntax of every definition, name and digest of every constant, sorted."""
        constants = {(name, _digest(value)) for name, value in self._constants()}
        return tuple(sorted(self._definitions)), tuple(sorted(constants))

    def text(self) -> str:
        """The same for a reader: what was added first, then the rest by name."""
        (first, *others) = self._texts or [("", "")]
        constants = sorted({f"{name} = {shown(value)}\n" for name, value in self._constants()})
        return "\n".join([first[1], *(text for _, text in sorted(others)), *filter(None, ["".join(constants)])])

    def _constants(self) -> Iterator[tuple[str, Any]]:
        return ((name, value) for name, value in self._values if name not in self._state)

    def _is_new(self, obj: Any) -> bool:
        new = id(obj) not in self._seen
        self._seen[id(obj)] = obj
        return new

    def _add_class(self, cls: type) -> None:
        if is_installed(cls.__module__) or not self._is_new(cls):
            return
        function = vars(cls).get("__wrapped__")
        if isinstance(function, FunctionType):  # a class that a decorator made of a function counts as the function
            self._add_function(function)
            return
        functions = _functions(cls)
        self._values += (given for value in vars(cls).values() for given in _given(value))
        own = [function for function in functions if function.__qualname__.startswith(f"{cls.__qualname__}.")]
        module = getattr(sys.modules.get(cls.__module__), "__dict__", {})
        self._define(cls, functions, ChainMap(*map(_variables, own), module))
        for base in cls.__mro__[1:]:
            self._add_class(base)
        for function in functions:
            if function in own:
                self._add_used(function)
            else:
                self._meet(function.__name__, function, cls.__module__)

    def _add_function(self, function: FunctionType) -> None:
        if not is_installed(function.__module__) and self._is_new(function):
            self._define(function, [function], _variables(function))
            self._add_used(function)

    def _define(self, obj: Any, functions: list[FunctionType], variables: Mapping[str, Any]) -> None:
        """Note a definition, what its decorators use and, of a class, the attributes that were computed."""
        name = obj.__qualname__
        try:
            source = source_of(obj)
        except SourceUnavailable:
            # Compiled code differs between versions of Python; where there is source, it does not matter which runs.
            code = ", ".join(map(_digest, functions))
            self._definitions.add((name, f"python {sys.version_info[0]}.{sys.version_info[1]}: {code}"))
            self._texts[name, f"# no source of {name}\n"] = None
            return
        usage = usage_of(source.node, source.text)
        self._definitions.add((name, usage.syntax))
        self._texts[name, source.text] = None
        self._state |= usage.state
        for used in usage.decorators:
            if callable(variables.get(used)):
                self._meet(used, variables[used], obj.__module__)
        for attribute in usage.computed:
            if attribute in vars(obj) and f".{attribute}" not in usage.state:
                self._meet(f"{name}.{attribute}", vars(obj)[attribute], obj.__module__)

    def _add_used(self, function: FunctionType) -> None:
        variables = _variables(function)
        for name in (*loaded_names(function.__code__), *function.__code__.co_freevars):
            if name in variables:
                self._meet(name, variables[name], function.__module__)
        for name, value in _defaults(function):
            self._meet(f"{function.__qualname__}({name})", value, function.__module__)

    def _meet(self, name: str, value: Any, module: str) -> None:
        """What code in that module uses: follow code of the same module, note a constant."""
        function = unwrap(value)
        if isinstance(value, ModuleType | BuiltinFunctionType):
            return
        if isinstance(value, type):
            if value.__module__ == module:
                self._add_class(value)
            return
        if isinstance(function, FunctionType):
            if function.__module__ == module:
                self._add_function(function)
            if isinstance(value, MethodType):
                self._meet(f"{name}.__self__", value.__self__, module)
            if not isinstance(value, functools.partial):
                return
        elif type(value).__module__ == module:
            self._add_class(type(value))
        self._values.append((name, value))


def has_source(function: FunctionType) -> bool:
    """Whether a function counts by its source: it is the user's own, and its source can be found."""
    try:
        return not is_installed(function.__module__) and bool(source_of(function))
    except SourceUnavailable:
        return False


def shown(value: Any) -> str:
    """A short repr for a reader that is the same tomorrow: no addresses, sets in order."""
    if isinstance(value, set | frozenset):
        return short_repr(sorted(value, key=repr), _SHOWN)
    text = short_repr(value, _SHOWN)
    return f"<{type(value).__qualname__}>" if " at 0x" in text else text


def _digest(value: Any) -> str:
    try:
        return digest(value)
    except Undigestable:  # a logger, a connection: no constant, but another kind of thing would be a change
        return type(value).__qualname__


def _functions(cls: type) -> list[FunctionType]:
    return [function for value in vars(cls).values() if isinstance(function := unwrap(value), FunctionType)]


def _given(value: Any) -> Iterator[tuple[str, Any]]:
    """The constants that decorators with `functools.wraps` were given, as they were when they decorated."""
    wrapper = getattr(value, "__func__", value)
    while isinstance(wrapper, FunctionType) and hasattr(wrapper, "__wrapped__"):
        for name, constant in _closure(wrapper).items():
            if isinstance(constant, _PLAIN):
                yield f"{wrapper.__qualname__}({name})", constant
        wrapper = wrapper.__wrapped__


def _variables(function: FunctionType) -> ChainMap[str, Any]:
    """Closure and globals of a function by name."""
    return ChainMap(_closure(function), function.__globals__)


def _closure(function: FunctionType) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            cells[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return cells


def _defaults(function: FunctionType) -> Iterator[tuple[str, Any]]:
    code, defaults = function.__code__, function.__defaults__ or ()
    yield from zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()
