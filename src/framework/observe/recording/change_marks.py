"""`mark_of`: a number for the content of a value that can change, so that a change in place shows.

It looks at a bounded part of the value and never calls code of a user's class.
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import pathlib
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

ATOMS = frozenset(
    {
        *(int, float, complex, bool, str, bytes, type(None), type(...), range, type),
        *(dt.date, dt.datetime, dt.time, dt.timedelta, dt.timezone),
        *(decimal.Decimal, fractions.Fraction, uuid.UUID),
        *(pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath),
    }
)
"""Types whose instances cannot change."""
MOST_ITEMS, MOST_NESTED, MOST_BYTES, MOST_COLUMNS, DEPTH = 2048, 64, 16_384, 8, 3
_SEQUENCES = frozenset({list, tuple, set, frozenset})


def mark_of(value: Any, depth: int = DEPTH) -> int:
    """Return a number that differs, as good as surely, after a change of the part that is looked at.

    Of arrays and tables that are all bytes up to `MOST_BYTES` for an array or a column, else both ends and some
    between; of containers the first `MOST_ITEMS` of the plain items, and the first `MOST_NESTED` of nested ones.
    """
    kind = value.__class__
    if kind in ATOMS:
        return hash(value)
    if kind is dict:
        keys, values = [*islice(value, MOST_ITEMS)], [*islice(value.values(), MOST_ITEMS)]
        return hash((mark_of(keys, depth), mark_of(values, depth)))
    if kind in _SEQUENCES:
        return hash((len(value), *_of_items([*islice(value, MOST_ITEMS)], depth)))
    if kind is bytearray:
        return hash((len(value), bytes(value[:MOST_BYTES]), bytes(value[-MOST_BYTES:])))
    if hasattr(value, "dtype") or hasattr(value, "columns"):
        return hash(tuple(_of_table(value)))
    state = getattr(value, "__dict__", None)
    return mark_of(state, depth - 1) if state and depth and state.__class__ is dict else 0


def _of_items(items: list[Any], depth: int) -> Iterable[Any]:
    if ATOMS.issuperset(map(type, items)):
        return items
    return [mark_of(item, depth - 1) for item in items[:MOST_NESTED]] if depth else ()


def _of_table(value: Any) -> Iterator[int]:
    columns = getattr(value, "columns", None)
    if columns is None:
        yield _of_array(value)
        return
    yield mark_of([*islice(columns, MOST_ITEMS)], 1)
    if hasattr(value, "iloc"):  # a pandas frame; two columns may have one name
        for number in range(min(len(columns), MOST_COLUMNS)):
            yield _of_array(value.iloc[:, number])


def _of_array(value: Any) -> int:
    array = getattr(value, "array", value)
    array = getattr(array, "_ndarray", array)
    if not hasattr(array, "tobytes") or getattr(array.dtype, "hasobject", False):
        size = len(value) if getattr(value, "ndim", 1) else 1
        step = max(1, size // MOST_NESTED)
        return mark_of([*islice(array.tolist() if size <= MOST_ITEMS else array[::step], MOST_ITEMS)], 1)
    flat = array.reshape(-1) if array.flags["C_CONTIGUOUS"] else array.flat
    if array.nbytes <= MOST_BYTES:
        return hash(flat[:].tobytes())
    part = max(1, MOST_BYTES // 4 // max(1, array.itemsize))
    step = max(1, array.size // part)
    return hash((flat[:part].tobytes(), flat[-part:].tobytes(), flat[::step].tobytes()))
