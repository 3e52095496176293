"""What one definition uses: read once, and shared by all processors whose identity is computed together."""

from __future__ import annotations

import abc
import ast
import sys
from abc import ABCMeta
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import EnumType
from pathlib import PurePath
from types import FunctionType, ModuleType
from typing import Any

from framework.archive.digest.code import is_installed, loaded_names
from framework.archive.digest.objects import name_of
from framework.core.identity.parts import Part
from framework.core.identity.reading.definitions import (
    ACCESSORS,
    MISSING,
    added_to_tables,
    attribute_of,
    class_source,
    defaults_of,
    equals,
    fields_of,
    functions_in,
    given_by,
    is_data,
    is_installed_thing,
    is_known_by,
    is_own,
    subclasses,
)
from framework.core.identity.reading.imports import imported, module_label
from framework.core.identity.reading.nodes import Bound, CodeNode, syntax_of
from framework.core.identity.reading.references import HINTS, NameChain, References, read_given, references_of
from framework.core.identity.state import Code, State, closure_of
from framework.core.identity.values import ValueWalk
from framework.source import Source, source_of_function

_GENERATED = frozenset({"_abc_impl"})
_NAMESPACES = frozenset({"globals", "eval", "exec"})
_Functions = Mapping[str, tuple[FunctionType, ...]]
"""Those behind each attribute of a class."""
_DATA = (str, bytes, int, float, complex, tuple, list, dict, set, frozenset)
_Variable = tuple[Mapping[str, Any] | None, str, Any]


