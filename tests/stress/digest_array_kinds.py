"""Kinds of numpy and pandas values. Every part can be changed without the others, so that a mutation is one change."""

import numpy as np
import pandas as pd
from digest_specs import KINDS, Kind, some

SHAPES = ((6,), (2, 3), (3, 2), (1, 6), (6, 1))
WHOLE = (0, 1, 2, 3)
FLOATS = (0.0, -0.0, 1.0, 0.5, float("inf"), float("nan"))
TEXTS = ("", "a", "b", "ab")


def parted(name, make, *choices, weight=1, **how):
    """A kind with one part of each of these choices."""
    KINDS[name] = Kind(
        lambda random, _: tuple(map(random.choice, choices)), make, f"{name} only", leaf=True, weight=weight, **how
    )


def array(noise, dtype, shape, *values):
    """An array whose memory is laid out one way or another, with a NaN of either sign."""
    plain = np.array(values, dtype=dtype).reshape(shape)
    if plain.dtype.kind == "f" and noise.coin():
        np.negative(plain, out=plain, where=np.isnan(plain))
    layouts = (plain, np.asfortranarray(plain), plain.repeat(2, axis=0)[::2], plain[::-1].copy()[::-1])
    return noise.random.choice(layouts)


WHOLE_TYPES = ("i1", "i2", "i4", "i8", "u1", "u8", ">i4", "M8[s]", "M8[D]", "m8[s]")
parted("whole array", array, WHOLE_TYPES, SHAPES, *[WHOLE] * 6, noisy=True, weight=2)
parted("float array", array, ("f2", "f4", "f8", "c8", "c16", ">f8"), SHAPES, *[FLOATS] * 6, noisy=True, weight=2)
parted("text array", array, ("U2", "U3", "S2", "S3"), SHAPES, *[TEXTS] * 6, noisy=True)
parted("bool array", array, ("?",), SHAPES, *[(True, False)] * 6, noisy=True)
parted("empty array", lambda dtype, shape: np.zeros(shape, dtype), ("i4", "f8", "U2"), ((0,), (0, 3), (3, 0)))
parted(
    "array of one", lambda dtype, shape, value: np.full(shape, value, dtype), ("i4", "f8"), ((), (1,), (1, 1)), WHOLE
)
parted("numpy scalar", lambda dtype, value: np.dtype(dtype).type(value), ("i1", "i4", "i8", "f4", "f8", "?"), (0, 1))
parted("numpy text", lambda dtype, value: np.dtype(dtype).type(value), ("U", "S"), TEXTS)


def table(names, *values):
    """A structured array."""
    rows = [values[:2], values[2:]]
    return np.array(rows, dtype=[(names[0], "i4"), (names[1], "f8")])


parted("table", table, (("a", "b"), ("b", "a"), ("a", "c")), WHOLE, WHOLE, WHOLE, WHOLE)
KINDS["object array"] = Kind(some, lambda *parts: objects(parts), "object array only", many=True, weight=2)


def objects(parts):
    """An array of objects."""
    values = np.empty(len(parts), dtype=object)
    values[:] = [None] * len(parts)
    for place, part in enumerate(parts):
        values[place] = part
    return values


def series(dtype, name, *values):
    """A column with a name."""
    return pd.Series(list(values), dtype=dtype, name=name)


COLUMN_NAMES = ("a", "b", 1, None)
WHOLE_COLUMNS = (
    "int64",
    "int8",
    "Int64",
    "float64",
    "Float64",
    "datetime64[ns]",
    "timedelta64[s]",
    "object",
    "category",
)
parted("whole series", series, WHOLE_COLUMNS, COLUMN_NAMES, WHOLE, WHOLE, WHOLE, same_as="series")
parted("gappy series", series, ("Int64", "Float64", "object"), COLUMN_NAMES, *[(0, 1, None)] * 3, same_as="series")
parted(
    "text series",
    series,
    ("object", "string", "str", "category"),
    COLUMN_NAMES,
    *[("a", "b", "c", None)] * 3,
    same_as="series",
)


def frame(noise, dtypes, names, labels, *values):
    """A frame, made at once, column by column, or in another order and then sorted."""
    columns = {name: pd.Series(values[place::2], dtype=dtypes[place]) for place, name in enumerate(names)}
    if noise.coin():
        made = pd.DataFrame(columns)
    else:
        made = pd.DataFrame(index=range(len(values) // 2))
        for name in reversed(names):
            made[name] = columns[name]
        made = made[list(names)]
    return made.set_axis(list(labels), axis=0)


FRAME_TYPES = (("int64", "int64"), ("int64", "float64"), ("float64", "int64"), ("Int64", "int64"), ("object", "int64"))
parted(
    "frame",
    frame,
    FRAME_TYPES,
    (("a", "b"), ("b", "a"), ("a", 1)),
    ((0, 1), (1, 0), ("x", "y")),
    *[WHOLE] * 4,
    noisy=True,
)
parted(
    "index",
    lambda dtype, name, *values: pd.Index(list(values), dtype=dtype, name=name),
    ("int64", "float64", "object", "datetime64[ns]"),
    COLUMN_NAMES,
    *[WHOLE] * 3,
)
parted(
    "range index", lambda start, count, step: pd.RangeIndex(start, start + count * step, step), WHOLE, (2, 3), (1, 2)
)


def levels(noise, names, *values):
    """A multi-index, perhaps with a level that nothing uses any more."""
    rows = [("x", values[0]), ("y", values[1])]
    if noise.coin():
        return pd.MultiIndex.from_tuples([*rows, ("z", 9)], names=names)[:-1]
    return pd.MultiIndex.from_tuples(rows, names=names)


parted("levels", levels, (("a", "b"), ("b", "a"), (None, "b")), WHOLE, WHOLE, noisy=True)
parted("timestamp", pd.Timestamp, ("2020-01-01", "2020-01-01T00:00Z", "2020-01-01T00:00+01:00", "2021-01-01"))
parted("timedelta", pd.Timedelta, ("0s", "1s", "1D"))
parted("period", pd.Period, ("2020-01", "2020-02"), ("M", "D"))
parted("interval", pd.Interval, (0, 1), (1, 2), ("left", "right"))
