"""Kinds of numpy, pandas, polars and Arrow values."""

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from library_kinds import kind

WHOLE = (0, 1, 2**53, 2**53 + 1, 2**60, 2**60 + 1, None)
REAL = (0.0, 0.5, float("nan"), float("inf"), 1.0, None)
TEXT = ("", "a", "b", "ab", "ä", None)
NAMES = ("a", "b", None)


def exactly(check):
    """Whether an `assert_..._equal` of pandas passes."""

    def equal(left, right):
        if type(left) is not type(right):
            return False
        try:
            check(left, right)
        except AssertionError:
            return False
        return True

    return equal


same_series = exactly(
    lambda one, other: pd.testing.assert_series_equal(one, other, check_exact=True, check_index_type="exact")
)
same_frame = exactly(
    lambda one, other: pd.testing.assert_frame_equal(
        one, other, check_exact=True, check_index_type="exact", check_column_type="exact"
    )
)
same_index = exactly(lambda one, other: pd.testing.assert_index_equal(one, other, exact=True, check_exact=True))


def same_array(left, right):
    """Equal dtypes, shapes and values, NaN with NaN."""
    if (type(left), left.dtype, left.shape) != (type(right), right.dtype, right.shape):
        return False
    return np.array_equal(left, right, equal_nan=left.dtype.kind in "fcmM")


def same_masked(left, right):
    """Equal dtypes, masks and values that are not hidden."""
    masks = np.ma.getmaskarray(left), np.ma.getmaskarray(right)
    alike = left.dtype == right.dtype and np.array_equal(*masks) and left.fill_value == right.fill_value
    return bool(alike and np.array_equal(left.compressed(), right.compressed()))


@kind("numpy array", same_array, ("i8", "u1", "f4", "f8", "c16", "g", "M8[s]", "U2", "T"), *[(0, 1, 2, 3)] * 4)
def array(noise, dtype, *values):
    values = list(map(str, values)) if dtype in {"U2", "T"} else values
    plain = np.array(values, dtype=dtype).reshape(2, 2)
    layouts = (plain, np.asfortranarray(plain), plain.repeat(2, axis=0)[::2], plain[::-1].copy()[::-1])
    return noise.choice(layouts)


class Measured(np.ndarray):
    """An array of a class of ours."""


@kind("derived array", same_array, (np.ndarray, Measured, np.recarray), ("i8", "f8"), *[(0, 1, 2)] * 3)
def derived(noise, cls, dtype, *values):
    return array(noise, dtype, *values, 0).view(cls)


@kind("masked array", same_masked, ("i8", "f8"), *[(0, 1, 2, None)] * 4, (None, 7))
def masked(noise, dtype, *values):
    *values, fill = values
    data = [noise.randrange(9) if value is None else value for value in values]
    made = np.ma.array(data, mask=[value is None for value in values], dtype=dtype, fill_value=fill)
    if noise.random() < 0.5:
        made.sum(), made.fill_value
    return made


def pieces(noise, column):
    """The same column, cut out of a longer one or put together from two."""
    way = noise.randrange(4)
    if way == 0:
        return pd.concat([column, column])[len(column) :]
    if way == 1:
        return pd.concat([column[:1], column[1:]])
    if way == 2:
        return column.copy().sort_index()
    return column


@kind("pandas whole", same_series, ("Int64", "UInt64", "int64[pyarrow]", "uint64[pyarrow]"), NAMES, *[WHOLE] * 3)
def whole(noise, dtype, name, *values):
    return pieces(noise, pd.Series(list(values), dtype=dtype, name=name))


@kind("pandas real", same_series, ("Float64", "Float32", "double[pyarrow]", "float64", "object"), *[REAL] * 3)
def real(noise, dtype, *values):
    if dtype == "double[pyarrow]":
        return pieces(noise, pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values, pa.float64()))))
    return pieces(noise, pd.Series(list(values), dtype=dtype))


@kind("pandas boolean", same_series, ("boolean", "bool[pyarrow]", "object"), *[(True, False, None)] * 3)
def boolean(noise, dtype, *values):
    return pieces(noise, pd.Series(list(values), dtype=dtype))


STRINGS = (
    "string[python]",
    "string[pyarrow]",
    "object",
    "large_string[pyarrow]",
    pd.ArrowDtype(pa.string()),
    pd.StringDtype("python", na_value=np.nan),
    pd.StringDtype("pyarrow", na_value=np.nan),
    "category",
)


@kind("pandas text", same_series, STRINGS, *[TEXT] * 3)
def text(noise, dtype, *values):
    return pieces(noise, pd.Series(list(values), dtype=dtype))


MOMENTS = ("2020-01-01", "2021-01-01", None)
MOMENT_TYPES = ("datetime64[ns]", "datetime64[s]", "datetime64[ns, UTC]", "datetime64[ns, Europe/Oslo]", "period[D]")


@kind("pandas moments", same_series, (*MOMENT_TYPES, "timestamp[us][pyarrow]"), *[MOMENTS] * 3)
def moments(noise, dtype, *values):
    if dtype == "period[D]":
        return pd.Series(pd.PeriodIndex([value or "NaT" for value in values], freq="D"))
    stamps = pd.Series(pd.to_datetime(list(values), utc=True))
    return pieces(noise, stamps.astype(dtype) if "," in dtype else stamps.dt.tz_localize(None).astype(dtype))


class Table(pd.DataFrame):
    """A frame of a class of ours."""

    _metadata = ["unit"]  # noqa: RUF012 - pandas adds lists to it

    @property
    def _constructor(self):
        return Table


COLUMNS = ("int64", "Int64", "float64", "string", "double[pyarrow]")
INDEXES = (None, [0, 1, 2], ["x", "y", "z"], [2, 1, 0])


