"""The interests of a processor, inferred from the `match` statements of its `process`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from framework.core.event import Event
from framework.core.matching.cases import MatchCase, Unresolved, cases_of, refuse_unrunnable
from framework.errors import InterestError, SourceUnavailable
from framework.source import unwrap

Pair = tuple[str | None, str | None]
ANYTHING: Pair = (None, None)


class Interest(NamedTuple):
    """Events that a processor wants: of a class, by its name, and of an event name; None stands for any.

    `key` narrows it further, to events whose `routing_attribute` has that value.
    """

    class_name: str | None
    name: str | None
    key: Any = None


@dataclass(frozen=True, slots=True)
class Interests:
    """All interests of one processor; iterate for each `Interest`.

    `generic` processors receive everything; their `pairs` then hold `(None, None)`. `declared` interests were written
    in the class, others were inferred.
    """

    entries: tuple[Interest, ...]
    generic: bool
    declared: bool = False

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The class names and event names, without keys."""
        return tuple(dict.fromkeys((entry.class_name, entry.name) for entry in self.entries))

    def __iter__(self) -> Iterator[Interest]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        return ", ".join(map(_text, self.pairs)) or "nothing"


def infer_interests(function: Any, owner: type | None = None) -> tuple[Pair, ...]:
    """Return what a function matches the event against: pairs of a class name and an event name, None for any.

    `(None, None)` stands for anything: `case _`, a pattern that does not say which events fit, or no match at all.

    Args:
        function: a `process` method, or any function whose last positional parameter is the event.
        owner: the class whose instance runs it, where that is not the class that defines it.

    Raises:
        AsyncProcess: it is a coroutine function.
        InterestError: it is no function, or its source cannot be found.
    """
    if isinstance(function, type) or not callable(unwrap(function)):
        raise InterestError(f"infer_interests reads a function with a match statement, got {function!r}: Cls.process")
    return tuple(dict.fromkeys(interest[:2] for interest in _inferred(function, owner)))


def _inferred(function: Any, owner: type | None) -> tuple[Interest, ...]:
    try:
        cases = cases_of(function, owner)
    except SourceUnavailable as error:
        raise _without_source(function, owner) from error
    found = tuple(dict.fromkeys(interest for case in cases for interest in _interests(case)))
    return found or (Interest(*ANYTHING),)


def interests_of(processor: Any, strict: bool) -> Interests:  # noqa: FBT001 - mirrors the option of the pipeline
    """Return the interests of a processor or a class of them; declared ones win over inferred ones.

    With `strict`, interests in everything are left out. Raises AsyncProcess, GeneratorProcess or InterestError.
    """
    cls = processor if isinstance(processor, type) else type(processor)
    declared = getattr(processor, "interests", None)
    refuse_unrunnable(_process(processor, cls), cls)
    if declared is None:
        entries = list(_inferred(_process(processor, cls), cls))
    else:
        entries = [_declared(entry, cls) for entry in _entries(declared, cls)]
    generic = any(entry[:2] == ANYTHING for entry in entries)
    if strict and declared is None:
        entries = [entry for entry in entries if entry[:2] != ANYTHING]
        generic = False
    return Interests(tuple(dict.fromkeys(entries)), generic, declared is not None)


def pairs_of(case: MatchCase) -> Iterator[Pair]:
    """Yield the pairs of class name and event name that one case takes."""
    return (interest[:2] for interest in _interests(case))


def _interests(case: MatchCase) -> Iterator[Interest]:
    if case.aspect == "event":
        yield from _of_pattern(case.pattern, case)
    else:
        for name in _names(case.pattern, case):
            yield Interest(*ANYTHING) if name is None else Interest(Event.__name__, name)


def _of_pattern(pattern: ast.pattern, case: MatchCase) -> Iterator[Interest]:
    match pattern:
        case ast.MatchOr(patterns=patterns):
            for part in patterns:
                yield from _of_pattern(part, case)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            yield from _of_pattern(inner, case)
        case ast.MatchClass():
            yield from _of_class(pattern, case)
        case _:
            yield Interest(*ANYTHING)


