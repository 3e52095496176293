"""How `digest` writes numpy arrays and pandas frames: dtype, shape and the raw buffer, hashed without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from framework.archive.digest.walk import Encoder, Walk


def encoder(kind: type) -> Encoder | None:
    """The encoder for a type of numpy or pandas; None where `__reduce_ex__` tells it well."""
    if kind is np.ndarray:
        return _array
    if issubclass(kind, np.generic):
        return _scalar
    return _pandas_encoder(kind) if kind.__module__.startswith("pandas") else None


def _pandas_encoder(kind: type) -> Encoder | None:
    import pandas as pd

    exact: dict[type, Encoder] = {pd.DataFrame: _frame, pd.Series: _series}
    if issubclass(kind, pd.Index):
        return _index
    if issubclass(kind, pd.api.extensions.ExtensionArray):
        return _extension
    return exact.get(kind)


def _array(walk: Walk, values: Any) -> None:
    dtype = values.dtype
    walk.emit(b"a")
    walk.walk((dtype.str, values.shape))
    if dtype.names:
        walk.walk(dtype.names)
        for name in dtype.names:  # field by field: the bytes between fields are anything
            _array(walk, values[name])
    elif dtype.hasobject:
        walk.walk(values.ravel().tolist())
    else:
        walk.emit(_buffer(values))


def _buffer(values: Any) -> memoryview:
    values = np.ascontiguousarray(values)
    if values.dtype.kind in "fc":
        missing = np.isnan(values)
        if missing.any():
            values = values.copy()
            values[missing] = _one_nan(values[missing])
    return memoryview(values.reshape(-1).view(np.uint8))


def _one_nan(values: Any) -> Any:
    if values.dtype.kind == "f":
        return np.nan
    whole = values.copy()
    for part in (whole.real, whole.imag):
        part[np.isnan(part)] = np.nan
    return whole


def _scalar(walk: Walk, value: Any) -> None:
    walk.emit(b"N")
    walk.text(type(value).__name__)
    _array(walk, np.asarray(value))


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
    import pandas as pd

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
        _array(walk, values.to_numpy())
    else:
        _extension(walk, values)


def _extension(walk: Walk, values: Any) -> None:
    import pandas as pd

    walk.emit(b"XA")
    walk.text(f"{type(values.dtype).__qualname__} {values.dtype}")
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        walk.walk((dtype.ordered, len(dtype.categories)))
        walk.walk(dtype.categories)
        _array(walk, values.codes)
    elif hasattr(values, "asi8"):  # dates, durations and periods are whole numbers
        _array(walk, values.asi8)
    else:
        _array(walk, np.asarray(values.to_numpy(dtype=object)))
