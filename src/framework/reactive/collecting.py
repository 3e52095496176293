"""Builders that gather a stream into batches: `Collector`, `Grouper` and `StreamGrouper`.

A batch is a list of the argument tuples of `build`: `[(1,), (2,)]` for one requirement.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

from framework.core import Context
from framework.errors import BuildError, OptionError, WiringError
from framework.reactive.builder import ReactiveBuilder

Inputs = tuple[Any, ...]
Batch = list[Inputs]
KeyFunction = Callable[..., Hashable]


class Collector(ReactiveBuilder):
    """Announces all inputs of a phase as one batch, when the phase is quiet; an empty phase announces nothing."""

    def __init__(
        self,
        forwards_to: str,
        topics: Iterable[str],
        limit: int | None = None,
        *,
        name: str | None = None,
        priority: int = 0,
    ) -> None:
        """Collect into a target.

        Args:
            forwards_to: the target of the batches.
            topics: the targets that are collected, paired by arrival.
            limit: keep the first so many of each phase.
            name: the class's by default.
            priority: lower runs first.

        Raises:
            OptionError: `limit` is not positive.
        """
        super().__init__(forwards_to, topics, name=name, priority=priority)
        self._limit = None if limit is None else positive(self.name, "limit", limit)
        self._batch: Batch = []
        self._collected: Batch = []

    def build(self, context: Context, *args: Any) -> Iterable[Batch]:  # noqa: ARG002 - announced on the phase
        """Keep one input."""
        if self._limit is None or len(self._batch) < self._limit:
            self._batch.append(args)
            self._collected.append(args)
        return ()

    def phase(self, context: Context, phase: int) -> Iterable[Batch]:  # noqa: ARG002 - the signature of a hook
        """Announce the batch."""
        batch, self._batch = self._batch, []
        return [batch] if batch else ()

    def values(self) -> Iterator[Inputs]:
        """Everything ever collected, in order."""
        return iter(tuple(self._collected))


class Grouper(ReactiveBuilder):
    """Announces `(key, batch)` for each key of a phase, when the phase is quiet; keys in the order they came first."""

    def __init__(
        self,
        forwards_to: str,
        topics: Iterable[str],
        keyfunc: KeyFunction,
        *,
        name: str | None = None,
        priority: int = 0,
    ) -> None:
        """Group into a target.

        Args:
            forwards_to: the target of the groups.
            topics: the targets that are grouped, paired by arrival.
            keyfunc: gets the arguments of an input and returns its key, which must be hashable.
            name: the class's by default.
            priority: lower runs first.

        Raises:
            WiringError: `keyfunc` is no function.
        """
        super().__init__(forwards_to, topics, name=name, priority=priority)
        self._keyfunc = key_function(self.name, keyfunc)
        self._groups: dict[Hashable, Batch] = {}

    def on_init(self, context: Context) -> None:  # noqa: ARG002 - the signature of a hook
        """Forget what a stopped run left."""
        self._groups.clear()

    def build(self, context: Context, *args: Any) -> Iterable[Any]:  # noqa: ARG002 - announced on the phase
        """Keep one input in its group."""
        self._groups.setdefault(hashable(self._keyfunc(*args), args), []).append(args)
        return ()

    def phase(self, context: Context, phase: int) -> Iterator[tuple[Hashable, Batch]]:  # noqa: ARG002 - as above
        """Announce the groups."""
        groups, self._groups = self._groups, {}
        yield from groups.items()


class StreamGrouper(ReactiveBuilder):
    """Announces `(key, batch)` for each run of inputs with equal keys, as soon as another key comes or the phase ends.

    It holds one batch at a time, hence suits sorted streams that do not fit into memory.
    """

    def __init__(
        self,
        provides: str,
        requires: Iterable[str],
        keyfunc: KeyFunction,
        *,
        name: str | None = None,
        priority: int = 0,
    ) -> None:
        """Group neighbours.

        Args:
            provides: the target of the groups.
            requires: the targets that are grouped, paired by arrival.
            keyfunc: gets the arguments of an input and returns its key.
            name: the class's by default.
            priority: lower runs first.

        Raises:
            WiringError: `keyfunc` is no function.
        """
        super().__init__(provides, requires, name=name, priority=priority)
        self._keyfunc = key_function(self.name, keyfunc)
        self._key: Any = None
        self._batch: Batch = []

    def on_init(self, context: Context) -> None:  # noqa: ARG002 - the signature of a hook
        """Forget what a stopped run left."""
        self._batch = []

    def build(self, context: Context, *args: Any) -> Iterable[tuple[Any, Batch]]:  # noqa: ARG002 - nothing to submit
        """Keep one input; announce the former ones when its key is another."""
        key = self._keyfunc(*args)
        finished = self._finish() if self._batch and key != self._key else ()
        self._key = key
        self._batch.append(args)
        return finished

    def phase(self, context: Context, phase: int) -> Iterable[tuple[Any, Batch]]:  # noqa: ARG002 - as above
        """Announce the last group."""
        return self._finish() if self._batch else ()

    def _finish(self) -> list[tuple[Any, Batch]]:
        batch, self._batch = self._batch, []
        return [(self._key, batch)]


def positive(owner: str, option: str, value: object) -> int:
    """An option that counts something.

    Raises:
        OptionError: it is no positive integer.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise OptionError(f"{owner}: {option} is a whole number from 1 on, got {value!r}")
    return value


def policy(owner: str, option: str, value: object, method: str, known: str) -> None:
    """Refuse what cannot be such a policy.

    Raises:
        OptionError: it lacks the method, or is a class.
    """
    if value is not None and (isinstance(value, type) or not callable(getattr(value, method, None))):
        raise OptionError(f"{owner}: {option} is an instance of a policy, got {value!r}: {known}")


def key_function(owner: str, keyfunc: object) -> KeyFunction:
    """A function that returns keys.

    Raises:
        WiringError: it cannot be called.
    """
    if not callable(keyfunc):
        raise WiringError(
            f"{owner}: a key function takes the arguments of build and returns a key, got {keyfunc!r}: lambda x: x.id"
        )
    return keyfunc


def hashable(key: Any, inputs: Inputs) -> Hashable:
    """A key that can be looked up.

    Raises:
        BuildError: it cannot.
    """
    try:
        hash(key)
    except TypeError as error:
        raise BuildError(f"the key of {inputs!r} is {key!r}, which has no hash: return a tuple or a string") from error
    return key  # type: ignore[no-any-return]
