"""`ResultFrame`: results that become a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from framework.notebook.frames.fields import Fields, fields_of, typed
from framework.notebook.frames.results import ResultOrigin, ResultRows
from framework.observe.frames import TEXT

if TYPE_CHECKING:
    import pandas as pd


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
