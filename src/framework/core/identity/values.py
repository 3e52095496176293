"""The digest of a constant or an argument, together with the own code that it holds."""

from __future__ import annotations

import copyreg
import gc
from collections import deque
from contextlib import suppress
from contextvars import Context, ContextVar
from functools import partial
from threading import local
from types import FunctionType, MappingProxyType, MethodType, ModuleType, SimpleNamespace
from typing import Any, Protocol
from weakref import CallableProxyType, ProxyType, ReferenceType

from framework.archive.digest.code import is_installed
from framework.archive.digest.digest import walked
from framework.archive.digest.encoders import encoder
from framework.archive.digest.walk import Encoder, Refusal, Walk
from framework.core.identity.reading.definitions import is_own
from framework.core.identity.state import State, closure_of, local_arguments, local_attributes
from framework.core.processor import AbstractProcessor
from framework.errors import Undigestable

_OPEN = (dict, list, tuple, set, frozenset, deque, FunctionType, MethodType, partial, MappingProxyType, SimpleNamespace)


class Names(Protocol):
    """What own things in a value are called."""

    def mark(self, value: Any) -> str:
        """The label of a class, function or module, with what tells it from others of that label."""

    def identity(self, value: Any) -> str:
        """The identity of a processor."""


class ValueWalk(Walk):
    """A walk that leaves out state, writes own functions by their source, and tells which own code it `met`.

    A value without own code has the digest that `digest` gives it. A part without a digest counts by its type, and so
    does the object of an installed class that holds one: what a pipeline or a connection refers to is not walked to the
    end. If the walk is `strict`, the value is refused.
    """

    __slots__ = ("_foreign", "_names", "_state", "entered", "met", "strict")

    def __init__(self, state: State, names: Names, *, strict: bool = False) -> None:
        super().__init__(encoder)
        self._state = state
        self._names = names
        self.strict = strict
        self._foreign = 0
        self.met: list[Any] = []
        self.entered: set[int] = set()

    def digest(self, value: Any, name: str = "value") -> str:
        """The digest of a value, by its type alone where it is nested too deeply; raises Undigestable."""
        try:
            return walked(self, value, name)
        except Undigestable:
            if self.strict:
                raise
            return type(value).__qualname__

    def walk(self, value: Any) -> None:
        """Emit the value, or that it is state."""
        self.entered.add(id(value))
        if id(value) in self._state.objects and not isinstance(value, type):
            self.emit(b"~")
        else:
            super().walk(value)

    def _enter(self, value: Any, encode: Encoder) -> None:
        start, lowest = len(self.parts), self._lowest
        foreign = not isinstance(value, _OPEN) and is_installed(type(value).__module__)
        self._foreign += foreign
        try:
            super()._enter(value, self._chosen(value, encode))
        except Refusal:
            self._depths.pop(id(value), None)
            if self.strict or self._foreign > foreign:
                raise
            del self.parts[start:]
            self._lowest = lowest
            self.emit(b"?" + type(value).__qualname__.encode())
            if not type(value).__dictoffset__:  # an object of C, such as what functools.cmp_to_key returns
                self._walk_behind(value)
        finally:
            self._foreign -= foreign

    def _walk_behind(self, value: Any) -> None:
        """Emit the own functions that an object holds, as its garbage collection sees it."""
        for part in gc.get_referents(value):
            if isinstance(part, FunctionType | MethodType | partial) and is_own_code(part):
                self.attempt(part)

    def _chosen(self, value: Any, encode: Encoder) -> Encoder:
        kind = type(value)
        if kind in _OWN_WAY:
            return _OWN_WAY[kind]
        for base, own_way in _FAMILIES:
            if issubclass(kind, base):
                self.met += () if is_installed(kind.__module__) or own_way is _encode_processor else (kind,)
                return own_way
        if kind is MethodType:  # its class first, which knows its methods
            owner = value.__self__
            self.met.append(owner if isinstance(owner, type) else type(owner))
        if isinstance(value, type | ModuleType):
            if is_own(value):
                self.met.append(value)
                return partial(_encode_name, self._names.mark(value))
        elif not is_installed(kind.__module__):
            self.met.append(kind)
            self._state.enter(value)
            changed = self._state.changed_in(value)
            if changed:
                return partial(_encode_instance, changed)
        elif kind.__name__ == "ufunc":  # of numpy.frompyfunc
            return partial(_encode_with_functions, encode)
        return encode


def _encode_with_functions(encode: Encoder, walk: Walk, value: Any) -> None:
    assert isinstance(walk, ValueWalk)  # noqa: S101 - it alone chooses this
    encode(walk, value)
    walk._walk_behind(value)  # noqa: SLF001 - its own walk


