"""DataFrames with the promised column types, also when they are empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

TEXT: Final = "string[python]"
"""The type of text columns: Arrow's, which pandas prefers where it is installed, refuses lone surrogates in a name."""

Schema = Mapping[str, str]
"""Names of columns and their pandas types, in order."""


def typed_frame(rows: Iterable[Sequence[object]], schema: Schema) -> pd.DataFrame:
    """Return a frame of these rows with exactly these columns and types."""
    import pandas as pd

    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    types = (TEXT if dtype == "string" else dtype for dtype in schema.values())
    series = [pd.Series(values, dtype=dtype) for values, dtype in zip(columns, types, strict=True)]
    return pd.DataFrame(dict(zip(schema, series, strict=True)))
