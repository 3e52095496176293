"""How `digest` writes polars frames and series: by content; chunks and sorted flags do not count."""

from __future__ import annotations

from typing import Any

import polars as pl

from framework.archive.digest.arrays import encode_array
from framework.archive.digest.walk import Encoder, Walk


def encoder(kind: type) -> Encoder | None:
    """Return the encoder for a type of polars; None where `__reduce_ex__` tells it well."""
    if issubclass(kind, pl.DataFrame):
        return _frame
    if issubclass(kind, pl.Series):
        return _series
    return _lazy if issubclass(kind, pl.LazyFrame) else None


def _frame(walk: Walk, frame: Any) -> None:
    walk.emit(b"LF")
    walk.walk(frame.shape)
    for column in frame.get_columns():
        _series(walk, column)


def _series(walk: Walk, series: Any) -> None:
    walk.emit(b"LS")
    walk.walk((series.name, len(series)))
    _type(walk, series.dtype)
    _content(walk, series)


def _content(walk: Walk, series: Any) -> None:
    dtype = series.dtype
    encode_array(walk, series.is_null().to_numpy())
    if dtype.is_numeric() and not dtype.is_decimal():
        encode_array(walk, series.fill_null(0).to_numpy())
    elif dtype == pl.Boolean:
        encode_array(walk, series.fill_null(value=False).to_numpy())
    elif dtype.is_temporal():
        encode_array(walk, series.to_physical().fill_null(0).to_numpy())
    elif isinstance(dtype, pl.Categorical | pl.Enum):  # the numbers of categories differ between processes
        walk.walk(series.cast(pl.String).to_list())
    elif isinstance(dtype, pl.Struct):
        for field in series.struct.unnest().get_columns():
            _content(walk, field)
    elif isinstance(dtype, pl.List | pl.Array):
        rows = series.drop_nulls()
        rows = rows.arr.to_list() if isinstance(dtype, pl.Array) else rows
        encode_array(walk, rows.list.len().to_numpy())
        _content(walk, rows.filter(rows.list.len() > 0).explode())
    else:
        walk.walk(series.to_list())


def _type(walk: Walk, dtype: Any) -> None:
    """Emit a type; its text may leave out categories, and what is inside of it."""
    walk.text(type(dtype).__name__)
    if isinstance(dtype, pl.Struct):
        for field in dtype.fields:
            walk.text(field.name)
            _type(walk, field.dtype)
    elif isinstance(dtype, pl.List | pl.Array):
        walk.walk(getattr(dtype, "size", None))
        _type(walk, dtype.inner)
    elif isinstance(dtype, pl.Enum):
        walk.walk(dtype.categories.to_list())
    else:
        walk.text(str(dtype))


def _lazy(walk: Walk, frame: Any) -> None:
    """Emit a query by its plan; frames inside of it count by how they are kept in memory as well."""
    walk.emit(b"LL")
    walk.walk(frame.serialize())
