"""`RowSequence`: what has rows; and DataFrames with the promised column types, also when they are empty."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Self, TypeVar, overload

if TYPE_CHECKING:
    import pandas as pd

TEXT: Final = "string[python]"
"""The type of text columns: Arrow's, which pandas prefers where it is installed, refuses lone surrogates in a name."""

Schema = Mapping[str, str]
"""Names of columns and their pandas types, in order."""

Row_co = TypeVar("Row_co", covariant=True)


class RowSequence(Sequence[Row_co]):
    """A sequence that does not change; a slice of it is one of the same class."""

    _rows: tuple[Row_co, ...]

    @overload
    def __getitem__(self, index: int) -> Row_co: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Row_co | Self:
        if not isinstance(index, slice):
            return self._rows[index]
        part = copy.copy(self)
        part._rows = self._rows[index]  # noqa: SLF001 - of this class
        return part

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row_co]:
        return iter(self._rows)


def typed_frame(rows: Iterable[Sequence[object]], schema: Schema) -> pd.DataFrame:
    """Return a frame of these rows with exactly these columns and types."""
    import pandas as pd

    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    types = (TEXT if dtype == "string" else dtype for dtype in schema.values())
    series = [pd.Series(values, dtype=dtype) for values, dtype in zip(columns, types, strict=True)]
    return pd.DataFrame(dict(zip(schema, series, strict=True)))
