"""Classes and functions as objects: which are the user's own, and where their source stands."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import types
from collections.abc import Iterable, Iterator
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any, Final, NamedTuple

from framework.archive import digest
from framework.archive.digest.code import is_installed
from framework.errors import SourceUnavailable, Undigestable
from framework.source import DEFERRED, Source, source_of, source_of_function

MISSING: Final = object()


class _FieldSample(NamedTuple):
    field: int


ACCESSORS = (
    property,
    classmethod,
    staticmethod,
    MemberDescriptorType,
    GetSetDescriptorType,
    type(inspect.getattr_static(_FieldSample, "field")),
)
"""What stands in a class for code or for a field, and has no value of its own."""

_TABLES = {
    "pandas": ("DataFrame", "Series", "Index"),
    "polars": ("DataFrame", "LazyFrame", "Series", "Expr"),
    "xarray": ("Dataset", "DataArray"),
}


def is_own(value: Any) -> bool:
    """Whether a function, class or module is the user's own."""
    if isinstance(value, FunctionType):
        return not is_installed(value.__globals__.get("__name__"))
    if isinstance(value, type) and value.__module__ == "types" and not hasattr(types, value.__name__):
        return True  # dataclasses.make_dataclass says so, up to Python 3.11
    return not is_installed(value.__name__ if isinstance(value, ModuleType) else value.__module__)


def code_digest(function: FunctionType) -> str:
    """What a function without source compiles to, its name where that has no digest."""
    try:
        return digest(function)
    except Undigestable:
        return function.__qualname__


def class_source(cls: type, functions: list[FunctionType]) -> Source | None:
    """The source of a class, if its methods run what stands there."""
    try:
        source = source_of(cls)
    except (SourceUnavailable, TypeError):  # a metaclass without __hash__
        return None
    own = [function for function in functions if function.__code__.co_filename == source.file]
    return source if all(map(source_of_function, own)) else None


def functions_in(value: Any) -> Iterator[FunctionType]:
    """The functions behind an attribute of a class, wrappers and what they wrap."""
    if isinstance(value, FunctionType):
        if value.__name__ in DEFERRED:
            return
        yield value
        yield from functions_in(vars(value).get("__wrapped__"))
    elif isinstance(value, property):
        for accessor in (value.fget, value.fset, value.fdel):
            yield from functions_in(accessor)
    elif isinstance(value, functools.singledispatchmethod):
        for function in value.dispatcher.registry.values():
            yield from functions_in(function)
    elif isinstance(value, classmethod | staticmethod):
        yield from functions_in(value.__func__)
    elif isinstance(value, functools.cached_property | functools.partialmethod):
        yield from functions_in(value.func)
    elif callable(value) and not isinstance(value, type):
        yield from functions_in(getattr(value, "__wrapped__", None))


def is_data(value: Any) -> bool:
    """Whether an attribute of a class is a value, neither a descriptor nor a class."""
    return not hasattr(type(value), "__get__") and not isinstance(value, type)


def is_installed_thing(value: Any) -> bool:
    """Whether a function, class or module, or the class of any other object, is installed."""
    if isinstance(value, ModuleType):
        return is_installed(value.__name__)
    return value is not None and is_installed(getattr(value, "__module__", None) or type(value).__module__)


def is_known_by(name: str, value: Any) -> bool:
    """Whether an object is what an installed module calls by that name, such as `typing.Optional`."""
    module = getattr(value, "__module__", None)
    return (
        isinstance(module, str)
        and is_installed(module)
        and vars(sys.modules.get(module, types)).get(name, MISSING) is value
    )


def equals(value: Any, written: ast.expr) -> bool:
    """Whether a value is what a literal says."""
    try:
        return digest(value) == digest(ast.literal_eval(written))
    except (ValueError, TypeError, Undigestable):
        return False


def attribute_of(module: ModuleType, name: str) -> Any:
    """The variable or submodule of that name, MISSING where there is none."""
    found = vars(module).get(name, MISSING)
    if found is MISSING:
        found = sys.modules.get(f"{module.__name__}.{name}", MISSING)
    return found


def given_by(getter: Any, name: str) -> Any:
    """What the `__getattr__` of a module gives, called as the code will call it; MISSING where it raises."""
    try:
        return getter(name)
    except Exception:  # noqa: BLE001 - the code's own affair
        return MISSING


def added_to_tables(names: Iterable[str]) -> Iterator[Any]:
    """Own functions and registered accessors that data frames were given under these attributes."""
    loaded = [(sys.modules[module], kinds) for module, kinds in _TABLES.items() if module in sys.modules]
    attributes = [vars(getattr(module, kind, object)) for module, kinds in loaded for kind in kinds]
    for name in names if attributes else ():
        for added in (found[name] for found in attributes if name in found):
            for each in (added, getattr(added, "_accessor", None), getattr(added, "_ns", None)):
                if isinstance(each, FunctionType | type) and is_own(each):
                    yield each


def fields_of(cls: type) -> Iterator[tuple[str, Any]]:
    """What the fields of a dataclass, of a class of attrs or of a model of pydantic were given."""
    for name, each in vars(cls).get("__dataclass_fields__", {}).items():
        yield name, (each.default, each.default_factory, *([dict(each.metadata)] if each.metadata else []))
    for each in vars(cls).get("__attrs_attrs__", ()):
        yield each.name, (each.default, each.validator, each.converter, dict(each.metadata))
    for name, each in vars(cls).get("__pydantic_fields__", {}).items():
        yield name, (each.default, each.default_factory, each.metadata)


def defaults_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The default values of parameters."""
    code, defaults = function.__code__, function.__defaults__
    if defaults:
        yield from zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True)
    if function.__kwdefaults__:
        yield from function.__kwdefaults__.items()


def subclasses(cls: type) -> Iterator[type]:
    """All classes that are derived from a class and still exist, in the order of their names."""
    found: list[type] = type.__subclasses__(cls)
    for each in sorted(found, key=lambda one: (one.__module__, one.__qualname__)):
        yield each
        yield from subclasses(each)
