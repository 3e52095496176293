"""DataFrames with the promised column types, also when they are empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Schema = Mapping[str, str]
"""Names of columns and their pandas types, in order."""


def typed_frame(rows: Iterable[Sequence[object]], schema: Schema) -> pd.DataFrame:
    """Return a frame of these rows with exactly these columns and types."""
    import pandas as pd

    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    pairs = zip(schema.items(), columns, strict=True)
    return pd.DataFrame({name: pd.Series(values, dtype=dtype) for (name, dtype), values in pairs})