@kind("pandas frame", same_frame, (pd.DataFrame, Table), COLUMNS, COLUMNS, INDEXES, *[(0, 1, 2)] * 4, weight=6)
def frame(noise, cls, left, right, index, *values):
    made = cls({"a": pd.Series([*values[:2], 0], dtype=left)})
    made["b"] = pd.Series([*values[2:], 1], dtype=right)
    if index:
        made.index = index
    way = noise.randrange(4)
    if way == 0:
        return made.copy()
    if way == 1:
        return made[["b", "a"]][["a", "b"]]
    if way == 2:
        return made.iloc[::-1].iloc[::-1].set_axis(made.index)
    made.sum(numeric_only=True)
    return made


@kind("pandas ranges", same_index, (0, 1, 2), (0, 1, 2, 5, 6), (1, 2, 3), (None, "n"))
def ranges(_, start, stop, step, name):
    return pd.RangeIndex(start, stop, step, name=name)


@kind(
    "pandas categories", same_series, (["a", "b"], ["b", "a"], ["a", "b", "c"]), (True, False), *[("a", "b", None)] * 3
)
def categories(noise, known, ordered, *values):
    return pieces(noise, pd.Series(pd.Categorical(values, known, ordered=ordered)))


POLARS = {
    pl.Int64: WHOLE,
    pl.Float64: REAL,
    pl.String: TEXT,
    pl.Binary: (b"", b"a", b"b", None),
    pl.Boolean: (True, False, None),
    pl.Categorical: TEXT,
    pl.Enum(["a", "b"]): ("a", "b", None),
    pl.Enum(["b", "a"]): ("a", "b", None),
    pl.List(pl.Int64): ([], [0], [1, None], [2**60], [2**60 + 1], None),
    pl.List(pl.List(pl.String)): ([], [[]], [["a"], None], [["a", "b"]], [["a"], ["b"]], None),
    pl.Array(pl.Float64, 2): ([0.0, 1.0], [1.0, 0.0], [None, 1.0], [float("nan"), 1.0], None),
    pl.Struct({"x": pl.Int64, "y": pl.String}): ({"x": 1, "y": "a"}, {"x": 1, "y": None}, {"x": None, "y": None}, None),
    pl.Datetime("us"): (dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1), None),  # noqa: DTZ001
    pl.Datetime("ms", "UTC"): (dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1), None),  # noqa: DTZ001
    pl.Date: (dt.date(2020, 1, 1), dt.date(2021, 1, 1), None),
    pl.Decimal(10, 2): (decimal.Decimal("1.00"), decimal.Decimal("1.01"), None),
}


def same_polars(left, right):
    """Equal schemas and values."""
    return left.schema == right.schema and left.equals(right, null_equal=True)


@kind("polars frame", same_polars, tuple(POLARS), ("a", "b"), *[range(6)] * 3, weight=10)
def polars_frame(noise, dtype, name, *choices):
    pool = POLARS[dtype]
    values = [pool[choice % len(pool)] for choice in choices]
    made = pl.DataFrame({name: pl.Series(name, values, dtype=dtype)})
    way = noise.randrange(4)
    if way == 0:
        return pl.concat([made[:1], made[1:]], rechunk=False)
    if way == 1:
        return pl.concat([made, made])[3:]
    if way == 2 and not dtype.is_nested():
        return made.sort(name).clear() if not values else made.with_columns(pl.col(name).set_sorted()).clone()
    return made


ARROW = {
    pa.int64(): WHOLE,
    pa.float64(): REAL,
    pa.string(): TEXT,
    pa.large_string(): TEXT,
    pa.binary(): (b"", b"a", b"b", None),
    pa.bool_(): (True, False, None),
    pa.list_(pa.int64()): ([], [0], [1, None], [2**60], [2**60 + 1], None),
    pa.list_(pa.string(), 2): (["a", "b"], ["b", "a"], [None, "a"], None),
    pa.struct([("x", pa.int64()), ("y", pa.string())]): ({"x": 1, "y": "a"}, {"x": 1}, {}, None),
    pa.map_(pa.string(), pa.int64()): ([], [("a", 1)], [("a", 2)], None),
    pa.dictionary(pa.int32(), pa.string()): TEXT,
    pa.timestamp("us"): (dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1), None),  # noqa: DTZ001
    pa.timestamp("us", "UTC"): (dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1), None),  # noqa: DTZ001
    pa.decimal128(10, 2): (decimal.Decimal("1.00"), decimal.Decimal("1.01"), None),
    pa.string_view(): TEXT,
    pa.null(): (None,),
}


def same_arrow(left, right):
    """Equal schemas and values; of NaN, which Arrow tells from NaN, by what is printed."""
    if not left.schema.equals(right.schema, check_metadata=True):
        return False
    return left.equals(right) or repr(left.to_pylist()) == repr(right.to_pylist())


@kind("arrow table", same_arrow, tuple(ARROW), ("a", "b"), (None, {"k": "v"}), *[range(6)] * 3, weight=10)
def arrow_table(noise, dtype, name, metadata, *choices):
    pool = ARROW[dtype]
    values = [pool[choice % len(pool)] for choice in choices]
    way = noise.randrange(4)
    if way == 0:
        column = pa.chunked_array([pa.array(values[:1], dtype), pa.array(values[1:], dtype)])
    elif way == 1:
        column = pa.array([pool[0], *values, pool[-1]], dtype)[1:-1]
    elif way == 2 and dtype == pa.int64():  # what stands below a null is anything
        holes = np.array([value is None for value in values])
        column = pa.array([noise.randrange(9) if value is None else value for value in values], dtype, mask=holes)
    else:
        column = pa.array(values, dtype)
    return pa.table({name: column}, metadata=metadata)
