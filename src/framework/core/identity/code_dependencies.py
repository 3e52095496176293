"""What the results of a class depend on in the user's own code, in whichever module. Start at `CodeDependencies`."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from framework.core.identity.parts import Part
from framework.core.identity.reading.definition_reader import DefinitionReader
from framework.core.identity.reading.definitions import is_own
from framework.core.identity.reading.nodes import Bound, CodeNode
from framework.core.identity.state import Code, State
from framework.core.identity.values import ValueWalk


class CodeDependencies:
    """Definitions and constants, each once, whatever the order in which they are met.

    A definition counts by its syntax, a constant by its value; what is bound to a name of another module, or under
    another name than its own, counts by the binding as well. Followed is what code uses by name, through modules,
    attributes, containers, instances, decorators and closures, as far as it is not installed. What the code changes
    while it runs is state, no constant, and does not count.
    """

    def __init__(self, reader: DefinitionReader) -> None:
        """Collect nothing yet; what `reader` has read already is not read again."""
        self.reader = reader
        self.state = State()
        self.parts: list[Part] = []
        self._definitions: set[tuple[str, str]] = set()
        self._links: set[tuple[str, str]] = set()
        self._codes: dict[int, Code] = {}
        self._known_as: dict[int, set[str]] = {}
        self._bound: dict[str, Bound] = {}
        self._given: dict[str, Bound] = {}
        self._left_out: dict[str, str] = {}
        self._seen: dict[int, CodeNode] = {}
        self._hinted = False
        self._queue: deque[tuple[Any, str, str]] = deque()

    # -- what is added

    def add(self, value: Any, name: str = "", user: str = "") -> None:
        """Add a class, a function or a module, and all that it reaches."""
        self._queue.append((value, name, user))
        self._drain()

    def add_given(self, name: str, value: Any, called: str = "") -> None:
        """Add an argument or attribute of the processor, and the own code in it; raises Undigestable."""
        digested, walk = self.reader.discovered(value, called or name, strict=bool(called))
        self._given[name] = Bound(value, (None, name), "", digested, walk)
        self._queue.extend((met, name, "") for met in walk.met)
        self._drain()

    def add_fact(self, part: Part, fact: str) -> None:
        """Add something that counts by itself: a file, or the version of a package."""
        self.parts.append(part)
        self._links.add((part.label, fact))

    def find_state(self, entries: Iterable[str] | None, processor: Any = None) -> None:
        """Tell state from constants; `entries` are the methods that a run calls, None for all functions."""
        if entries is None:
            entries = [code.function.__name__ for code in self._codes.values()]
        self.state.find(self._codes.values(), self._known_as, frozenset(entries), processor)
        for thing in (processor, *(node.value for node in self._seen.values())):
            if thing is processor or isinstance(thing, type):
                self.state.enter(thing)

    def _drain(self) -> None:
        while self._queue:
            value, name, user = self._queue.popleft()
            self._known_as.setdefault(id(value), set()).add(name)
            if id(value) in self._seen or id(value) in self._codes:
                continue
            node = self.reader.node_of(value)
            if node is not None:
                self._seen[id(value)] = node
                self._take(node, user)
                self._take_hints(node)

    def _take(self, node: CodeNode, user: str) -> None:
        if node.part is not None:
            part = node.part
            self.parts.append(Part(part.label, part.kind, part.where, part.text, user))
        if node.definition is not None:
            self._definitions.add(node.definition)
        for code in node.codes:
            self._codes[id(code.function)] = code
        for label, bound in node.bound.items():
            if label not in self._bound:
                self._bound[label] = bound
        self._links |= node.links
        self._queue.extend(node.next)

    def _take_hints(self, node: CodeNode) -> None:
        """Once code asks for annotations while it runs, those of all definitions count."""
        if self._hinted:
            self._take(self.reader.hints_of(node), node.label)
        elif node.asks_for_hints:
            self._hinted = True
            for known in [*self._seen.values()]:
                self._take(self.reader.hints_of(known), known.label)

    # -- what came of it

    def given(self) -> dict[str, str]:
        """The digests of arguments and attributes, without what the code changes."""
        return {name: self._digest_of(bound) for name, bound in self._given.items()}

    def facts(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        """Name and syntax of every definition, name and digest of every constant, sorted."""
        return tuple(sorted(self._definitions)), tuple(sorted(self._links | set(self._constants)))

    def all_parts(self) -> tuple[Part, ...]:
        """Everything that counts, and what was left out."""
        constants = []
        for label, _ in self._constants:
            bound = self._bound[label]
            if not isinstance(bound.value, FunctionType | type | ModuleType):
                constants.append(Part(label, "constant", "", bound.shown(), bound.user))
            elif not is_own(bound.value) and not bound.walk.met:
                self._left_out[label] = f"installed, counts by its name: {self.reader.label(bound.value)}"
        left_out = [Part(label, "left out", "", why) for label, why in sorted(self._left_out.items())]
        return (*self.parts, *constants, *left_out)

    @functools.cached_property
    def _constants(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._counted())

    def _counted(self) -> Iterator[tuple[str, str]]:
        for label, bound in self._bound.items():
            where = self._changed(bound)
            if where is not None:
                self._left_out[label] = f"state, changed at {where}"
            else:
                yield label, self._digest_of(bound)

    def _digest_of(self, bound: Bound) -> str:
        walk = bound.walk
        if not self.state.touches(walk.entered, walk.met):
            return bound.digest
        return ValueWalk(self.state, self.reader, strict=walk.strict).digest(bound.value)

    def _changed(self, bound: Bound) -> str | None:
        owner, name = bound.place
        if isinstance(owner, type):
            where = self.state.attributes_of(owner).get(name)
        else:
            where = self.state.variables.get((id(owner), name))
        return where or self.state.objects.get(id(bound.value))
