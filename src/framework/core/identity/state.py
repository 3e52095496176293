"""Which objects code changes while it runs: they are state, and no constants. Told by binding, never by name alone."""

from __future__ import annotations

import gc
import inspect
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from threading import local
from types import FunctionType, MethodType, ModuleType
from typing import Any

from framework.archive.digest.code import is_installed, loaded_names
from framework.core.identity.reading.mutation import OF_CONTEXTS, Handed, Key, Mutation, Path, handed_by, mutations_of
from framework.core.identity.reading.references import References
from framework.source import Source, place

_DEEPEST = 8  # a recursive function must not make paths for ever
_SETTING_UP = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__setstate__"})
_BUILTIN = (dict, list, set, bytearray, deque)
_IMMUTABLE = (bool, int, float, complex, str, bytes, tuple, frozenset, type(None), ModuleType, type, FunctionType)


@dataclass(eq=False, slots=True)
class Code:
    """A function that counts; `owner` is the class whose `attribute` it is."""

    function: FunctionType
    owner: type | None
    source: Source | None
    references: References
    attribute: str = ""


class State:
    """What code changes while it runs, each with the place where it does.

    Only functions that a run can reach count: what a decorator, a constructor or a method for setting up changes is
    changed before the run, and a constant from then on.
    """

    def __init__(self) -> None:
        self.objects: dict[int, str] = {}
        self.contexts: dict[int, str] = {}
        """Context variables."""
        self.variables: dict[tuple[int, str], str] = {}
        self.attributes: dict[tuple[type, str], str] = {}
        self.instances: dict[int, dict[str, str]] = {}
        self.own: dict[str, str] = {}
        """Attributes of the processor itself."""
        self._inside: list[tuple[type, Mutation, str]] = []
        self._where = ""

    def find(
        self, codes: Iterable[Code], known_as: Mapping[int, set[str]], entries: frozenset[str], processor: Any = None
    ) -> None:
        """Look through the functions that a run can reach from `entries`; `known_as` names each function by its id."""
        running = _running(list(codes), known_as, entries)
        found = {id(code.function): (code, _mutations(code)) for code in running}
        _hand_on(found)
        for code, mutations in found.values():
            for mutation in mutations:
                assert code.source is not None  # noqa: S101 - where the mutation was read
                self._where = place(code.source.file, mutation.line or code.source.line)
                self._change(code, mutation, processor)

    def attributes_of(self, kind: type) -> dict[str, str]:
        """The attributes of all instances of a class that code changes."""
        return {name: where for (owner, name), where in self.attributes.items() if issubclass(kind, owner)}

    def changed_in(self, instance: Any) -> dict[str, str]:
        """The attributes of an instance that code changes."""
        return self.attributes_of(type(instance)) | self.instances.get(id(instance), {})

    def touches(self, entered: set[int], kinds: list[Any]) -> bool:
        """Whether something is changed of these objects, or of instances of these classes."""
        if not all(entered.isdisjoint(changed) for changed in (self.objects, self.instances, self.contexts)):
            return True
        if not (self.attributes or self._inside or self.variables):
            return False
        classes = [kind for kind in kinds if isinstance(kind, type)]
        owners = [owner for owner, _ in self.attributes] + [owner for owner, *_ in self._inside]
        cells = bool(self.variables) and len(classes) < len(kinds)
        return cells or any(issubclass(kind, owner) for kind in classes for owner in owners)

    def enter(self, thing: Any) -> None:
        """Record the objects inside of an instance or class that its own methods change."""
        kind = thing if isinstance(thing, type) else type(thing)
        for owner, mutation, where in self._inside:
            if issubclass(kind, owner):
                self._where = where
                for value in _follow(thing, mutation.path):
                    self._note(value, mutation)

    def _change(self, code: Code, mutation: Mutation, processor: Any) -> None:
        function, root = code.function, mutation.root
        parameters = parameters_of(function, stars=True)
        if code.owner is not None and parameters[:1] == (root,):
            if function.__name__ not in _SETTING_UP:
                self._change_self(code.owner, mutation, processor)
        elif root in parameters:
            return  # the caller's
        elif root in function.__code__.co_freevars:
            self._change_variable(_cell(function, root), closure_of(function), mutation)
        elif mutation.rebinds == "global" or root in loaded_names(function.__code__):
            self._change_variable(function.__globals__, function.__globals__, mutation)

    def _change_variable(self, namespace: object, variables: Mapping[str, Any], mutation: Mutation) -> None:
        if mutation.rebinds:
            self.variables[id(namespace), mutation.root] = self._where
        elif mutation.root in variables:
            for value in _follow(variables[mutation.root], mutation.path):
                self._note(value, mutation)

    def _change_self(self, owner: type, mutation: Mutation, processor: Any) -> None:
        first = (*mutation.path, mutation.attribute)[0]
        if not isinstance(first, str):
            return
        if isinstance(processor, owner) and mutation.method not in OF_CONTEXTS:
            self.own.setdefault(first, self._where)
        if mutation.path:
            self._inside.append((owner, mutation, self._where))
        else:
            self.attributes.setdefault((owner, first), self._where)

    def _note(self, value: Any, mutation: Mutation) -> None:
        own = isinstance(value, local) or not is_installed(type(value).__module__)
        attribute = mutation.attribute
        if isinstance(value, ContextVar):
            self.contexts.setdefault(id(value), self._where)
        elif attribute is None:
            changes = isinstance(value, _BUILTIN) or not (own or mutation.builtin or isinstance(value, _IMMUTABLE))
            if changes and mutation.method not in OF_CONTEXTS:
                self.objects.setdefault(id(value), self._where)
        elif isinstance(value, ModuleType):
            self.variables.setdefault((id(vars(value)), attribute), self._where)
        elif isinstance(value, type):
            self.attributes.setdefault((value, attribute), self._where)
        elif own:
            self.instances.setdefault(id(value), {}).setdefault(attribute, self._where)
        elif not isinstance(value, _IMMUTABLE):
            self.objects.setdefault(id(value), self._where)


