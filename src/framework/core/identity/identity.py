"""What makes a processor's results its own: other code, other arguments or another state have another identity."""

from __future__ import annotations

import dataclasses
import functools
import gc
import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import chain
from types import CodeType, FunctionType
from typing import Any

from framework.archive import digest
from framework.archive.digest.code import is_installed, stored_names
from framework.archive.digest.digest import equal
from framework.core.identity.code_dependencies import CodeDependencies
from framework.core.identity.declared import Declared
from framework.core.identity.parts import Part, shown, source_text, tree
from framework.core.identity.reading.definition_reader import DefinitionReader
from framework.core.identity.reading.definitions import defaults_of, functions_in
from framework.core.identity.reading.references import set_from_parameters
from framework.core.identity.state import parameters_of
from framework.core.processor import AbstractProcessor
from framework.errors import SourceUnavailable
from framework.source import source_of


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of a processor: equal digests mean equal name, code, arguments and state before the run.

    `source` is the code that counts, for a reader; `arguments` maps each parameter of the constructor to a short repr,
    and each attribute that was given later by its name with a dot in front; `parts` lists all that counts, and what
    was left out; `keeps` maps attributes that change between inputs to the place where they do.
    """

    name: str
    digest: str
    source: str
    arguments: Mapping[str, str]
    source_digest: str
    arguments_digest: str
    parts: tuple[Part, ...] = ()
    keeps: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """What counts as a tree, with file and line, and what was left out."""
        arguments = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.name}({arguments}) [{self.digest[:8]}]\n{tree(self.parts)}"


_PLUMBING = frozenset({"name", "priority", "max_concurrency", "_arguments", "_building"})
Readers = dict[str, DefinitionReader]
"""By module, so that processors whose identity is computed together read what they share once."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the collector of cycles while syntax is read: trees have none and stay.

    Looking through all of them again and again takes three times as long as parsing.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@uncollected()
def identity_of(processor: AbstractProcessor, readers: Readers | None = None) -> Identity:
    """Compute the identity of a processor.

    The code is that of its class and of all the user's own functions, classes and constants that it reaches, in
    whichever module; comments and formatting do not count, and a `version` stands for all of it. The arguments count
    however they were spelled, defaults included, and so do attributes that were set from outside; the name counts as
    such, the priority does not. `depends` adds, `ignore` leaves out.

    Raises:
        Undigestable: a constructor argument has no digest; the message names processor and parameter.
    """
    cls = type(processor)
    declared = Declared.of(processor)
    readers = {} if readers is None else readers
    if cls.__module__ not in readers:
        readers[cls.__module__] = DefinitionReader(cls.__module__, _digest_of)
    code = CodeDependencies(readers[cls.__module__])
    code.add(cls)
    made_with = _arguments(processor)
    arguments = {name: value for name, value in made_with.items() if name not in declared.ignore}
    for name, value in arguments.items():
        code.add_given(name, value, f"argument {name!r} of {processor.name}")
    attributes = {f".{name}": value for name, value in _attributes(processor, made_with) if name not in declared.ignore}
    for name, value in attributes.items():
        code.add_given(name, value)
    code.find_state(_entries(cls), processor)
    changed = {f".{name}" for name in code.state.attributes_of(cls)}
    given = {name: value for name, value in code.given().items() if name not in changed}
    arguments_digest = digest(given)
    extra = declared.added_to(code)
    facts = code.facts() if declared.version is None else ("version", declared.version, *extra)
    source_digest = digest((cls.__qualname__, facts))
    parts = code.all_parts()
    return Identity(
        name=processor.name,
        digest=digest((processor.name, source_digest, arguments_digest)),
        source=source_text(parts),
        arguments={name: shown(value) for name, value in (arguments | attributes).items() if name in given},
        source_digest=source_digest,
        arguments_digest=arguments_digest,
        parts=parts,
        keeps=code.state.own,
    )


_under_way: ContextVar[frozenset[int]] = ContextVar("_under_way", default=frozenset())


def _digest_of(processor: AbstractProcessor) -> str:
    """The identity of a processor that is met in a value; of one whose identity is being computed, its class's name."""
    outer = _under_way.get()
    if id(processor) in outer:
        return f"{type(processor).__module__}.{type(processor).__qualname__}"
    token = _under_way.set(outer | {id(processor)})
    try:
        return identity_of(processor).digest
    finally:
        _under_way.reset(token)