def _of_class(pattern: ast.MatchClass, case: MatchCase) -> Iterator[Interest]:
    try:
        cls = case.scope.resolve(pattern.cls)
    except Unresolved:
        cls = None
    class_name = _class_name(pattern.cls, cls, case)
    if class_name is None:
        yield Interest(*ANYTHING)
        return
    positions = getattr(cls, "__match_args__", Event.__match_args__ if cls is None else ())
    given = dict(zip(positions, pattern.patterns, strict=False))
    given.update(zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True))
    names = _names(given["name"], case) if "name" in given else [None]
    key = given.get(getattr(cls, "routing_attribute", None))
    keys = [None] if key is None else list(_names(key, case))
    yield from (Interest(class_name, name, key) for name in names for key in keys)


def _class_name(expression: ast.expr, cls: Any, case: MatchCase) -> str | None:
    """Return the name that routing knows the class by, None if the class of an event does not decide."""
    if cls is None:
        root = expression
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id == case.scope.self_name:
            return None
        return expression.attr if isinstance(expression, ast.Attribute) else ast.unparse(expression)
    if not isinstance(cls, type):
        return None
    # object fits every event; an abstract class or a protocol fits classes that do not inherit from it
    virtual = type(cls).__instancecheck__ is not type.__instancecheck__ and not issubclass(cls, Event)
    return None if cls is object or virtual else cls.__name__


def _names(pattern: ast.pattern, case: MatchCase) -> Iterable[str | None]:
    """Return the names that fit a pattern; None stands for any."""
    match pattern:
        case ast.MatchOr(patterns=patterns):
            return [name for part in patterns for name in _names(part, case)]
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return _names(inner, case)
        case ast.MatchValue(value=ast.Constant(value=str() as name)):
            return [name]
        case ast.MatchValue(value=ast.Attribute() as dotted):
            try:
                value = case.scope.resolve(dotted)
            except Unresolved:
                return [None]
            return ["".join(value)] if isinstance(value, str) else [None]  # an enum's member becomes a plain string
        case _:
            return [None]


def _process(processor: Any, cls: type) -> Any:
    """Return the function that is called: one that was set on the instance wins over that of the class."""
    return vars(processor).get("process") or cls.process if processor is not cls else cls.process  # type: ignore[attr-defined]


def _entries(declared: Any, cls: type) -> list[Any]:
    if isinstance(declared, str | type) or not isinstance(declared, Iterable):
        raise InterestError(_remedy(f"{cls.__qualname__}.interests is {declared!r}"))
    return list(declared)


def _declared(entry: Any, cls: type) -> Interest:
    match entry:
        case (str() | None as class_name, str() | None as name, *key) if len(key) < 2:  # noqa: PLR2004 - one key at most
            return Interest(class_name, name, *key)
        case (type() as event_class, str() | None as name, *key) if issubclass(event_class, Event) and len(key) < 2:  # noqa: PLR2004
            return Interest(event_class.__name__, name, *key)
        case _:
            raise InterestError(_remedy(f"{cls.__qualname__}.interests holds {entry!r}"))


def _remedy(problem: str) -> str:
    return (
        f'{problem}: declare pairs of an event class and a name or None: interests = [(Event, "start"), (Tick, None)]'
    )


def _without_source(function: Any, owner: type | None) -> InterestError:
    function = unwrap(function)
    name = f"{owner.__qualname__}.process" if owner else getattr(function, "__qualname__", repr(function))
    code = getattr(function, "__code__", None)
    where = f"{code.co_filename}, line {code.co_firstlineno}" if inspect.iscode(code) else "no Python code"
    return InterestError(
        f"no source for {name} ({where}), so that its interests cannot be inferred: "
        'declare interests = [(Event, "start")] in the class, or define it in a file or a notebook cell'
    )


def _text(pair: Pair) -> str:
    class_name, name = pair
    if class_name is None:
        return "everything" if name is None else f"anything named {name!r}"
    return class_name if name is None else f"{class_name} {name!r}"
