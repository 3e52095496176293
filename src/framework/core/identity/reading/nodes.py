"""`CodeNode`: what one definition uses. `Bound`: a value under a name. The reader makes them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from framework.core.identity.parts import Kind, Part, shown
from framework.core.identity.reading.definitions import code_digest
from framework.core.identity.reading.normal_form import normal_form
from framework.core.identity.reading.references import References
from framework.core.identity.state import Code
from framework.core.identity.values import ValueWalk
from framework.parsing import Definition
from framework.source import Source

_normal_forms: WeakKeyDictionary[Definition, str] = WeakKeyDictionary()


@dataclass(slots=True)
class Bound:
    """A value under a name: a global of a module, an attribute of a class, a default, a variable of a closure.

    `place` is the namespace and the name in it; `walk` knows what the value holds.
    """

    value: Any
    place: tuple[object, str]
    user: str
    digest: str
    walk: ValueWalk
    text: str | None = None

    def shown(self) -> str:
        """Return a short repr, made once."""
        if self.text is None:
            self.text = shown(self.value)
        return self.text


@dataclass(slots=True)
class CodeNode:
    """A class, function or module: how it counts, what it binds, and which own code it leads to.

    `next` holds that code, the name that leads to it, and the label of its user.
    """

    value: Any
    label: str
    part: Part | None = None
    definition: tuple[str, str] | None = None
    codes: list[Code] = field(default_factory=list)
    bound: dict[str, Bound] = field(default_factory=dict)
    links: set[tuple[str, str]] = field(default_factory=set)
    next: list[tuple[Any, str, str]] = field(default_factory=list)
    hints: list[tuple[References, Mapping[str, Any]]] = field(default_factory=list)
    asks_for_hints: bool = False

    def define(self, kind: Kind, source: Source | None, functions: Iterable[FunctionType]) -> None:
        """Let a definition count by its syntax, or by what it compiles to."""
        if source is not None:
            self.definition = (self.label, syntax_of(source))
            self.part = Part(self.label, kind, source.where, source.text)
            return
        # Compiled code differs between versions of Python; where there is source, it does not matter which runs.
        code = ", ".join(map(code_digest, functions))
        self.definition = (self.label, f"python {sys.version_info[0]}.{sys.version_info[1]}: {code}")
        self.part = Part(self.label, kind, "", f"# no source of {self.label}\n")


def syntax_of(source: Source) -> str:
    """The normal form, once for all processors that use the definition."""
    syntax = _normal_forms.get(source.node)
    if syntax is None:
        syntax = _normal_forms[source.node] = normal_form(source.node)
    return syntax
