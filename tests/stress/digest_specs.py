"""Descriptions of values, by which values are made and compared. Start at `pairs`.

A description (`Spec`) says type and value and nothing else. Everything that must not count is left to `Noise`, which
differs each time a value is made: the insertion order of sets and dicts, which equal parts are one object, the memory
layout of arrays, the place of a function in its file. `told` is the model: two descriptions mean equal values exactly
when their texts are equal. It knows nothing of digests, pickles, `==` or `hash`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

DEPTH = 4


class Spec(NamedTuple):
    """A value: its kind, and parts that are descriptions or plain Python scalars."""

    kind: str
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Kind:
    """How values of one kind are rolled and made.

    `roll(random, depth)` gives parts, `make(*parts)` a value (`make(noise, *parts)` where `noisy`). The parts of
    `many` may be more, fewer or in another order; `unordered` ones have none. `family` are kinds of the same parts,
    `same_as` one of the same values.
    """

    roll: Callable[[Random, int], tuple[Any, ...]]
    make: Callable[..., Any]
    family: str
    hashable: bool = False
    leaf: bool = False
    many: bool = False
    unordered: bool = False
    noisy: bool = False
    weight: int = 4
    same_as: str = ""


KINDS: dict[str, Kind] = {}


class Noise:
    """What differs between two values of one description."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.made: dict[int, Any] = {}

    def coin(self) -> bool:
        return self.random.random() < 0.5


def told(spec: Spec) -> str:
    """The description as text."""
    texts = [told(part) if type(part) is Spec else f"{type(part).__name__}:{part!r}" for part in spec.parts]
    kind = KINDS[spec.kind]
    if kind.unordered:
        texts.sort()
    return f"{kind.same_as or spec.kind}({','.join(texts)})"


def made(spec: Spec, noise: Noise) -> Any:
    """A value of that description; a description that occurs twice may be made once and shared."""
    if id(spec) in noise.made and noise.coin():
        return noise.made[id(spec)]
    kind = KINDS[spec.kind]
    parts = [made(part, noise) if type(part) is Spec else part for part in spec.parts]
    if kind.unordered:
        noise.random.shuffle(parts)
    value = noise.made[id(spec)] = kind.make(noise, *parts) if kind.noisy else kind.make(*parts)
    return value


def random_spec(random: Random, depth: int = DEPTH, *, hashable: bool = False) -> Spec:
    """Any value; one that can be a key where `hashable`."""
    names, weights = _choices(hashable=hashable, leaf=depth == 0 or (depth < DEPTH and random.random() < 0.2))
    return spec_of(random, random.choices(names, weights)[0], depth)


def spec_of(random: Random, name: str, depth: int) -> Spec:
    """A value of that kind."""
    while True:
        spec = Spec(name, KINDS[name].roll(random, depth))
        if not _collides(spec):
            return spec


def some(random: Random, depth: int, most: int = 5, *, hashable: bool = False) -> tuple[Spec, ...]:
    """Up to `most` values; now and then the same one again."""
    specs: list[Spec] = []
    for _ in range(random.randint(0, most)):
        again = specs and random.random() < 0.2
        specs.append(random.choice(specs) if again else random_spec(random, depth - 1, hashable=hashable))
    return tuple(specs)


def mutated(random: Random, spec: Spec) -> Spec:
    """The description with one place changed; perhaps to the same."""
    places = [place for place, part in enumerate(spec.parts) if type(part) is Spec]
    if places and random.random() < 0.7:
        place = random.choice(places)
        parts = list(spec.parts)
        parts[place] = mutated(random, parts[place])
        changed = Spec(spec.kind, tuple(parts))
    else:
        changed = _changed(random, spec)
    return spec if _collides(changed) else changed


def _changed(random: Random, spec: Spec) -> Spec:
    kind, parts = KINDS[spec.kind], list(spec.parts)
    ways = [_rolled_anew, _of_a_kin]
    if kind.many and parts:
        ways += [_without_one, _with_one_twice, _with_two_swapped]
    return random.choice(ways)(random, spec, parts)


def _rolled_anew(random: Random, spec: Spec, parts: list[Any]) -> Spec:
    fresh = KINDS[spec.kind].roll(random, 1)
    if KINDS[spec.kind].many or len(parts) < 2 or len(fresh) != len(parts):
        return Spec(spec.kind, fresh)
    place = random.randrange(len(parts))
    return Spec(spec.kind, (*parts[:place], fresh[place], *parts[place + 1 :]))


def _of_a_kin(random: Random, spec: Spec, parts: list[Any]) -> Spec:
    kind = KINDS[spec.kind]
    kin = [name for name, other in KINDS.items() if other.family == kind.family and other.hashable >= kind.hashable]
    name = random.choice(kin)
    return Spec(name, KINDS[name].roll(random, 0) if kind.leaf else tuple(parts))


def _without_one(random: Random, spec: Spec, parts: list[Any]) -> Spec:
    del parts[random.randrange(len(parts))]
    return Spec(spec.kind, tuple(parts))


def _with_one_twice(random: Random, spec: Spec, parts: list[Any]) -> Spec:
    return Spec(spec.kind, (*parts, random.choice(parts)))


def _with_two_swapped(random: Random, spec: Spec, parts: list[Any]) -> Spec:
    one, other = random.randrange(len(parts)), random.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]
    return Spec(spec.kind, tuple(parts))


def _collides(spec: Spec) -> bool:
    """Whether Python would take two keys of a dict or members of a set for one."""
    if not KINDS[spec.kind].unordered:
        return False
    keys = [part.parts[0] if part.kind in {"entry", "attribute"} else part for part in spec.parts]
    values = [made(key, Noise(Random(0))) if type(key) is Spec else key for key in keys]
    return len(set(values)) < len(values)


def pairs(first: int, last: int) -> Iterator[tuple[Spec, Spec]]:
    """Pairs of descriptions by number; one in three is the same twice, the others differ in one place at most."""
    for number in range(first, last):
        random = Random(number)
        spec = random_spec(random)
        while number % 8 and KINDS[spec.kind].family == "scalar":
            spec = random_spec(random)
        yield spec, spec if number % 3 == 0 else mutated(random, spec)


_known: dict[tuple[bool, bool], tuple[list[str], list[int]]] = {}


def _choices(*, hashable: bool, leaf: bool) -> tuple[list[str], list[int]]:
    if (hashable, leaf) not in _known:
        chosen = {
            name: kind.weight
            for name, kind in KINDS.items()
            if kind.hashable >= hashable and kind.leaf >= leaf and kind.weight
        }
        _known[hashable, leaf] = list(chosen), list(chosen.values())
    return _known[hashable, leaf]