_MutationsByCode = dict[int, tuple[Code, list[Mutation]]]


def _mutations(code: Code) -> list[Mutation]:
    return [] if code.source is None else list(mutations_of(code.source.node, code.function.__code__))


def _hand_on(found: _MutationsByCode) -> None:
    """Let a function change what it hands to another one that changes its parameter: `note(log, x)` changes `log`."""
    changed = {key for key, (code, mutations) in found.items() if _changes_parameter(code, mutations)}
    while changed:
        again = set()
        for key, (code, mutations) in found.items():
            for each in handed_by(code.source.node) if code.source else ():
                called = _called(code, each)
                if id(called) in changed and id(called) != key:
                    new = [mutation for mutation in _handed(each, found[id(called)]) if mutation not in mutations]
                    mutations.extend(new)
                    again |= {key} if new else set()
        changed = again


def _changes_parameter(code: Code, mutations: list[Mutation]) -> bool:
    parameters = parameters_of(code.function)[code.owner is not None :] if mutations else ()
    return any(mutation.root in parameters for mutation in mutations)


def _called(code: Code, handed: Handed) -> Any:
    root, path = handed.function
    variables = closure_of(code.function)
    if code.owner is not None and parameters_of(code.function)[:1] == (root,):
        variables[root] = code.owner
    value = variables[root] if root in variables else code.function.__globals__.get(root)
    value = next(_follow(value, path), None)
    return value.__func__ if isinstance(value, MethodType) else value


def _handed(handed: Handed, called: tuple[Code, list[Mutation]]) -> Iterator[Mutation]:
    """What the called function changes, seen from its caller."""
    code, mutations = called
    names = parameters_of(code.function)
    name = handed.argument
    if isinstance(name, int):
        name += code.owner is not None  # behind self
        name = names[name] if name < len(names) else ""
    for mutation in mutations:
        path = (*handed.path, *mutation.path)
        if mutation.root == name and not mutation.rebinds and len(path) <= _DEEPEST:
            yield mutation._replace(root=handed.root, path=path, line=0)


def _running(codes: list[Code], known_as: Mapping[int, set[str]], entries: frozenset[str]) -> list[Code]:
    """The functions that a run reaches, by the names in those that it reaches already."""
    names: set[str] = set(entries)
    waiting = codes
    running: list[Code] = []
    while True:
        reached: list[Code] = []
        left: list[Code] = []
        for code in waiting:
            (reached if _is_named(code, known_as.get(id(code.function), set()), names) else left).append(code)
        if not reached:
            return running
        waiting = left
        running += reached
        for code in reached:
            names |= code.references.attributes
            names |= code.references.names()


def _is_named(code: Code, known_as: set[str], names: set[str]) -> bool:
    name = code.function.__name__
    if code.owner is not None and name in _SETTING_UP:
        return code.owner.__name__ in names
    implicit = code.owner is not None and name.startswith("__") and name.endswith("__")
    return implicit or not names.isdisjoint((name, code.attribute)) or not names.isdisjoint(known_as)


def _follow(value: Any, path: Path) -> Iterator[Any]:
    """The objects at a path; nothing is executed on the way."""
    if not path:
        yield value
        return
    step, rest = path[0], path[1:]
    found: Iterable[Any] = ()
    if isinstance(step, Key):
        if isinstance(value, dict):
            found = value.values() if not step.known else [value[step.value]] if step.value in value else ()
        elif isinstance(value, list | tuple):
            index = step.value
            if not step.known:
                found = value
            elif isinstance(index, int) and -len(value) <= index < len(value):
                found = [value[index]]
    else:
        missing = object()
        given = local_attributes(value) if isinstance(value, local) else {}
        one = given[step] if step in given else inspect.getattr_static(value, step, missing)
        found = [] if one is missing or inspect.isdatadescriptor(one) else [one]
    for one in found:
        yield from _follow(one, rest)


def parameters_of(function: FunctionType, *, stars: bool = False) -> tuple[str, ...]:
    """The names of the parameters of a function, by position first, with those of `*args` and `**options` at the end.

    `inspect.getargs` takes ten times as long.
    """
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    count += stars * (bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS))
    return code.co_varnames[:count]


def local_attributes(value: local) -> dict[str, Any]:
    """What the oldest thread that still lives and has set anything has set in a `threading.local`.

    The object knows only its dict of the calling thread, and a run computes identities on a thread of its own. The
    dicts of all threads are behind it, as its garbage collection sees it, in the order of their making.
    """
    for part in gc.get_referents(value):
        if type(part) is dict and part and not any(type(key) is str for key in part):
            return next(iter(part.values()))
    return {}


def local_arguments(value: local) -> list[Any]:
    """What a `threading.local` was made with: each thread calls its `__init__` with that."""
    parts = [part for part in gc.get_referents(value) if part and type(part) in {dict, tuple}]
    return [part for part in parts if type(part) is tuple or all(type(key) is str for key in part)]


def _cell(function: FunctionType, name: str) -> object:
    return (function.__closure__ or ())[function.__code__.co_freevars.index(name)]


def closure_of(function: FunctionType) -> dict[str, Any]:
    """The variables of a closure that are assigned already."""
    cells: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            cells[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return cells