class DefinitionReader:
    """Reads definitions, each once; labels of things in one module carry no module name.

    What it has read holds for one moment: constants may change afterwards.
    """

    def __init__(self, module: str, identity: Callable[[Any], str] | None = None) -> None:
        """Read nothing yet; things of `module` have short labels.

        `identity` gives that of a processor that is met in a value, by default the name of its class.
        """
        self._root = module_label(module)
        self.identity = identity or (lambda processor: self.label(type(processor)))
        self._no_state = State()
        self._nodes: dict[int, CodeNode] = {}  # which keep their objects, lest an id be used again
        self._installed: dict[int, Any] = {}
        self._hints: dict[int, CodeNode] = {}
        self._bound: dict[tuple[str, int], Bound] = {}

    def node_of(self, value: Any) -> CodeNode | None:
        """What a class, function or module uses; None for what is installed."""
        node = self._nodes.get(id(value))
        if node is None:
            if id(value) in self._installed:
                return None
            if not is_own(value):
                self._installed[id(value)] = value
                return None
            node = self._nodes[id(value)] = CodeNode(value, self.label(value))
            if isinstance(value, type):
                self._read_class(value, node)
            elif isinstance(value, FunctionType):
                self._read_function(value, node, None)
            else:
                self._read_module(value, node)
        return node

    def discovered(self, value: Any, name: str, *, strict: bool = False) -> tuple[str, ValueWalk]:
        """The digest of a value, and the walk that met the own code in it; raises Undigestable."""
        walk = ValueWalk(self._no_state, self, strict=strict)
        return walk.digest(value, name), walk

    def _read_class(self, cls: type, node: CodeNode) -> None:
        wrapped = vars(cls).get("__wrapped__")
        if isinstance(wrapped, FunctionType):  # a class that a decorator made of a function counts as the function
            node.next.append((wrapped, "build", ""))
            return
        functions = {name: tuple(functions_in(value)) for name, value in vars(cls).items()}
        each = list({id(function): function for behind in functions.values() for function in behind}.values())
        source = class_source(cls, each)
        node.define("class", source, each)
        node.next += ((base, "", node.label) for base in (*cls.__mro__[1:], type(cls)))
        module = getattr(sys.modules.get(cls.__module__), "__dict__", {})
        variables = [*self._read_methods(cls, functions, source, node), module]
        references = References() if source is None else references_of(source.node)
        node.hints.append((references, module))
        _read_early(references, ChainMap(*variables), node)
        statement = None if source is None else source.node
        if isinstance(statement, ast.ClassDef) and (statement.decorator_list or not _is_plain(cls)):
            if not references.given:
                read_given(statement, references)
            self._bind_given(node, references.given | references.called | references.hints, references, module)
        if isinstance(cls, ABCMeta):
            registered = (each() for each in abc._get_dump(cls)[0])  # type: ignore[attr-defined]  # noqa: SLF001 - the only way
            node.links |= {(f"{node.label}: registered", name_of(each)) for each in registered if each is not None}
        self._read_attributes(cls, functions, references, node, whole=source is None)

    def _read_methods(
        self, cls: type, functions: _Functions, source: Source | None, node: CodeNode
    ) -> Iterator[dict[str, Any]]:
        """Follow methods and inner classes; gives the variables that the methods see."""
        for attribute, value in vars(cls).items():
            if isinstance(value, type):
                node.next.append((value, attribute, node.label))
            for function in functions[attribute]:
                file = function.__code__.co_filename
                if source is not None and file != source.file and file.startswith("<"):
                    continue  # generated, by a dataclass for example: it follows from the class
                if not function.__qualname__.startswith(f"{cls.__qualname__}."):
                    node.next.append((function, attribute, node.label))
                elif source is None or file == source.file:
                    self._read_function(function, node, cls, attribute)
                    yield closure_of(function)
                    yield function.__globals__

    def _read_attributes(
        self, cls: type, functions: _Functions, references: References, node: CodeNode, *, whole: bool
    ) -> None:
        plain = whole or _is_plain(cls)
        for name, attribute in vars(cls).items():
            member = isinstance(cls, EnumType) and isinstance(attribute, cls)
            value = attribute._value_ if member else attribute
            written = references.literals.get(name)
            if written is not None:
                counts = not equals(value, written)  # set from outside since
            else:
                extra = plain and not name.startswith("__") and name not in _GENERATED
                counts = name in references.computed or (extra and not functions[name] and is_data(value))
            if counts and not isinstance(value, ACCESSORS):
                self._bind(node, f"{node.label}.{name}", value, (cls, name))
        for name, each in fields_of(cls):
            if whole or name in references.computed:
                self._bind(node, f"{node.label}.{name}", each, (cls, name))

    def _read_function(self, function: FunctionType, node: CodeNode, owner: type | None, attribute: str = "") -> None:
        source = source_of_function(function)
        references = References() if source is None else references_of(source.node)
        if source is None:
            references.chains = {(loaded,) for loaded in loaded_names(function.__code__)}
            references.attributes = set(function.__code__.co_names)
        code = Code(function, owner, source, references, attribute)
        node.codes.append(code)
        node.asks_for_hints |= references.asks_for_hints()
        if owner is None:
            node.define("function", source, [function])
        closure = closure_of(function)
        self._read_names(node, code, closure)
        if references.early:
            _read_early(references, ChainMap(closure, function.__globals__), node)
            seen = function.__globals__
            given = [given for called, given in references.decorators if is_installed_thing(seen.get(called[0]))]
            self._bind_given(node, set().union(*given), references, seen)
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        label = self.label(function)
        for variable, value in closure.items():
            if variable != "__class__":
                self._bind(node, f"{label}({variable})", value, (cells[variable], variable))
        for parameter, value in defaults_of(function):
            self._bind(node, f"{label}({parameter})", value, (function, parameter))
        for name, value in vars(function).items():
            if name == "__wrapped__" or not name.startswith("__"):
                self._bind(node, f"{label}.{name}", value, (function, name))

    def hints_of(self, known: CodeNode) -> CodeNode:
        """What the annotations of a class or function name, for code that asks for them while it runs."""
        node = self._hints.get(id(known.value))
        if node is None:
            node = self._hints[id(known.value)] = CodeNode(known.value, known.label)
            for code in known.codes:
                for chain in sorted(code.references.hints):
                    self._resolve(node, code, chain, closure_of(code.function))
            for references, namespace in known.hints:
                self._bind_given(node, references.hints, references, namespace)
        return node

    def _bind_given(
        self, node: CodeNode, chains: Iterable[NameChain], references: References, namespace: Mapping[str, Any]
    ) -> None:
        """Bind constants that were handed to code while the definition ran: what it made of them need not show."""
        for chain in sorted(chains):
            (root, *names), variables = chain, namespace
            value = variables.get(root, MISSING)
            while isinstance(value, ModuleType) and names and not is_installed(value.__name__):
                variables, root = vars(value), names.pop(0)
                value = attribute_of(value, root)
            if value is MISSING or isinstance(value, FunctionType | type | ModuleType) or is_known_by(root, value):
                continue
            if chain not in references.called or isinstance(value, _DATA):
                self._bind(node, self._variable(variables, root), value, (variables, root))

    def _read_names(self, node: CodeNode, code: Code, closure: Mapping[str, Any]) -> None:
        """Follow the names and attributes that a function asks for."""
        references = code.references
        used = {*loaded_names(code.function.__code__), *closure, *references.imports}
        asked = [chain for chain in references.chains if chain[0] in used]
        for chain in sorted({*asked, *references.unloaded}):
            self._resolve(node, code, chain, closure)
        for chain in sorted(references.named):
            for _, _, value in self._variables_of(code, chain[0], closure) if len(chain) == 1 else ():
                module = imported((0, value, None), code.function.__globals__) if isinstance(value, str) else None
                node.next += ((each, chain[0], node.label) for each in (module,) if isinstance(each, ModuleType))
        node.next += ((each, "", node.label) for each in added_to_tables(references.attributes))
        if code.owner is not None and "__subclasses__" in references.attributes:  # of `cls` or `type(self)`
            node.next += ((each, "__subclasses__", node.label) for each in subclasses(code.owner))

    def _read_module(self, module: ModuleType, node: CodeNode) -> None:
        node.part = Part(node.label, "module", PurePath(getattr(module, "__file__", None) or "").name, "")
        for name, value in list(vars(module).items()):
            inner = isinstance(value, ModuleType) and not value.__name__.startswith(f"{module.__name__}.")
            if not name.startswith("__") and not inner:
                self._bind(node, self._variable(vars(module), name), value, (vars(module), name))

    def _resolve(self, node: CodeNode, code: Code, chain: NameChain, closure: Mapping[str, Any]) -> None:
        for variable in self._variables_of(code, chain[0], closure):
            self._follow(node, variable, list(chain[1:]))

    def _follow(self, node: CodeNode, variable: _Variable, names: list[str]) -> None:
        """Bind what a variable and its attributes lead to; through modules, an attribute is a variable of theirs."""
        namespace, root, value = variable
        label = self._variable(namespace, root) if namespace is not None else ""
        while isinstance(value, ModuleType) and names and not is_installed(value.__name__):
            if label and label != self.label(value):
                node.links.add((label, f"module {self.label(value)}"))
            root, namespace = names.pop(0), vars(value)
            value, getter = attribute_of(value, root), namespace.get("__getattr__")
            if value is MISSING and getter is not None:  # of a module: it gives what is not there
                node.next.append((getter, "__getattr__", node.label))
                value = given_by(getter, root)
            label = self._variable(namespace, root)
        if value is not MISSING and namespace is not None:
            self._bind(node, label, value, (namespace, root))
        elif isinstance(value, ModuleType):
            node.next.append((value, root, node.label))
        if names:
            self._follow_attributes(node, value, names)

    def _follow_attributes(self, node: CodeNode, value: Any, names: list[str]) -> None:
        """Record own code that an installed module was given, and the subclasses that a class is asked for."""
        for name in names:
            if name == "__subclasses__" and isinstance(value, type):
                node.next += ((each, name, node.label) for each in subclasses(value))
            if not isinstance(value, ModuleType):
                return
            value = attribute_of(value, name)
        if isinstance(value, FunctionType | type) and is_own(value):
            node.next.append((value, names[-1], node.label))
            node.links.add((f"{node.label}: {'.'.join(names)}", self.mark(value)))

    def _variables_of(self, code: Code, name: str, closure: Mapping[str, Any]) -> Iterator[_Variable]:
        """Yield namespace, name there and value of a variable; no namespace for a module that is bound nowhere.

        There are several where several import statements inside of the function bind the name.
        """
        variables = code.function.__globals__
        if name in closure:  # anything but a module is bound with the closure
            yield None, name, closure[name] if isinstance(closure[name], ModuleType) else MISSING
        elif name in code.references.imports:
            for statement in code.references.imports[name]:
                found = imported(statement, variables)
                yield found if isinstance(found, tuple) else (None, name, found)
        elif name in variables:
            yield variables, name, variables[name]
        elif name in _NAMESPACES:
            module = sys.modules.get(variables.get("__name__", ""))
            for each in (module, *variables.values()):
                if isinstance(each, ModuleType) and not is_installed(each.__name__):
                    yield None, name, each

    def _bind(self, node: CodeNode, label: str, value: Any, place: tuple[object, str]) -> None:
        """Record a value under its name; a definition that is bound to its own name needs no more than itself."""
        if label in node.bound:
            return
        name = place[1]
        itself = isinstance(value, ModuleType | type | FunctionType)
        if isinstance(value, FunctionType | type) and getattr(value, "__name__", None) == name:
            module = getattr(value, "__module__", None) or ""
            if module.partition(".")[0] == "framework" and not is_own(value):
                return
            plain = isinstance(value, type) or not (value.__closure__ or vars(value))
            if plain and self.label(value) == label and is_own(value):
                node.next.append((value, name, node.label))
                return
        bound = self._bound.get((label, id(value)))
        if bound is None:
            bound = Bound(value, place, node.label, *self.discovered(value, name))
            self._bound[label, id(value)] = bound
        node.bound[label] = bound
        node.asks_for_hints |= itself and getattr(value, "__name__", "") in HINTS  # under another name, too
        node.next += ((met, name, node.label if itself else label) for met in bound.walk.met)

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
        return f"{self.label(value)} {syntax_of(source) if source else ''}"

    def _variable(self, namespace: Mapping[str, Any], name: str) -> str:
        return self._prefixed(namespace.get("__name__", ""), name)

    def _prefixed(self, module: str, name: str) -> str:
        module = module_label(module)
        return name if module == self._root else f"{module}.{name}"


def _is_plain(cls: type) -> bool:
    """Whether what a class body assigns stays as it is."""
    return any(type(cls) is kind for kind in (type, ABCMeta))


def _read_early(references: References, variables: Mapping[str, Any], node: CodeNode) -> None:
    """Record code that was used while the definition ran. What it made of constants then shows in the definition."""
    for root, *names in sorted(references.early):
        value = variables.get(root, MISSING)
        for name in names:
            value = attribute_of(value, name) if isinstance(value, ModuleType) else value
        if isinstance(value, FunctionType | type):
            node.next.append((value, names[-1] if names else root, node.label))
