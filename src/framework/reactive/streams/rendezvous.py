"""Joins by key: `make_rendezvous` makes a receiver for each side and a publisher that joins them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from framework.core import Context
from framework.core.mailboxes.handler import Unfinished
from framework.errors import SourceUnavailable, WiringError
from framework.observe.text import short_repr
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.origin import followed, made_from, origins_of
from framework.reactive.checks import KeyFunction, hashable, key_function, policy
from framework.reactive.policies import RendezvousOrphanPolicy, WaitForRendezvousOrphans
from framework.reactive.streams.join_table import Arrived, DuplicatePolicy, JoinTable, Sides, normal_form
from framework.source import source_of

SHOWN_ORPHANS = 10
SEVERAL = 2


def make_rendezvous(  # noqa: PLR0913 - the promised signature
    provides: str,
    requires: Iterable[str],
    keys: KeyFunction | Sequence[KeyFunction],
    *,
    orphan_policy: RendezvousOrphanPolicy | None = None,
    duplicate_policy: DuplicatePolicy = "queue",
    name: str | None = None,
) -> tuple[RendezvousPublisher | RendezvousReceiver, ...]:
    """Join targets by key: `provides` gets a tuple with one artifact of each requirement for each key they share.

    Example::

        Pipeline([*make_rendezvous("pair", ["left", "right"], [left_key, right_key]), ...])

    Args:
        provides: the target of the tuples.
        requires: two or more targets, one for each side.
        keys: a function for each side, or one for all: it gets an artifact (of `*name` its parts) and returns a key,
            which must be hashable.
        orphan_policy: what to do with keys that wait for partners; wait until the end by default.
        duplicate_policy: what to do with a key that comes again on the same side before its partners: `queue` pairs
            them by arrival, `first` and `last` keep one, `refuse` makes it a failure.
        name: for the builders; what it provides by default.

    Returns:
        The publisher and one receiver for each requirement.

    Raises:
        WiringError: sides and keys do not fit.
        OptionError: there is no such policy.
    """
    title = name or f"rendezvous {provides}"
    several = isinstance(requires, Iterable) and not isinstance(requires, str | bytes)
    if not several or len(sides := list(requires)) < SEVERAL:
        raise WiringError(f"{title} joins two or more targets, got requires={requires!r}: requires=['left', 'right']")
    if isinstance(keys, str | bytes) or not (callable(keys) or isinstance(keys, Iterable)):
        raise WiringError(f"{title} takes a key function for all requirements, or a list of one for each; got {keys!r}")
    functions = [keys] * len(sides) if callable(keys) else list(keys)
    if len(functions) != len(sides):
        raise WiringError(
            f"{title} takes a key function for each of {len(sides)} requirements, got {len(functions)}; "
            "give one for all, or a list of one for each"
        )
    policy(title, "orphan_policy", orphan_policy, "excess", "MaxPendingRendezvousKeys(1000)")
    keyed = f"{provides} (rendezvous)"
    publisher = RendezvousPublisher(provides, keyed, sides, orphan_policy, duplicate_policy, name=title)
    publisher.keys_at = " and ".join(dict.fromkeys(filter(None, map(_where, functions))))
    receivers = [
        RendezvousReceiver(keyed, side, number, function, name=f"{title} {side}")
        for number, (side, function) in enumerate(zip(sides, functions, strict=True))
    ]
    return (publisher, *receivers)


class RendezvousReceiver(ReactiveBuilder):
    """One side of a join: computes the key of each artifact."""

    _plumbing = True

    def __init__(self, provides: str, requires: str, side: int, key: KeyFunction, *, name: str | None = None) -> None:
        super().__init__(provides, [requires], name=name)
        self._side = side
        self._key = key_function(self.name, key)
        self._expanded = requires.startswith("*")

    def build(self, context: Context, *args: Any) -> Iterable[tuple[int, Hashable, Any]]:  # noqa: ARG002
        """Announce the side, the key and the artifact."""
        key = hashable(self._key(*args), args)
        return [(self._side, key, args if self._expanded else args[0])]


class RendezvousPublisher(ReactiveBuilder):
    """Joins the sides by key; `orphans` are the keys that wait for partners."""

    keys_at = ""
    """Where the key functions are defined."""

    def __init__(  # noqa: PLR0913 - internal: what make_rendezvous knows
        self,
        provides: str,
        requires: str,
        sides: Sequence[str],
        orphan_policy: RendezvousOrphanPolicy | None = None,
        duplicate_policy: DuplicatePolicy = "queue",
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(provides, [requires], name=name)
        self._sides = [side.removeprefix("*") for side in sides]
        self._orphan_policy = orphan_policy or WaitForRendezvousOrphans()
        self._duplicate_policy: DuplicatePolicy = duplicate_policy
        self._reset()

    def _reset(self) -> None:
        self._table = JoinTable(len(self._sides), self._duplicate_policy)
        self._dropped: list[tuple[Hashable, Sides]] = []  # the first few, for the report
        self._drops = 0

    @property
    def orphans(self) -> dict[Hashable, tuple[tuple[Any, ...], ...]]:
        """The keys that wait, oldest first, each with its artifacts by side."""
        return {
            key: tuple(tuple(arrived.artifact for arrived in queue) for queue in sides)
            for key, sides in self._table.waiting()
        }

    def on_init(self, context: Context) -> None:  # noqa: ARG002 - the signature of a hook
        """Empty the table."""
        self._reset()

    def build(self, context: Context, arrival: tuple[int, Hashable, Any]) -> Iterable[Any]:
        """Keep an artifact until its partners come; announce the tuple that it completes."""
        side, key, artifact = arrival
        together = self._table.add(side, key, Arrived(artifact, followed(origins_of(context))[0]))
        excess = self._orphan_policy.excess(len(self._table))
        if excess > 0:
            dropped = self._table.remove_oldest(excess)
            self._drops += len(dropped)
            self._dropped += dropped[: SHOWN_ORPHANS - len(self._dropped)]
        if together is None:
            return ()
        origins = [origin for one in together for origin in one.origins]
        return [made_from(context, tuple(one.artifact for one in together), origins)]

    def _unfinished(self) -> Iterator[Unfinished]:
        """Keys without partners, with a hint where another key looks alike."""
        yield from super()._unfinished()
        for key, sides in self._dropped:
            yield Unfinished("orphan", f"{self._described(key, sides)} and was dropped")
        if self._drops > len(self._dropped):
            yield Unfinished("orphan", f"{self.name}: {self._drops - len(self._dropped)} more keys were dropped")
        waiting, similar = list(self._table.waiting()), self._table.by_normal_form()
        for key, sides in waiting[:SHOWN_ORPHANS]:
            hint = _hint(key, sides, similar[normal_form(key)])
            yield Unfinished("orphan", self._described(key, sides) + hint, self.keys_at)
        if len(waiting) > SHOWN_ORPHANS:
            yield Unfinished("orphan", f"{self.name}: {len(waiting) - SHOWN_ORPHANS} more keys wait (.orphans has all)")

    def _described(self, key: Hashable, sides: Sides) -> str:
        there = [repr(name) for name, queue in zip(self._sides, sides, strict=True) if queue]
        lacking = [repr(name) for name, queue in zip(self._sides, sides, strict=True) if not queue]
        return (
            f"{self.name}: key {short_repr(key, 80)} came from {' and '.join(there)}, not from {' and '.join(lacking)}"
        )


def _where(function: Any) -> str:
    try:
        return source_of(function).where
    except (SourceUnavailable, TypeError):
        return ""


def _hint(key: Hashable, sides: Sides, similar: Iterable[tuple[Hashable, Sides]]) -> str:
    """Name another key of the same normal form that has artifacts where this one lacks them."""
    for other, others in similar:
        if other == key or any(mine and theirs for mine, theirs in zip(sides, others, strict=True)):
            continue
        if type(other) is type(key):
            return f"; {other!r} came there: do the keys differ only in case or white space?"
        kinds = f"a {type(other).__name__} and no {type(key).__name__}"
        return f"; {other!r} came there, {kinds}: let the key functions return one type"
    return ""
