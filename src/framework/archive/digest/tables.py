"""How `digest` writes pandas frames, series, indexes and columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from framework.archive.digest.arrays import encode_array
from framework.archive.digest.walk import Encoder, Walk


def encoder(kind: type) -> Encoder | None:
    """Return the encoder for a type of pandas; None where `__reduce_ex__` tells it well."""
    if issubclass(kind, pd.Index):
        return _index
    if issubclass(kind, pd.api.extensions.ExtensionArray):
        return _extension
    return _FRAMES.get(kind)


def _frame(walk: Walk, frame: Any) -> None:
    walk.emit(b"DF")
    walk.walk(frame.shape)
    walk.walk(frame.columns)
    walk.walk(frame.index)
    for _, column in frame.items():  # noqa: PERF102 - a DataFrame's `values` is an array
        _column(walk, column.array)
    walk.walk(frame.attrs)


def _series(walk: Walk, series: Any) -> None:
    walk.emit(b"SE")
    walk.walk(series.name)
    walk.walk(series.index)
    _column(walk, series.array)
    walk.walk(series.attrs)


def _index(walk: Walk, index: Any) -> None:
    walk.emit(b"IX")
    walk.text(type(index).__qualname__)
    walk.walk(list(index.names))
    if isinstance(index, pd.RangeIndex):
        walk.walk((index.start, index.stop, index.step))
    elif isinstance(index, pd.MultiIndex):
        for level in range(index.nlevels):
            _column(walk, index.get_level_values(level).array)
    else:
        _column(walk, index.array)


def _column(walk: Walk, values: Any) -> None:
    walk.text(str(values.dtype))
    if hasattr(values.dtype, "numpy_dtype"):  # NumpyExtensionArray: an array in a thin coat
        encode_array(walk, values.to_numpy())
    else:
        _extension(walk, values)


def _extension(walk: Walk, values: Any) -> None:
    walk.emit(b"XA")
    walk.text(f"{type(values.dtype).__qualname__} {values.dtype}")
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        walk.walk((dtype.ordered, len(dtype.categories)))
        walk.walk(dtype.categories)
        encode_array(walk, values.codes)
    elif hasattr(values, "asi8"):  # dates, durations and periods are whole numbers
        encode_array(walk, values.asi8)
    else:
        encode_array(walk, np.asarray(values.to_numpy(dtype=object)))


_FRAMES: dict[type, Encoder] = {pd.DataFrame: _frame, pd.Series: _series}
