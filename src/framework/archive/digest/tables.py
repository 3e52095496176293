"""How `digest` writes pandas frames, series, indexes and columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from framework.archive.digest.arrays import encode_array
from framework.archive.digest.objects import name_of
from framework.archive.digest.walk import Encoder, Walk


def encoder(kind: type) -> Encoder | None:
    """Return the encoder for a type of pandas; None where `__reduce_ex__` tells it well."""
    if issubclass(kind, pd.Index):
        return _index
    if issubclass(kind, pd.api.extensions.ExtensionArray):
        return _extension
    for base, encode in ((pd.DataFrame, _frame), (pd.Series, _series)):
        if kind is base:
            return encode
        if issubclass(kind, base):
            return _derived(kind, encode)
    return None


def _derived(kind: type, encode: Encoder) -> Encoder:
    """Return the encoder of a class derived from a frame or series, with the attributes that it lists."""

    def derived(walk: Walk, value: Any) -> None:
        walk.emit(b"PD")
        walk.text(name_of(kind))
        walk.attributes({name: getattr(value, name, None) for name in kind._metadata})  # type: ignore[attr-defined] # noqa: SLF001
        encode(walk, value)

    return derived


def _frame(walk: Walk, frame: Any) -> None:
    walk.emit(b"DF")
    walk.walk(frame.shape)
    walk.walk(frame.columns)
    walk.walk(frame.index)
    for _, column in pd.DataFrame.items(frame):
        _column(walk, column.array)
    walk.walk(frame.attrs)
    _flags(walk, frame)


def _series(walk: Walk, series: Any) -> None:
    walk.emit(b"SE")
    walk.walk(series.name)
    walk.walk(series.index)
    _column(walk, series.array)
    walk.walk(series.attrs)
    _flags(walk, series)


def _flags(walk: Walk, value: Any) -> None:
    if not value.flags.allows_duplicate_labels:
        walk.emit(b"unique labels")


def _index(walk: Walk, index: Any) -> None:
    walk.emit(b"IX")
    walk.text(type(index).__qualname__)
    walk.walk(list(index.names))
    if isinstance(index, pd.RangeIndex):
        walk.walk(_span(index))
    elif isinstance(index, pd.MultiIndex):
        for level in range(index.nlevels):
            _column(walk, index.get_level_values(level).array)
    else:
        _column(walk, index.array)


def _span(index: Any) -> tuple[int, int, int]:
    """Return start, stop and step, the same for every way to write equal ranges."""
    if len(index) == 0:
        return 0, 0, 1
    step = index.step if len(index) > 1 else 1
    return index.start, index.start + len(index) * step, step


def _column(walk: Walk, values: Any) -> None:
    walk.text(str(values.dtype))
    if isinstance(values, pd.arrays.NumpyExtensionArray):
        encode_array(walk, values.to_numpy())
    else:
        _extension(walk, values)


def _extension(walk: Walk, values: Any) -> None:
    dtype = values.dtype
    walk.emit(b"XA")
    walk.text(f"{type(dtype).__qualname__} {dtype}")
    if isinstance(dtype, pd.CategoricalDtype):
        walk.walk((dtype.ordered, len(dtype.categories)))
        walk.walk(dtype.categories)
        encode_array(walk, values.codes)
    elif hasattr(values, "asi8"):  # dates, durations and periods are whole numbers
        encode_array(walk, values.asi8)
    elif isinstance(dtype, pd.StringDtype):
        walk.walk((dtype.storage, str(dtype.na_value)))
        encode_array(walk, values.isna())
        walk.walk(values.to_numpy(dtype=object, na_value="").tolist())
    elif isinstance(dtype, pd.ArrowDtype):
        from framework.archive.digest.arrow_tables import encode_column

        encode_column(walk, values.__arrow_array__())
    elif isinstance(values, _Masked):
        _nullable(walk, values)
    else:
        encode_array(walk, np.asarray(values.to_numpy(dtype=object)))


def _nullable(walk: Walk, values: Any) -> None:
    """Emit data and mask apart: as floats, 2**60 and 2**60 + 1 would be the same, and so would NaN and NA."""
    missing = values._mask  # noqa: SLF001 - no public call tells NaN from NA
    data = values._data.copy()  # noqa: SLF001 - nor gives the data without the mask
    data[missing] = 0
    encode_array(walk, missing)
    encode_array(walk, data)


# Int64, Float64 and boolean columns have this base in common, which pandas does not name in public.
_Masked = pd.arrays.BooleanArray.__mro__[1]
