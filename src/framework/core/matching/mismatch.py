"""`find_mismatch`: why a value does not fit a pattern, in words."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from framework.core.matching.cases import Scope
from framework.errors import SourceUnavailable
from framework.observe.findings import times
from framework.observe.text import nearest_name, short_repr
from framework.source import source_of

_IS_SEQUENCE = 1 << 5  # flags of a type that Python's own sequence, mapping and class patterns look at
_IS_MAPPING = 1 << 6
_MATCHES_ITSELF = 1 << 22
_ABSENT = object()
_SubPattern = tuple[ast.pattern, Any, str]
ANOTHER_DEFINITION = "class"
"""The label of a mismatch between two classes of one name."""


class Mismatch(NamedTuple):
    """Why a value does not fit a pattern: `fact` is so, each of the `expected` (if any) is not.

    `fits` counts the sub-patterns that fit. `label` names the part that does not, empty for the class of the event;
    `value` is that part and `texts` are those of the expected that are text, among which may be what was meant.
    """

    fits: int
    fact: str
    expected: tuple[str, ...] = ()
    label: str = ""
    value: Any = None
    texts: tuple[str, ...] = ()

    @property
    def meant(self) -> str | None:
        """What was probably meant, where this may be a misspelling."""
        return nearest_name(self.value, self.texts)

    @property
    def words(self) -> str:
        """The reason as text, such as `name='stop' is not 'start'`."""
        negation = "not" if len(self.expected) == 1 else "none of"
        reason = f"{self.fact} {negation} {', '.join(self.expected)}" if self.expected else self.fact
        return f"{reason}: did you mean {self.meant!r}?" if self.meant else reason


def nearest(mismatches: Iterable[Mismatch]) -> Mismatch:
    """Return the mismatch that was nearest to a fit; those equally near with the same fact are merged.

    Another name is farther away than another attribute.
    """
    mismatches = list(mismatches)
    first = max(mismatches, key=lambda one: (one.fits, one.label != "name", one.meant is not None))
    alike = [one for one in mismatches if (one.fits, one.fact) == (first.fits, first.fact)]
    return first._replace(
        expected=tuple(dict.fromkeys(chain.from_iterable(one.expected for one in alike))),
        texts=tuple(dict.fromkeys(chain.from_iterable(one.texts for one in alike))),
    )


def find_mismatch(
    pattern: ast.pattern, value: Any, scope: Scope, instance: object = None, label: str = ""
) -> Mismatch | None:
    """Return why a value does not fit a pattern, None if it fits; agrees with Python's `match` on all patterns.

    The reason calls the value `label`. Raises Unresolved where a name is known to the running code only, and TypeError
    as `match` does.
    """
    return _Matcher(scope, instance).mismatch(pattern, value, label)


class _Matcher:
    def __init__(self, scope: Scope, instance: object) -> None:
        self._scope = scope
        self._instance = instance

    def mismatch(self, pattern: ast.pattern, value: Any, label: str) -> Mismatch | None:
        found: Mismatch | None
        match pattern:
            case ast.MatchAs(pattern=inner):
                found = None if inner is None else self.mismatch(inner, value, label)
            case ast.MatchOr(patterns=patterns):
                found = self._either(patterns, value, label)
            case ast.MatchSingleton(value=expected):
                fact = f"{_shown(value, label)} is"
                found = None if value is expected else Mismatch(0, fact, (repr(expected),), label)
            case ast.MatchValue(value=expression):
                found = self._value(expression, value, label)
            case ast.MatchSequence(patterns=patterns):
                found = self._sequence(patterns, value, label)
            case ast.MatchMapping():
                found = self._mapping(pattern, value, label)
            case _:
                assert isinstance(pattern, ast.MatchClass)  # noqa: S101 - the only kind that is left
                found = self._class(pattern, value, label)
        return found

    def _all(self, parts: Iterable[_SubPattern]) -> Mismatch | None:
        parts = list(parts)
        for place, part in enumerate(parts):
            mismatch = self.mismatch(*part)
            if mismatch is not None:
                return mismatch._replace(fits=1 + place + mismatch.fits + self._fitting(parts[place + 1 :]))
        return None

    def _fitting(self, parts: Iterable[_SubPattern]) -> int:
        """Count the parts that fit, of those that Python does not try any more."""
        count = 0
        for part in parts:
            with contextlib.suppress(Exception):
                count += self.mismatch(*part) is None
        return count

    def _either(self, patterns: Iterable[ast.pattern], value: Any, label: str) -> Mismatch | None:
        mismatches = []
        for pattern in patterns:
            mismatch = self.mismatch(pattern, value, label)
            if mismatch is None:
                return None
            mismatches.append(mismatch)
        return nearest(mismatches)

    def _constant(self, expression: ast.expr) -> Any:
        if isinstance(expression, ast.Attribute):
            return self._scope.resolve(expression, self._instance)
        return ast.literal_eval(expression)

    def _value(self, expression: ast.expr, value: Any, label: str) -> Mismatch | None:
        expected = self._constant(expression)
        if value == expected:
            return None
        shown = short_repr(expected)
        if isinstance(expression, ast.Attribute):
            shown = f"{ast.unparse(expression)} ({shown})"
        if value is not None and type(value) is not type(expected):
            shown += f" ({type(value).__name__} and {type(expected).__name__})"
        texts = (expected,) if isinstance(expected, str) else ()
        return Mismatch(0, f"{_shown(value, label)} is", (shown,), label, value, texts)

    def _sequence(self, patterns: Sequence[ast.pattern], value: Any, label: str) -> Mismatch | None:
        if not type(value).__flags__ & _IS_SEQUENCE:
            return Mismatch(0, f"{_shown(value, label)} is", ("a sequence",), label)
        star = next((index for index, part in enumerate(patterns) if isinstance(part, ast.MatchStar)), None)
        needed = len(patterns) - (star is not None)
        length = len(value)
        if length < needed or (length > needed and star is None):
            least = "" if star is None else "at least "
            return Mismatch(1, f"{label or 'the event'} has {times(length, 'item')},", (f"{least}{needed}",), label)
        before = needed if star is None else star
        places = [*range(before), *range(length - needed + before, length)]
        parts = [part for part in patterns if not isinstance(part, ast.MatchStar)]
        return self._all((part, value[place], f"{label}[{place}]") for part, place in zip(parts, places, strict=True))

    def _mapping(self, pattern: ast.MatchMapping, value: Any, label: str) -> Mismatch | None:
        if not type(value).__flags__ & _IS_MAPPING:
            return Mismatch(0, f"{_shown(value, label)} is", ("a mapping",), label)
        if len(value) < len(pattern.keys):
            fact = f"{label or 'the event'} has {times(len(value), 'key')},"
            return Mismatch(1, fact, (f"at least {len(pattern.keys)}",), label)
        found: dict[Any, Any] = {}
        for key in map(self._constant, pattern.keys):
            if key in found:
                raise ValueError(f"mapping pattern checks duplicate key ({key!r})")
            found[key] = value.get(key, _ABSENT)
            if found[key] is _ABSENT:
                others = (other for other in value if isinstance(other, str))
                fact = f"{label or 'the event'} has no key {_but(key, others)}"
                return Mismatch(len(found), fact, label=label or "key")
        parts = zip(pattern.patterns, found.items(), strict=True)
        return self._all((part, value, f"{label}[{key!r}]") for part, (key, value) in parts)

    def _class(self, pattern: ast.MatchClass, value: Any, label: str) -> Mismatch | None:
        cls = self._scope.resolve(pattern.cls, self._instance)
        if not isinstance(cls, type):
            raise TypeError(f"{ast.unparse(pattern.cls)} in a class pattern is no class")
        if not isinstance(value, cls):
            return _wrong_class(value, cls, label)._replace(fits=self._fitting_attributes(pattern, value))
        positions = _positions(cls, len(pattern.patterns))
        itself = pattern.patterns if positions is None else []
        names = [*(positions or ()), *pattern.kwd_attrs]
        parts = [*(pattern.patterns if positions else ()), *pattern.kwd_patterns]
        values: dict[str, Any] = {}
        for name in names:
            if name in values:
                raise TypeError(f"{cls.__name__}() got multiple sub-patterns for attribute {name!r}")
            values[name] = getattr(value, name, _ABSENT)
            if values[name] is _ABSENT:
                break
        tried = [(part, value, label) for part in itself]
        named = zip(parts, values.items(), strict=False)
        tried += [(part, found, f"{label}.{name}" if label else name) for part, (name, found) in named]
        if _ABSENT in values.values():
            rest = zip(parts[len(values) :], names[len(values) :], strict=True)
            return self._absent(value, label, tried[:-1], list(values)[-1], rest)
        return self._all(tried)

    def _fitting_attributes(self, pattern: ast.MatchClass, value: Any) -> int:
        """Count the sub-patterns that would fit if the class did."""
        names = [*getattr(type(value), "__match_args__", ())[: len(pattern.patterns)], *pattern.kwd_attrs]
        return self._fitting(
            (part, getattr(value, name, _ABSENT), name)
            for part, name in zip([*pattern.patterns, *pattern.kwd_patterns], names, strict=False)
        )

    def _absent(
        self, value: Any, label: str, before: Sequence[_SubPattern], name: str, rest: Iterable[tuple[ast.pattern, str]]
    ) -> Mismatch:
        """Name the absent attribute, unless a part before it does not fit either, which is the better reason."""
        mismatch = None
        with contextlib.suppress(Exception):  # Python does not try the others when one is absent
            mismatch = self._all(before)
        fits = 1 + len(before)
        for pattern, other in rest:
            with contextlib.suppress(Exception):
                fits += self.mismatch(pattern, getattr(value, other), "") is None
        fact = f"{label} has".lstrip() + f" no attribute {_but(name, getattr(value, '__dict__', ()))}"
        return mismatch or Mismatch(fits, fact, label=f"{label}.{name}" if label else name)


def _positions(cls: type, count: int) -> tuple[str, ...] | None:
    """Return the attributes that positions stand for; None if the one position is the whole value, as in `int(x)`."""
    if not count:
        return ()
    names = getattr(cls, "__match_args__", None)
    if names is None:
        if count > 1 or not cls.__flags__ & _MATCHES_ITSELF:
            raise TypeError(f"{cls.__name__}() takes fewer positional sub-patterns ({count} given)")
        return None
    if not isinstance(names, tuple) or count > len(names):
        raise TypeError(f"{cls.__name__}() takes {len(names)} positional sub-patterns ({count} given)")
    return names[:count]


def _shown(value: Any, label: str) -> str:
    return f"{label}={short_repr(value)}" if label else short_repr(value)


def base_taken(pattern: ast.pattern, value: Any, scope: Scope, instance: object = None) -> type | None:
    """Return the class by which a pattern takes a value that it fits, if that is a base of the value's own class."""
    match pattern:
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return base_taken(inner, value, scope, instance)
        case ast.MatchOr(patterns=patterns):
            fitting = (part for part in patterns if find_mismatch(part, value, scope, instance) is None)
            return base_taken(next(fitting), value, scope, instance)
        case ast.MatchClass(cls=expression):
            cls = scope.resolve(expression, instance)
            return cls if cls is not type(value) and cls in type(value).__mro__ else None
        case _:
            return None


def _but(name: object, others: Iterable[str]) -> str:
    """Return a name that is not there, and the one that is there in its place."""
    near = nearest_name(name, others)
    return f"{name!r}, but {near!r}" if near else repr(name)


def _wrong_class(value: Any, cls: type, label: str) -> Mismatch:
    fact = f"{_shown(value, label)} is" if label else "is"
    kind, wanted = type(value).__qualname__, cls.__qualname__
    if kind != wanted:
        return Mismatch(0, f"{fact} {_a(kind)},", (_a(wanted),), label)
    mine, theirs = _definition(type(value)), _definition(cls)
    where = f": that of {mine}, not that of {theirs}"
    if mine == theirs:
        where = f" in {mine}: run the cells that use it again"
    return Mismatch(0, f"{fact} {_a(kind)} of another definition{where}", label=label or ANOTHER_DEFINITION)


def _definition(cls: type) -> str:
    try:
        return f"{cls.__module__} ({source_of(cls).where})"
    except SourceUnavailable:
        return cls.__module__


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in set('aeiou') else 'a'} {name}"
