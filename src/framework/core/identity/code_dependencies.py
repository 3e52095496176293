"""What the results of a class depend on in the user's own code, in whichever module. Start at `CodeDependencies`."""

from __future__ import annotations

import sys
from abc import ABCMeta
from collections import ChainMap, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import FunctionType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from framework.archive.digest.code import is_installed, loaded_names
from framework.core.identity.definitions import (
    MISSING,
    attribute_of,
    class_source,
    code_digest,
    defaults_of,
    equals,
    functions_in,
    is_data,
    is_own,
)
from framework.core.identity.imports import imported, module_label
from framework.core.identity.normal_form import normal_form
from framework.core.identity.parts import Kind, Part, shown
from framework.core.identity.references import Chain, References, references_of
from framework.core.identity.state import Code, State, closure_of
from framework.core.identity.values import ValueWalk
from framework.source import Definition, Source, source_of_function

_GENERATED = frozenset({"_abc_impl"})
_NAMESPACES = frozenset({"globals", "eval", "exec"})
_normal_forms: WeakKeyDictionary[Definition, str] = WeakKeyDictionary()


@dataclass(slots=True)
class _Bound:
    """A value under a name: a global of a module, an attribute of a class, a default, a variable of a closure."""

    value: Any
    place: tuple[object, str]
    user: str
    digest: str
    walk: ValueWalk


