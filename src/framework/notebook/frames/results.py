"""`ResultRows`: what records of an archive hold, by columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple, Self

from framework.observe.text import short_repr


class ResultOrigin(NamedTuple):
    """What is known of some results that stand one after another."""

    results: int
    target: str | None
    processor: str
    built: float | None = None
    seconds: float | None = None


class ResultRows:
    """Artifacts, emitted events and plain records, whose key is then their input."""

    def __init__(self) -> None:
        self.origins: list[ResultOrigin] = []
        self.inputs: list[str] = []
        self.artifacts: list[Any] = []
        self.arguments: Mapping[str, Any] = {}  # those that tell one configuration from another

    @classmethod
    def of(cls, archive: str, keys: Sequence[Any], records: Sequence[Any]) -> Self:
        """The results that records of an archive hold."""
        self = cls()
        if {kind.__module__ for kind in set(map(type, records))} == {"builtins"}:
            texts = keys if set(map(type, keys)) == {str} else map(text_of, keys)
            self._add(ResultOrigin(len(records), None, archive), texts, records)
            return self
        # Records are recognised by their fields, so that reading them imports no runtime.
        for key, record in zip(keys, records, strict=True):
            match record:
                case object(target=target, inputs=inputs, artifacts=tuple(artifacts), at=at, seconds=seconds):
                    count = len(artifacts)
                    self._add(ResultOrigin(count, target, archive, at, seconds), [text_of(inputs)] * count, artifacts)
                case object(event=event, emitted=tuple(emitted), at=at, seconds=seconds):
                    for made in emitted:
                        self._add(
                            ResultOrigin(1, _target(made), archive, at, seconds), [text_of(event)], [_artifact(made)]
                        )
                case _:
                    self._add(ResultOrigin(1, None, archive), [text_of(key)], [record])
        return self

    def __len__(self) -> int:
        return len(self.artifacts)

    def kept(self, target: str | None, since: float | None) -> ResultRows:
        """Return the results of a target, built since a time."""
        if target is None and since is None:
            return self
        wanted: list[bool] = []
        kept = ResultRows()
        kept.arguments = self.arguments
        for origin in self.origins:
            want = (target is None or origin.target == target) and (since is None or (origin.built or 0.0) >= since)
            wanted += [want] * origin.results
            if want:
                kept.origins.append(origin)
        kept.inputs += compress(self.inputs, wanted)
        kept.artifacts += compress(self.artifacts, wanted)
        return kept

    def _add(self, origin: ResultOrigin, inputs: Iterable[str], artifacts: Sequence[Any]) -> None:
        self.origins.append(origin)
        self.inputs += inputs
        self.artifacts += artifacts


def _target(event: Any) -> str | None:
    return str(event.target) if hasattr(event, "target") else getattr(event, "name", None)


def _artifact(event: Any) -> Any:
    return event.artifact if hasattr(event, "artifact") and hasattr(event, "target") else event


def text_of(value: object) -> str:
    """Return a text as it is, and the short repr of anything else."""
    return value if type(value) is str else short_repr(value)
