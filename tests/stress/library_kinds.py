"""Random values of libraries, in pairs that the library itself compares. Start at `pairs`.

A kind has pools of choices, one of each makes a value; `make` gets a `Random` for all that must not count: memory
layouts, chunks, slices, what hides behind a mask, what the library remembers once a value was used.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any


@dataclass(frozen=True)
class Kind:
    """How values are made of one choice from each pool, and the library's own word for equal."""

    pools: tuple[tuple[Any, ...], ...]
    make: Callable[..., Any]
    equal: Callable[[Any, Any], bool]
    weight: int
    travels: bool


KINDS: dict[str, Kind] = {}


def kind(name, equal, *pools, weight=4, travels=True):
    """Register the function that makes values of a kind; those of one that travels can be pickled."""

    def register(make):
        KINDS[name] = Kind(pools, make, equal, weight, travels)
        return make

    return register


def pairs(first: int, last: int) -> Iterator[tuple[str, Any, Any, bool]]:
    """The pairs of these numbers: name of the kind, two values, and whether the library says that they are equal."""
    names, weights = [*KINDS], [kind.weight for kind in KINDS.values()]
    for number in range(first, last):
        random = Random(number)
        name = random.choices(names, weights)[0]
        kind = KINDS[name]
        choices = [random.randrange(len(pool)) for pool in kind.pools]
        other = list(choices)
        for _ in range(random.choice((0, 0, 1, 1, 1, 2))):
            place = random.randrange(len(other))
            other[place] = random.randrange(len(kind.pools[place]))
        left, right = (
            kind.make(random, *(pool[choice] for pool, choice in zip(kind.pools, picked, strict=True)))
            for picked in (choices, other)
        )
        yield name, left, right, kind.equal(left, right)


def same_repr(left, right):
    """Equal types and reprs: the word of classes that print all that they hold."""
    return type(left) is type(right) and repr(left) == repr(right)
