"""How `digest` writes numpy arrays: dtype, shape and the raw buffer, hashed without a copy."""

from __future__ import annotations

import copyreg
from typing import Any

import numpy as np

from framework.archive.digest.objects import name_of
from framework.archive.digest.walk import Encoder, Walk

_PADDED = np.finfo(np.longdouble).nmant == 63  # noqa: PLR2004 - x86: 10 bytes in 16
_PADDING = 10
_OF_MASKED = frozenset(vars(np.ma.array([0], mask=[False])))
"""Attributes that numpy itself gives to masked arrays."""


def encoder(kind: type) -> Encoder | None:
    """Return the encoder for a type of numpy; None where `__reduce_ex__` tells it well."""
    if kind is np.ndarray:
        return encode_array
    if issubclass(kind, np.ma.MaskedArray):
        return _masked
    if issubclass(kind, np.ndarray) and kind.__reduce__ is np.ndarray.__reduce__:
        return _derived
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
    elif dtype.kind == "T":  # strings of any length, that stand elsewhere
        walk.walk((repr(dtype), values.ravel().tolist()))
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
        if values.dtype.type in {np.longdouble, np.clongdouble} and _PADDED:
            values = values.copy()
            values.reshape(-1).view(np.uint8).reshape(-1, 16)[:, _PADDING:] = 0
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


def _masked(walk: Walk, values: Any) -> None:
    """Emit a masked array; what the mask hides does not count."""
    mask = np.ma.getmaskarray(values)
    walk.emit(b"MA")
    walk.text(name_of(type(values)))
    encode_array(walk, mask)
    encode_array(walk, np.asarray(values.filled(np.zeros((), values.dtype)[()])))
    walk.walk((values.fill_value, values.hardmask))
    _beside(walk, values, {name: part for name, part in vars(values).items() if name not in _OF_MASKED})


def _derived(walk: Walk, values: Any) -> None:
    """Emit an array of a class derived from that of numpy, with its attributes; of a memmap, what the file holds."""
    walk.emit(b"AD")
    walk.text(name_of(type(values)))
    encode_array(walk, np.asarray(values))
    walk.attributes({} if isinstance(values, np.memmap) else getattr(values, "__dict__", {}))
    _beside(walk, values, {})


def _beside(walk: Walk, values: Any, attributes: dict[str, Any]) -> None:
    """Emit attributes and what stands in slots, if there is anything."""
    slots = copyreg._slotnames(type(values))  # type: ignore[attr-defined]  # noqa: SLF001 - as pickle does
    found = attributes | {name: getattr(values, name) for name in slots if hasattr(values, name)}
    if found:
        walk.emit(b"+")
        walk.attributes(found)