def _arguments(processor: AbstractProcessor) -> dict[str, Any]:
    """What the processor was made with, by parameter, without what only set its name and priority."""
    args, kwargs = processor._arguments
    constructor = type(processor).__init__
    if "__init__" in vars(processor) or not isinstance(constructor, FunctionType) or vars(constructor):
        arguments = _bound(inspect.signature(processor.__init__), args, kwargs)  # type: ignore[misc]  # of this very instance
    else:
        arguments = _bound_plainly(constructor, args, kwargs)
    if arguments.get("name") is None or arguments["name"] == processor.name:
        arguments.pop("name", None)
    if arguments.get("priority") == processor.priority:
        del arguments["priority"]
    if arguments.get("max_concurrency") in (None, getattr(processor, "max_concurrency", None)):
        arguments.pop("max_concurrency", None)
    return arguments


def _bound(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    arguments: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            arguments |= value
        else:
            arguments[name] = value
    return arguments


def _bound_plainly(constructor: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The same of a constructor that is not decorated, in a tenth of the time: its code knows its parameters."""
    code = constructor.__code__
    named = parameters_of(constructor)[1:]
    positional = named[: code.co_argcount - 1]
    given = dict(defaults_of(constructor)) | dict(zip(positional, args, strict=False)) | kwargs
    if code.co_flags & inspect.CO_VARARGS:
        given[code.co_varnames[1 + len(named)]] = args[len(positional) :]
    return {name: given[name] for name in named} | given


def _attributes(processor: AbstractProcessor, arguments: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the instance holds beyond what its constructor copied from arguments or wrote out."""
    cls = type(processor)
    plumbing = _plumbing(cls)
    copied, written = _set_by_constructor(cls)
    slots = [name for base in cls.__mro__ for name in _slots(base) if hasattr(processor, name)]
    for name in (*vars(processor), *slots):
        if name in plumbing:
            continue
        value = getattr(processor, name)
        if copied.get(name, "") in arguments and value is arguments[copied[name]]:
            continue
        if name in written and equal(value, written[name]):
            continue
        yield name, value


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


@functools.lru_cache(maxsize=512)
def _plumbing(cls: type) -> frozenset[str]:
    """The attributes that belong to this package: what installed bases set, as far as own code never mentions it."""
    own, installed = _bases(cls)
    theirs = map(_stored, installed)
    asked = (body.co_names for base in own for body in _bodies(base))
    return frozenset(_PLUMBING.union(*theirs).difference(*asked) | _PLUMBING)


@functools.lru_cache(maxsize=512)
def _stored(cls: type) -> frozenset[str]:
    return frozenset().union(*map(stored_names, _bodies(cls)))


def _bodies(cls: type) -> Iterator[CodeType]:
    return (function.__code__ for value in vars(cls).values() for function in functions_in(value))


@functools.lru_cache(maxsize=512)
def _set_by_constructor(cls: type) -> tuple[dict[str, str], dict[str, Any]]:
    """Attributes that the constructor copies from a parameter, and those that it sets to something written out."""
    constructor = inspect.getattr_static(cls, "__init__")
    if dataclasses.is_dataclass(cls) and "__init__" in vars(cls) and constructor.__code__.co_filename == "<string>":
        return {field.name: field.name for field in dataclasses.fields(cls) if field.init}, {}
    if is_installed(getattr(constructor, "__globals__", {}).get("__name__")):
        return {}, {}
    try:
        return set_from_parameters(source_of(constructor).node)
    except SourceUnavailable:
        return {}, {}


def _entries(cls: type) -> Iterator[str]:
    """The methods that a run calls: those that an installed base names."""
    own, installed = _bases(cls)
    yield from _names(installed).intersection(chain.from_iterable(map(vars, own)))
    yield "build"


@functools.lru_cache(maxsize=512)
def _bases(cls: type) -> tuple[tuple[type, ...], tuple[type, ...]]:
    """The class and its bases: the user's own ones, and installed ones."""
    installed = tuple(base for base in cls.__mro__ if is_installed(base.__module__))
    return tuple(base for base in cls.__mro__ if base not in installed), installed


@functools.lru_cache(maxsize=512)
def _names(bases: tuple[type, ...]) -> frozenset[str]:
    return frozenset().union(*map(vars, bases))