class CodeDependencies:
    """Definitions and constants, each once, whatever the order in which they are met.

    A definition counts by its syntax, a constant by its value; what is bound to a name of another module, or under
    another name than its own, counts by the binding as well. Followed is what code uses by name, through modules,
    attributes, containers, instances, decorators and closures, as far as it is not installed. What the code changes
    while it runs is state, no constant, and does not count.
    """

    def __init__(self, module: str, identity: Callable[[Any], str] | None = None) -> None:
        """Collect nothing yet.

        Args:
            module: labels of things in it carry no module name.
            identity: gives the identity of a processor that is met in a value; its class's name by default.
        """
        self._root = module_label(module)
        self.identity = identity or (lambda processor: self.label(type(processor)))
        self.state = State()
        self.parts: list[Part] = []
        self._definitions: set[tuple[str, str]] = set()
        self._links: set[tuple[str, str]] = set()
        self._codes: dict[int, Code] = {}
        self._bound: dict[str, _Bound] = {}
        self._given: dict[str, _Bound] = {}
        self._left_out: dict[str, str] = {}
        self._seen: dict[int, Any] = {}  # the objects, lest an id be used again
        self._queue: deque[tuple[Any, str, str]] = deque()

    # -- what is added from outside

    def add(self, value: Any, name: str = "", user: str = "") -> None:
        """Add a class, a function or a module, and all that it reaches."""
        self._queue.append((value, name, user))
        self._drain()

    def add_given(self, name: str, value: Any, called: str = "") -> None:
        """Add an argument or attribute of the processor, and the own code in it.

        Raises:
            Undigestable: a part of it has no digest, and the message can say what it is `called`.
        """
        digested, walk = self._discovered(value, called or name, "", strict=bool(called))
        self._given[name] = _Bound(value, (None, name), "", digested, walk)
        self._drain()

    def add_fact(self, part: Part, fact: str) -> None:
        """Add something that counts by itself: a file, or the version of a package."""
        self.parts.append(part)
        self._links.add((part.label, fact))

    def find_state(self, entries: Iterable[str], processor: Any = None) -> None:
        """Tell state from constants; `entries` are the methods that a run calls."""
        self.state.find(self._codes.values(), frozenset(entries), processor)
        for thing in (processor, *self._seen.values()):
            if thing is processor or isinstance(thing, type):
                self.state.enter(thing)

    def names(self) -> set[str]:
        """The names of all functions that were met."""
        return {code.function.__name__ for code in self._codes.values()}

    # -- what came of it

    def given(self) -> dict[str, str]:
        """The digests of arguments and attributes, without what the code changes."""
        return {name: self._digest_of(bound) for name, bound in self._given.items()}

    def facts(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        """Name and syntax of every definition, name and digest of every constant, sorted."""
        return tuple(sorted(self._definitions)), tuple(sorted(self._links | set(self._constants())))

    def all_parts(self) -> tuple[Part, ...]:
        """Everything that counts, and what was left out."""
        constants = []
        for label, _ in self._constants():
            bound = self._bound[label]
            if not isinstance(bound.value, FunctionType | type | ModuleType):
                constants.append(Part(label, "constant", "", shown(bound.value), bound.user))
        left_out = [Part(label, "left out", "", why) for label, why in sorted(self._left_out.items())]
        return (*self.parts, *constants, *left_out)

    def _constants(self) -> Iterator[tuple[str, str]]:
        for label, bound in self._bound.items():
            where = self._changed(bound)
            if where is not None:
                self._left_out[label] = f"state, changed at {where}"
            else:
                yield label, self._digest_of(bound)

    def _digest_of(self, bound: _Bound) -> str:
        walk = bound.walk
        if walk.entered.isdisjoint(self.state.objects) and not self.state.touches(walk.met):
            return bound.digest
        return ValueWalk(self.state, self, strict=walk.strict).digest(bound.value)

    def _changed(self, bound: _Bound) -> str | None:
        owner, name = bound.place
        if isinstance(owner, type):
            where = self.state.attributes_of(owner).get(name)
        else:
            where = self.state.variables.get((id(owner), name))
        return where or self.state.objects.get(id(bound.value))

    # -- definitions

    def _drain(self) -> None:
        while self._queue:
            self._take(*self._queue.popleft())

    def _take(self, value: Any, name: str, user: str) -> None:
        if isinstance(value, type):
            self._add_class(value, name, user)
        elif isinstance(value, FunctionType):
            self._add_function(value, name, user)
        elif isinstance(value, ModuleType):
            self._add_module(value, user)

    def _is_new(self, value: Any) -> bool:
        new = id(value) not in self._seen
        self._seen[id(value)] = value
        return new

    def _add_class(self, cls: type, name: str, user: str) -> None:
        if is_installed(cls.__module__) or not self._is_new(cls):
            return
        wrapped = vars(cls).get("__wrapped__")
        if isinstance(wrapped, FunctionType):  # a class that a decorator made of a function counts as the function
            self._add_function(wrapped, "build", user)
            return
        label = self.label(cls)
        functions = {id(function): function for value in vars(cls).values() for function in functions_in(value)}
        source = class_source(cls, list(functions.values()))
        self._define(label, "class", source, functions.values(), user)
        for base in (*cls.__mro__[1:], type(cls)):
            self._queue.append((base, name, label))
        variables = [*self._add_methods(cls, source, label), getattr(sys.modules.get(cls.__module__), "__dict__", {})]
        if source is not None:
            references = references_of(source.node)
            self._add_early(references, ChainMap(*variables), label)
            self._add_attributes(cls, references, label)

    def _add_methods(self, cls: type, source: Source | None, label: str) -> Iterator[dict[str, Any]]:
        """Follow methods and inner classes; gives the variables that the methods see."""
        for attribute, value in vars(cls).items():
            if isinstance(value, type):
                self._queue.append((value, attribute, label))
            for function in functions_in(value):
                if not function.__qualname__.startswith(f"{cls.__qualname__}."):
                    self._queue.append((function, attribute, label))
                elif source is None or function.__code__.co_filename == source.file:  # else a dataclass made it
                    self._add_function(function, attribute, label, owner=cls)
                    yield closure_of(function)
                    yield function.__globals__

    def _add_attributes(self, cls: type, references: References, label: str) -> None:
        plain = type(cls) in {type, ABCMeta}
        for name, value in vars(cls).items():
            written = references.literals.get(name)
            if written is not None:
                counts = not equals(value, written)  # set from outside since
            else:
                extra = plain and not name.startswith("__") and name not in _GENERATED
                counts = name in references.computed or (extra and not any(functions_in(value)) and is_data(value))
            if counts and not isinstance(value, property | classmethod | staticmethod):
                self._bind(f"{label}.{name}", value, (cls, name), label)
        for name, field in vars(cls).get("__dataclass_fields__", {}).items():
            if name in references.computed:
                self._bind(f"{label}.{name}", (field.default, field.default_factory), (cls, name), label)

    def _add_function(self, function: FunctionType, name: str, user: str, owner: type | None = None) -> None:
        known = self._codes.get(id(function))
        if known is not None:
            known.known_as.add(name)
            return
        if not is_own(function):
            return
        self._seen[id(function)] = function
        source = source_of_function(function)
        references = References() if source is None else references_of(source.node)
        if source is None:
            references.chains = {(loaded,) for loaded in loaded_names(function.__code__)}
            references.attributes = set(function.__code__.co_names)
        self._codes[id(function)] = code = Code(function, owner, source, references, {name})
        label = user if owner else self.label(function)
        if owner is None:
            self._define(label, "function", source, [function], user)
        self._follow(code, label)

    def _add_module(self, module: ModuleType, user: str) -> None:
        if is_installed(module.__name__) or not self._is_new(module):
            return
        label = module_label(module.__name__)
        self.parts.append(Part(label, "module", PurePath(getattr(module, "__file__", None) or "").name, "", user))
        for name, value in list(vars(module).items()):
            inner = isinstance(value, ModuleType) and not value.__name__.startswith(f"{module.__name__}.")
            if not name.startswith("__") and not inner:
                self._bind(self._variable(vars(module), name), value, (vars(module), name), label)

    def _define(
        self, label: str, kind: Kind, source: Source | None, functions: Iterable[FunctionType], user: str
    ) -> None:
        """Note a definition by its syntax, or by what it compiles to."""
        if source is not None:
            self._definitions.add((label, _syntax(source)))
            self.parts.append(Part(label, kind, source.where, source.text, user))
            return
        # Compiled code differs between versions of Python; where there is source, it does not matter which runs.
        code = ", ".join(map(code_digest, functions))
        self._definitions.add((label, f"python {sys.version_info[0]}.{sys.version_info[1]}: {code}"))
        self.parts.append(Part(label, kind, "", f"# no source of {label}\n", user))

    # -- what a definition uses

    def _follow(self, code: Code, label: str) -> None:
        function, references = code.function, code.references
        closure = closure_of(function)
        used = {*loaded_names(function.__code__), *closure, *references.imports}
        for chain in sorted(references.chains):
            if chain[0] in used:
                self._resolve(code, chain, closure, label)
        self._add_early(references, ChainMap(closure, function.__globals__), label)
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        name = self.label(function)
        for variable, value in closure.items():
            if variable != "__class__":
                self._bind(f"{name}({variable})", value, (cells[variable], variable), label)
        for parameter, value in defaults_of(function):
            self._bind(f"{name}({parameter})", value, (function, parameter), label)
        for attribute, value in vars(function).items():
            if attribute == "__wrapped__" or not attribute.startswith("__"):
                self._bind(f"{name}.{attribute}", value, (function, attribute), label)

    def _resolve(self, code: Code, chain: Chain, closure: Mapping[str, Any], user: str) -> None:
        """Bind what a name and its attributes lead to; through modules, an attribute is a variable of theirs."""
        root, *names = chain
        namespace, root, value = self._variable_of(code, root, closure)
        label = self._variable(namespace, root) if namespace is not None else ""
        while isinstance(value, ModuleType) and names and not is_installed(value.__name__):
            if label and label != self.label(value):
                self._links.add((label, f"module {self.label(value)}"))
            root = names.pop(0)
            namespace, value = vars(value), attribute_of(value, root)
            label = self._variable(namespace, root)
        if value is not MISSING and namespace is not None:
            self._bind(label, value, (namespace, root), user)
        elif isinstance(value, ModuleType):
            self._queue.append((value, root, user))

    def _variable_of(
        self, code: Code, name: str, closure: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any] | None, str, Any]:
        """Namespace, name there and value of a variable; no namespace for a module that is bound nowhere."""
        variables = code.function.__globals__
        if name in closure:  # anything but a module is bound with the closure
            return None, name, closure[name] if isinstance(closure[name], ModuleType) else MISSING
        if name in code.references.imports:
            found = imported(code.references.imports[name], variables)
            return found if isinstance(found, tuple) else (None, name, found)
        if name in variables:
            return variables, name, variables[name]
        return None, name, sys.modules.get(variables.get("__name__", "")) if name in _NAMESPACES else MISSING

    def _add_early(self, references: References, variables: Mapping[str, Any], label: str) -> None:
        """Code that was used while the definition ran. What it made of constants then shows in the definition."""
        for root, *names in sorted(references.early):
            value = variables.get(root, MISSING)
            for name in names:
                value = attribute_of(value, name) if isinstance(value, ModuleType) else value
            if isinstance(value, FunctionType | type):
                self._queue.append((value, names[-1] if names else root, label))

    def _bind(self, label: str, value: Any, place: tuple[object, str], user: str) -> None:
        """Note a value under its name; a definition that is bound to its own name needs no more than itself."""
        if label in self._bound:
            return
        name = place[1]
        if isinstance(value, FunctionType | type) and getattr(value, "__name__", None) == name:
            module = getattr(value, "__module__", None) or ""
            if module.partition(".")[0] == "framework" and not is_own(value):
                return
            plain = isinstance(value, type) or not (value.__closure__ or vars(value))
            if plain and self.label(value) == label and is_own(value):
                self._queue.append((value, name, user))
                return
        itself = isinstance(value, ModuleType | type | FunctionType)
        digested, walk = self._discovered(value, name, user if itself else label)
        self._bound[label] = _Bound(value, place, user, digested, walk)
        if itself and not is_own(value):
            self._left_out[label] = f"installed, counts by its name: {self.label(value)}"

    def _discovered(self, value: Any, name: str, user: str, *, strict: bool = False) -> tuple[str, ValueWalk]:
        walk = ValueWalk(State(), self, strict=strict)
        digested = walk.digest(value, name)
        for met in walk.met:
            self._queue.append((met, name, user))
        return digested, walk

    # -- names

    def label(self, value: Any) -> str:
        """The name of a definition, seen from the processor's module."""
        if isinstance(value, ModuleType):
            return module_label(value.__name__)
        if isinstance(value, type):
            module, name = value.__module__, value.__qualname__
        else:
            module = value.__globals__.get("__name__", "")
            name = value.__code__.co_qualname if hasattr(value, "__wrapped__") else value.__qualname__
        return self._prefixed(module, name)

    def mark(self, value: Any) -> str:
        """The label, and the syntax: two lambdas or two products of a factory have one label."""
        if isinstance(value, ModuleType):
            return self.label(value)
        if isinstance(value, type):
            functions = [function for attribute in vars(value).values() for function in functions_in(attribute)]
            source = class_source(value, functions)
        else:
            source = source_of_function(value)
        return f"{self.label(value)} {_syntax(source) if source else ''}"

    def _variable(self, namespace: Mapping[str, Any], name: str) -> str:
        return self._prefixed(namespace.get("__name__", ""), name)

    def _prefixed(self, module: str, name: str) -> str:
        module = module_label(module)
        return name if module == self._root else f"{module}.{name}"


def _syntax(source: Source) -> str:
    """The normal form, once for all processors that use the definition."""
    syntax = _normal_forms.get(source.node)
    if syntax is None:
        syntax = _normal_forms[source.node] = normal_form(source.node)
    return syntax
