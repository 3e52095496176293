"""`Pairing`: what a builder requires, and the artifacts that have arrived for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from framework.core.reactive_event import ReactiveEvent
from framework.errors import BuildError, WiringError
from framework.observe.text import short_repr

EXPAND = "*"


class Pairing:
    """Several requirements are paired by arrival: the first of each, then the second of each.

    A requirement `*name` takes the target `name` and unpacks each artifact into arguments of `build`.
    """

    def __init__(self, requires: Iterable[str]) -> None:
        requires = tuple(requires)
        self.targets = tuple(target_of(required) for required in requires)
        self.arrived: set[str] = set()
        self._expanded = tuple(required.startswith(EXPAND) for required in requires)
        self._queues: dict[str, deque[ReactiveEvent]] = {target: deque() for target in self.targets}

    def add(self, event: ReactiveEvent) -> None:
        """Keep an announced artifact until it has its partners."""
        self._queues[event.target].append(event)
        self.arrived.add(event.target)

    def take(self) -> tuple[ReactiveEvent, ...] | None:
        """Return the events of the next input, one of each requirement; None while one is missing."""
        queues = self._queues.values()
        if not all(queues):
            return None
        return tuple([queue.popleft() for queue in queues])

    def take_all(self) -> Iterator[tuple[ReactiveEvent, ...]]:
        """Yield the events of every input that is complete."""
        while self._queues and (events := self.take()) is not None:
            yield events

    def arguments(self, artifacts: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments of `build` for an input; raises BuildError."""
        if True not in self._expanded:
            return artifacts
        arguments: list[Any] = []
        for target, expand, artifact in zip(self.targets, self._expanded, artifacts, strict=True):
            if expand:
                arguments.extend(_parts(target, artifact))
            else:
                arguments.append(artifact)
        return tuple(arguments)

    def lacking(self) -> list[str]:
        """Return the targets of which nothing has arrived."""
        return [target for target in self.targets if target not in self.arrived]

    def waiting(self) -> dict[str, int]:
        """Return how many artifacts of each target wait for a partner."""
        return {target: len(queue) for target, queue in self._queues.items()}


def target_of(required: str) -> str:
    """Return the target that a requirement names."""
    return required.removeprefix(EXPAND)


def checked(owner: str, provides: object, requires: object) -> tuple[str, list[str]]:
    """Check target and requirements of a builder, and return them; raises WiringError."""
    if not isinstance(provides, str) or not provides:
        raise WiringError(f"{owner}: provides is the name of a target, got {provides!r}: provides='words'")
    if provides.startswith(EXPAND):
        raise WiringError(f"{owner}: provides={provides!r} begins with a star, which is for requires only")
    if isinstance(requires, str | bytes) or not isinstance(requires, Iterable):
        instead = [requires if isinstance(requires, str) else "words"]
        raise WiringError(f"{owner}: requires is a list of targets, got {requires!r}; write requires={instead}")
    names = list(requires)
    for required in names:
        if not isinstance(required, str) or not target_of(required):
            raise WiringError(f'{owner}: requires names targets ("name" or "*name"), got {required!r}')
    targets = [target_of(required) for required in names]
    for target in targets:
        if targets.count(target) > 1:
            raise WiringError(f"{owner} requires {target!r} twice: require it once and use the argument twice")
    return provides, names


def _parts(target: str, artifact: Any) -> Iterable[Any]:
    if isinstance(artifact, str | bytes) or not isinstance(artifact, Iterable):
        raise BuildError(
            f"'*{target}' expands a tuple into arguments, but this artifact is {short_repr(artifact)}; "
            f"announce tuples, or require {target!r}"
        )
    return artifact
