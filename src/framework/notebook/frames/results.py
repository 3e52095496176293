"""`ResultRows`: what records of an archive hold, by columns; `ResultFrame`: those of many archives as a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from framework.notebook.frames.fields import Fields, fields_of, text_of, typed
from framework.observe.frames import TEXT

if TYPE_CHECKING:
    import pandas as pd


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


class ResultFrame:
    """Takes results as they are read and keeps their fields, so that the objects around them need not stay."""

    def __init__(self) -> None:
        self._origins: list[ResultOrigin] = []
        self._inputs: list[str] = []
        self._fields: Fields = {}
        self._arguments: Fields = {}

    def __len__(self) -> int:
        return len(self._inputs)

    def extend(self, results: ResultRows) -> None:
        """Add a row for each."""
        for name, value in results.arguments.items():
            self._arguments.setdefault(name, [None] * len(self)).extend([value] * len(results))
        for values in self._arguments.values():
            values.extend([None] * (len(self) + len(results) - len(values)))
        fields = fields_of(results.artifacts)
        for name in fields:
            self._fields.setdefault(name, [None] * len(self))
        for name, values in self._fields.items():
            values.extend(fields[name] if name in fields else [None] * len(results))
        self._origins += results.origins
        self._inputs += results.inputs

    def frame(self) -> pd.DataFrame:
        """The rows."""
        import numpy as np
        import pandas as pd

        from framework.notebook.frames.safe_frame import SafeFrame

        columns = [*zip(*self._origins, strict=True)] or [()] * len(ResultOrigin._fields)
        counts, targets, processors, built, seconds = columns
        facts = {
            "target": pd.array(targets, dtype=TEXT).repeat(counts),
            "processor": pd.array(processors, dtype=TEXT).repeat(counts),
            "inputs": pd.array(self._inputs, dtype=TEXT),
            "built": _times(built).repeat(counts),
            "seconds": np.repeat(np.array(seconds, dtype=float), counts),
        }
        facts |= {name: typed(values) for name, values in self._arguments.items() if name not in facts}
        fields = {f"artifact.{name}" if name in facts else name: typed(values) for name, values in self._fields.items()}
        return SafeFrame(facts | fields)


def _times(seconds: Sequence[float | None]) -> pd.DatetimeIndex:
    import numpy as np
    import pandas as pd

    times = np.array(seconds, dtype=float)
    known = ~np.isnan(times)
    whole = np.floor(np.where(known, times, 0.0)).astype("int64")
    times_utc = (whole * 1_000_000).astype("datetime64[us]")
    times_utc[~known] = np.datetime64("NaT", "us")  # without a unit NumPy 2.5 warns
    return pd.DatetimeIndex(times_utc, tz="UTC")
