"""Builders that gather a stream into batches: `Collector`, `Grouper` and `StreamGrouper`.

A batch is a list of the argument tuples of `build`: `[(1,), (2,)]` for one requirement.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, TypedDict, Unpack

from framework.core import Context
from framework.errors import WiringError
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.origin import Origin, made_from, origins_of
from framework.reactive.checks import InputBatch, Inputs, KeyFunction, hashable, key_function, positive


class StreamOptions(TypedDict, total=False):
    """What all of these builders take by name, as `StreamBuilder` says."""

    forwards_to: str | None
    topics: Iterable[str] | None
    name: str | None
    priority: int


class StreamBuilder(ReactiveBuilder):
    """A builder that keeps inputs for a while."""

    def __init__(  # noqa: PLR0913 - both names of each argument
        self,
        provides: str | None = None,
        requires: Iterable[str] | None = None,
        *,
        forwards_to: str | None = None,
        topics: Iterable[str] | None = None,
        name: str | None = None,
        priority: int = 0,
    ) -> None:
        """Take target and requirements by either name.

        Args:
            provides: the target of what is announced.
            requires: the targets whose artifacts are taken, paired by arrival.
            forwards_to: another name of `provides`.
            topics: another name of `requires`.
            name: the class's by default.
            priority: lower runs first.

        Raises:
            WiringError: target or requirements are missing, or given by both names.
        """
        owner = name or type(self).__name__
        if (provides is None) == (forwards_to is None):
            raise WiringError(
                f"{owner} takes provides='batches' (forwards_to= is another name of it): give one of them"
            )
        required = topics if requires is None else requires
        if required is None or (requires is not None and topics is not None):
            raise WiringError(f"{owner} takes requires=['words'] (topics= is another name of it): give one of them")
        super().__init__(provides or forwards_to or "", required, name=name, priority=priority)


class Collector(StreamBuilder):
    """Announces all inputs of a phase as one batch, when the phase is quiet; an empty phase announces nothing."""

    def __init__(
        self,
        provides: str | None = None,
        requires: Iterable[str] | None = None,
        limit: int | None = None,
        **options: Unpack[StreamOptions],
    ) -> None:
        """Collect into a target; arguments and errors beside these are those of `StreamBuilder`.

        Args:
            provides: the target of the batches.
            requires: the targets that are collected.
            limit: keep the first so many of each phase.
            options: `forwards_to`, `topics`, `name`, `priority`.

        Raises:
            OptionError: `limit` is not positive.
        """
        super().__init__(provides, requires, **options)
        self._limit = None if limit is None else positive(self.name, "limit", limit)
        self._batch: InputBatch = []
        self._origins: list[Origin] = []
        self._collected: InputBatch = []

    def build(self, context: Context, *args: Any) -> Iterable[InputBatch]:
        """Keep one input."""
        if self._limit is None or len(self._batch) < self._limit:
            self._batch.append(args)
            self._origins += origins_of(context)
            self._collected.append(args)
        return ()

    def phase(self, context: Context, phase: int) -> Iterable[Any]:  # noqa: ARG002 - the signature of a hook
        """Announce the batch."""
        batch, self._batch = self._batch, []
        origins, self._origins = self._origins, []
        return [made_from(context, batch, origins)] if batch else ()

    def values(self) -> Iterator[Inputs]:
        """Everything ever collected, in order."""
        return iter(tuple(self._collected))


class KeyedBuilder(StreamBuilder):
    """A builder that groups its inputs by a key."""

    def __init__(
        self,
        provides: str | None = None,
        requires: Iterable[str] | None = None,
        keyfunc: KeyFunction | None = None,
        **options: Unpack[StreamOptions],
    ) -> None:
        """Group into a target; arguments and errors beside these are those of `StreamBuilder`.

        Args:
            provides: the target of the groups.
            requires: the targets that are grouped.
            keyfunc: gets the arguments of an input and returns its key, which must be hashable.
            options: `forwards_to`, `topics`, `name`, `priority`.

        Raises:
            WiringError: `keyfunc` is not a function.
        """
        super().__init__(provides, requires, **options)
        self._keyfunc = key_function(self.name, keyfunc)
        self._reset()

    def _reset(self) -> None:
        """Forget all inputs, also those that a stopped run left."""

    def on_init(self, context: Context) -> None:  # noqa: ARG002 - the signature of a hook
        """Begin without inputs."""
        self._reset()


class Grouper(KeyedBuilder):
    """Announces `(key, batch)` for each key of a phase, when the phase is quiet; keys in the order they came first."""

    def _reset(self) -> None:
        self._groups: dict[Hashable, tuple[InputBatch, list[Origin]]] = {}

    def build(self, context: Context, *args: Any) -> Iterable[Any]:
        """Keep one input in its group."""
        batch, origins = self._groups.setdefault(hashable(self._keyfunc(*args), args), ([], []))
        batch.append(args)
        origins += origins_of(context)
        return ()

    def phase(self, context: Context, phase: int) -> Iterator[Any]:  # noqa: ARG002 - the signature of a hook
        """Announce the groups."""
        groups, self._groups = self._groups, {}
        for key, (batch, origins) in groups.items():
            yield made_from(context, (key, batch), origins)


class StreamGrouper(KeyedBuilder):
    """Announces `(key, batch)` for each run of inputs with equal keys, as soon as another key comes or the phase ends.

    It holds one batch at a time, hence suits sorted streams that do not fit into memory.
    """

    def _reset(self) -> None:
        self._key: Any = None
        self._batch: InputBatch = []
        self._origins: list[Origin] = []

    def build(self, context: Context, *args: Any) -> Iterable[Any]:
        """Keep one input; announce the former ones when its key is another."""
        key = self._keyfunc(*args)
        finished = self._finish(context) if self._batch and key != self._key else ()
        self._key = key
        self._batch.append(args)
        self._origins += origins_of(context)
        return finished

    def phase(self, context: Context, phase: int) -> Iterable[Any]:  # noqa: ARG002 - the signature of a hook
        """Announce the last group."""
        return self._finish(context) if self._batch else ()

    def _finish(self, context: Context) -> list[Any]:
        batch, self._batch = self._batch, []
        origins, self._origins = self._origins, []
        return [made_from(context, (self._key, batch), origins)]