def _encode_name(name: str, walk: Walk, _: Any) -> None:
    walk.emit(b"c")
    walk.text(name)


def _encode_processor(walk: Walk, value: Any) -> None:
    assert isinstance(walk, ValueWalk)  # noqa: S101 - it alone chooses this
    walk.emit(b"p")
    walk.text(walk._names.identity(value))  # noqa: SLF001 - its own walk


def _encode_context_variable(walk: Walk, value: ContextVar[Any]) -> None:
    """A context variable by its value in the context of the run; by its default where code sets it while it runs."""
    assert isinstance(walk, ValueWalk)  # noqa: S101 - it alone chooses this
    walk.emit(b"v")
    walk.text(value.name)
    is_state = id(value) in walk._state.contexts  # noqa: SLF001 - its own walk
    with suppress(LookupError):
        walk.walk(Context().run(value.get) if is_state else value.get())


def _encode_local(walk: Walk, value: local) -> None:
    """A `threading.local` by what it was made with, and by what the thread that made it has set before the run."""
    assert isinstance(walk, ValueWalk)  # noqa: S101 - it alone chooses this
    walk.emit(b"tl")
    walk.text(type(value).__qualname__)
    changed = walk._state.changed_in(value)  # noqa: SLF001 - its own walk
    walk.walk(local_arguments(value))
    walk.mapping({name: part for name, part in local_attributes(value).items() if name not in changed})


def _encode_proxy(walk: Walk, value: Any) -> None:
    """A weak proxy by what it refers to."""
    walk.emit(b"r")
    with suppress(ReferenceError):
        walk.walk(value.__init__.__self__)


def _encode_reference(walk: Walk, value: ReferenceType[Any]) -> None:
    """A weak reference by what it refers to."""
    walk.emit(b"r")
    walk.walk(value())


def _encode_instance(changed: dict[str, str], walk: Walk, value: Any) -> None:
    """An instance of which code changes some attributes."""
    walk.emit(b"o")
    walk.text(type(value).__qualname__)
    slots = copyreg._slotnames(type(value))  # type: ignore[attr-defined]  # noqa: SLF001 - as pickle finds them
    attributes = {name: getattr(value, name) for name in slots if hasattr(value, name)} | getattr(value, "__dict__", {})
    walk.attributes({name: part for name, part in attributes.items() if name not in changed})
    if isinstance(value, dict):
        walk.mapping(dict(value))
    elif isinstance(value, list | tuple):
        walk.each(list(value))


def _encode_function(walk: Walk, value: FunctionType) -> None:
    assert isinstance(walk, ValueWalk)  # noqa: S101 - it alone chooses this
    registry = getattr(value, "registry", None)
    if registry is not None and hasattr(value, "dispatch"):  # functools.singledispatch
        walk.emit(b"sd")
        walk.mapping(dict(registry))
        return
    own = not is_installed(value.__globals__.get("__name__"))
    walk.emit(b"F" if own else b"f")
    walk.text(walk._names.mark(value) if own else f"{value.__module__}.{value.__qualname__}")  # noqa: SLF001 - its own walk
    if own:
        walk.met.append(value)
        walk.walk(value.__defaults__)
        walk.walk(value.__kwdefaults__)
    inner = getattr(value, "__wrapped__", None)
    attributes = {name: part for name, part in value.__dict__.items() if name != "__wrapped__"}
    variables = closure_of(value)
    if not own:  # what a library keeps in its closures is its own affair; the code that it was given is not
        attributes = {}
        variables = {name: part for name, part in variables.items() if is_own_code(part)}
    cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
    state = walk._state.variables  # noqa: SLF001 - its own walk
    walk.attributes({name: part for name, part in variables.items() if (id(cells[name]), name) not in state})
    walk.attributes(attributes)
    walk.walk(inner)


_OWN_WAY: dict[type, Encoder] = {
    FunctionType: _encode_function,
    ContextVar: _encode_context_variable,
    ReferenceType: _encode_reference,
    ProxyType: _encode_proxy,
    CallableProxyType: _encode_proxy,
}


_FAMILIES: tuple[tuple[type, Encoder], ...] = (
    (AbstractProcessor, _encode_processor),
    (ReferenceType, _encode_reference),
    (local, _encode_local),
)


def is_own_code(value: Any) -> bool:
    """Whether a function or class, or what stands behind a partial or a decorator, is the user's own."""
    while True:
        if isinstance(value, FunctionType):
            if not is_installed(value.__globals__.get("__name__")):
                return True
        elif isinstance(value, type):
            return not is_installed(value.__module__)
        inner = getattr(value, "__wrapped__", None) or getattr(value, "__func__", None) or getattr(value, "func", None)
        if inner is None or inner is value:
            return False
        value = inner
