"""How `digest` writes numpy arrays: dtype, shape and the raw buffer, hashed without a copy."""

from __future__ import annotations

from typing import Any

import numpy as np

from framework.archive.digest.walk import Encoder, Walk


def encoder(kind: type) -> Encoder | None:
    """Return the encoder for a type of numpy; None where `__reduce_ex__` tells it well."""
    if kind is np.ndarray:
        return encode_array
    return _scalar if issubclass(kind, np.generic) else None


def encode_array(walk: Walk, values: Any) -> None:
    """Emit an array by dtype, shape and content."""
    dtype = values.dtype
    walk.emit(b"a")
    walk.walk((dtype.str, values.shape))
    if dtype.names:
        walk.walk(dtype.names)
        for name in dtype.names:  # field by field: the bytes between fields are anything
            encode_array(walk, values[name])
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
    encode_array(walk, np.asarray(value))
