"""How `digest` writes functions, methods, classes and modules.

A function of the user's own code counts by what it does: its code, defaults, closure and the globals that it loads,
and so on through the functions among them. Installed packages count by name: their code changes with their version,
and following it would read half of the standard library.
"""

from __future__ import annotations

import dis
import functools
import sys
import types
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from framework.archive.digest.objects import name_of
from framework.archive.digest.walk import Refusal, Walk
from framework.observe.user_code import is_library

LruCacheType = type(functools.lru_cache(len))
_LOAD_GLOBAL = dis.opmap["LOAD_GLOBAL"]
_LOAD_NAME = tuple(dis.opmap[name] for name in ("LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS") if name in dis.opmap)
_STORE_ATTR = dis.opmap["STORE_ATTR"]
_BUILT_IN = frozenset({"built-in", "frozen"})
_BUILTIN_MODULES = frozenset(sys.builtin_module_names)
_loaded_names: WeakKeyDictionary[types.CodeType, tuple[str, ...]] = WeakKeyDictionary()


def encode_class(walk: Walk, value: type) -> None:
    """Emit a class by its qualified name."""
    walk.emit(b"c")
    walk.text(name_of(value))


def encode_module(walk: Walk, value: types.ModuleType) -> None:
    """Emit a module by its name."""
    walk.emit(b"M")
    walk.text(value.__name__)


def encode_builtin(walk: Walk, value: types.BuiltinFunctionType) -> None:
    """Emit a function written in C by its name, and by what it is bound to."""
    walk.emit(b"b")
    owner = value.__self__
    walk.text(f"{value.__module__}.{value.__qualname__}")
    walk.walk(None if isinstance(owner, types.ModuleType) else owner)


def encode_method(walk: Walk, value: types.MethodType) -> None:
    """Emit a bound method by its function and its object."""
    walk.emit(b"y")
    walk.walk(value.__func__)
    walk.walk(value.__self__)


def encode_wrapper(walk: Walk, value: Any) -> None:
    """Emit a function under `functools.cache` by the function, not by what is cached."""
    walk.emit(b"w")
    walk.walk(value.__wrapped__)


def encode_function(walk: Walk, value: types.FunctionType) -> None:
    """Emit a function of an installed package by its name, any other by what it does."""
    walk.emit(b"f")
    walk.text(value.__qualname__)
    if is_installed(value.__module__):
        walk.text(value.__module__)
        if value.__closure__ is None:
            return
    encode_code(walk, value.__code__)
    walk.walk(value.__defaults__)
    walk.walk(value.__kwdefaults__)
    walk.walk(value.__dict__)
    _named(walk, dict(_closure(value)), "closure")
    if not is_installed(value.__module__):
        variables = value.__globals__
        used = {name: variables[name] for name in loaded_names(value.__code__) if name in variables}
        _named(walk, used, "global")


def encode_code(walk: Walk, code: types.CodeType) -> None:
    """Code by what it executes; the file and the lines where it stands do not count."""
    walk.emit(b"k")
    walk.walk((code.co_name, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags))
    walk.walk((code.co_code, code.co_exceptiontable))
    walk.walk((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars))
    walk.each(code.co_consts)


def loaded_names(code: types.CodeType) -> tuple[str, ...]:
    """Return the global names that code and the functions inside it load, sorted."""
    names = _loaded_names.get(code)
    if names is None:
        names = _loaded_names[code] = tuple(sorted(set(_loads(code))))
    return names


def stored_names(code: types.CodeType) -> set[str]:
    """The attributes that code sets, whatever of."""
    return {code.co_names[number] for number in _arguments(code, _STORE_ATTR)}


def _loads(code: types.CodeType) -> Iterator[str]:
    for number in _arguments(code, _LOAD_GLOBAL):
        yield code.co_names[number >> 1]  # the lowest bit says whether NULL is pushed as well
    for operation in _LOAD_NAME:
        for number in _arguments(code, operation):
            yield code.co_names[number]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _loads(constant)


def _arguments(code: types.CodeType, operation: int) -> Iterator[int]:
    """The arguments of all instructions of a kind; `dis` would make an object of each."""
    operations, arguments = code.co_code[::2], code.co_code[1::2]
    at = operations.find(operation)
    while at >= 0:
        number, before, shift = arguments[at], at - 1, 8
        while before >= 0 and operations[before] == dis.EXTENDED_ARG:
            number |= arguments[before] << shift
            before, shift = before - 1, shift + 8
        yield number
        at = operations.find(operation, at + 1)


def _closure(value: types.FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue


def _named(walk: Walk, variables: dict[str, Any], kind: str) -> None:
    walk.emit(b"V")
    try:
        walk.attributes(variables)
    except Refusal as refusal:
        refusal.add(f" {kind} ")
        raise


def is_installed(module: str | None) -> bool:
    """Return whether a module belongs to the interpreter, an installed package or this one; else it is own code.

    Installed is what lies in the standard library or in a site or dist folder, the user's own site included. A package
    that was installed as editable lies elsewhere: it is own code.
    """
    if module is None or module in {"__main__", "__mp_main__"}:
        return False
    if module in _BUILTIN_MODULES or module.partition(".")[0] == "framework":
        return True
    found = sys.modules.get(module)
    place = getattr(found, "__file__", None) or next(iter(getattr(found, "__path__", ())), None)
    if place is None:
        return getattr(getattr(found, "__spec__", None), "origin", None) in _BUILT_IN
    return is_library(place)
