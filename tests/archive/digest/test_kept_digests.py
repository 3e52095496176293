"""Digests of today: another one for an equal value would compute everything anew that is kept under it."""

import collections
import datetime as dt
import decimal
import fractions
import functools
import json
import math
import operator
import pathlib
import types
import uuid

import numpy as np
import pandas as pd
import pytest
from digest_samples import Access, Color, Pair, Plain, Point, Row, Rows, Slotted

from framework.archive import digest


@functools.cache
def values():
    """Made when a test runs, since each test process collects: what a labelled array imports takes half a second."""
    import polars as pl
    import pyarrow as pa
    import scipy.sparse
    import xarray as xr

    return {
        "None": None,
        "True": True,
        "an int": 7,
        "a large int": 10**30,
        "a float": 0.5,
        "NaN": math.nan,
        "a complex": 1 + 2j,
        "a text": "ä\ud800",
        "bytes": b"abc",
        "a bytearray": bytearray(b"abc"),
        "Ellipsis": ...,
        "NotImplemented": NotImplemented,
        "a list": [1, "a", [None]],
        "a tuple": (1, "a", (None,)),
        "a dict": {"a": 1, 2: (3,)},
        "an OrderedDict": collections.OrderedDict(a=1),
        "a defaultdict": collections.defaultdict(list, a=[1]),
        "a Counter": collections.Counter("aab"),
        "a deque": collections.deque([1, 2], 3),
        "a set": {1, "a"},
        "a frozenset": frozenset({1, (2,)}),
        "a range": range(1, 9, 3),
        "a range of two": range(1, 3),
        "a range of one": range(4, 5, 7),
        "an empty range": range(0),
        "a slice": slice(1, None, 2),
        "a date": dt.date(2026, 1, 2),
        "a time": dt.datetime(2026, 1, 2, 3, 4, 5, 6, dt.UTC),
        "a timedelta": dt.timedelta(1, 2, 3),
        "a decimal": decimal.Decimal("1.50"),
        "a fraction": fractions.Fraction(2, 3),
        "a UUID": uuid.UUID(int=5),
        "a path": pathlib.PurePosixPath("/a/b.c"),
        "a path of Windows": pathlib.PureWindowsPath("c:\\a\\b"),
        "a class of paths": pathlib.PurePosixPath,
        "an enum": Color.BLUE,
        "a flag": Access.READ | Access.WRITE,
        "a proxy": types.MappingProxyType({"a": 1}),
        "a namespace": types.SimpleNamespace(a=1),
        "a dataclass": Point(1, "b", 2.5, ()),
        "an object with slots": Slotted((1,)),
        "an object": Plain(1, [2]),
        "a class derived from tuple": Row((1, 2)),
        "a class derived from list": Rows([1, 2]),
        "a named tuple": Pair(1, 2),
        "a class": Plain,
        "a module": json,
        "an installed function": json.dumps,
        "a builtin function": math.sqrt,
        "a builtin method": [1, 2].append,
        "a bound method": fractions.Fraction(2, 3).limit_denominator,
        "a partial": functools.partial(json.dumps, indent=2),
        "a getter": operator.itemgetter(1),
        "an exception": ValueError("no number", 3),
        "an array": np.arange(6, dtype="i4").reshape(2, 3),
        "an array of texts": np.array(["a", "bc"]),
        "an array of objects": np.array([1, "a", None], dtype=object),
        "an array of times": np.array(["2026-01-02", "NaT"], dtype="M8[ns]"),
        "a masked array": np.ma.MaskedArray([1, 2, 3], [False, True, False]),
        "records": np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
        "a scalar of numpy": np.float32(0.5),
        "a type of numpy": np.dtype("i4"),
        "a series": pd.Series([1.5, None], name="x"),
        "a series of texts": pd.Series(["a", None], dtype=pd.StringDtype("python")),
        "a nullable series": pd.Series([1, None], dtype="Int64"),
        "a categorical": pd.Series(["a", "b"], dtype="category"),
        "an interval": pd.Interval(1, 2, closed="left"),
        "a frame": pd.DataFrame({"a": [1, 2], "b": [0.5, math.nan]}, index=pd.Index([5, 6], name="at")),
        "a timestamp": pd.Timestamp("2026-01-02", tz="UTC"),
        "NA": pd.NA,
        "an Arrow array": pa.array([1, None, 3]),
        "Arrow texts": pa.array(["a", None, "bc"]),
        "Arrow lists": pa.array([[1], None, [2, 3]]),
        "Arrow structs": pa.array([{"a": 1}, None]),
        "an Arrow table": pa.table({"a": [1.5, None], "b": ["x", "y"]}),
        "an Arrow batch": pa.record_batch({"a": [1]}),
        "an Arrow scalar": pa.scalar(3),
        "an Arrow schema": pa.schema([pa.field("a", pa.int32(), nullable=False, metadata={"unit": "m"})], {"k": "v"}),
        "an Arrow field": pa.field("a", pa.int32()),
        "an Arrow type": pa.list_(pa.int32()),
        "an Arrow decimal": pa.array([decimal.Decimal("1.5"), None]),
        "Arrow booleans": pa.array([True, None]),
        "a polars frame": pl.DataFrame({"a": [1, None], "b": ["x", "y"]}),
        "a polars series": pl.Series("a", [1.5, None]),
        "a labelled array": xr.DataArray([1, 2], {"x": [3, 4]}, "x", "a", {"unit": "m"}),
        "a variable of xarray": xr.Variable("x", [1, 2]),
        "a data set": xr.Dataset({"a": ("x", [1, 2])}),
        "a sparse matrix": scipy.sparse.csr_matrix(np.eye(2)),
    }


KEPT = {
    "None": "887ea0587609",
    "True": "fd4de0029e12",
    "an int": "18d5b5f630aa",
    "a large int": "fe3c8bf2488f",
    "a float": "08753570a8bf",
    "NaN": "e5c2232bad48",
    "a complex": "e245850cc301",
    "a text": "43e006d710d5",
    "bytes": "b390a1cc7ce5",
    "a bytearray": "a79d520d6aa0",
    "Ellipsis": "89a6ebde3616",
    "NotImplemented": "1974810c1484",
    "a list": "69a8bae388a4",
    "a tuple": "95bb1959ca41",
    "a dict": "83b91858fb5a",
    "an OrderedDict": "40e34335011e",
    "a defaultdict": "598dfd28ca22",
    "a Counter": "30283a6b7bc4",
    "a deque": "03b3dabe3431",
    "a set": "5eec9c00c303",
    "a frozenset": "85e7501cecf9",
    "a range": "4144e2ea5b23",
    "a range of two": "23b090abe3e4",
    "a range of one": "c63527908436",
    "an empty range": "f01a6dd8cfce",
    "a slice": "bad015d26bcf",
    "a date": "779c307f9b5a",
    "a time": "3e912cf56821",
    "a timedelta": "2d128b0cbad2",
    "a decimal": "9e9d2dd2e273",
    "a fraction": "048dd795d3c4",
    "a UUID": "fc97a9f71adf",
    "a path": "278eb17a1a49",
    "a path of Windows": "28c50a3faac7",
    "a class of paths": "0d631044fdef",
    "an enum": "41c6aa9fa3bd",
    "a flag": "7f091dbab2d5",
    "a proxy": "9eea523eea4f",
    "a namespace": "af7405e72d96",
    "a dataclass": "bec1a03b303d",
    "an object with slots": "2b56ab39051d",
    "an object": "af288133e102",
    "a class derived from tuple": "6ec2128ae499",
    "a class derived from list": "ac37b7c37393",
    "a named tuple": "96716e9bb3f9",
    "a class": "022faaf94607",
    "a module": "b990204cd3d9",
    "an installed function": "9f12973b2ba2",
    "a builtin function": "444d8495c9ad",
    "a builtin method": "42aec4048ff8",
    "a bound method": "1b42e388876b",
    "a partial": "a36739c60c4a",
    "a getter": "3053570ac5f2",
    "an exception": "41686efd97a1",
    "an array": "3643bb59d0b3",
    "an array of texts": "3f74ceb5671b",
    "an array of objects": "d093c50fc51d",
    "an array of times": "c16666f65314",
    "a masked array": "629868903fcd",
    "records": "3f3270fcbc3a",
    "a scalar of numpy": "3b986ba35296",
    "a type of numpy": "2dfe3ca2ead9",
    "a series": "b1b8e8190280",
    "a series of texts": "ec907bc3016e",
    "a nullable series": "cae06bf8f7aa",
    "a categorical": "02c08eee56b3",
    "an interval": "b13c0c8fea4a",
    "a frame": "ba719b160eb8",
    "a timestamp": "f829b14bc79e",
    "NA": "7d104e0a0bac",
    "an Arrow array": "c10f8fa0e4c0",
    "Arrow texts": "f9f44823058e",
    "Arrow lists": "6911b26784b7",
    "Arrow structs": "0df489d73a70",
    "an Arrow table": "c687abdcfb5e",
    "an Arrow batch": "e75c3c44481e",
    "an Arrow scalar": "c7f9a8b75fbe",
    "an Arrow schema": "41d57179d536",
    "an Arrow field": "784f373a3c76",
    "an Arrow type": "74a091b09424",
    "an Arrow decimal": "e87c4d05dfdd",
    "Arrow booleans": "bc1313e62bd1",
    "a polars frame": "24d348af53ef",
    "a polars series": "2694cf643444",
    "a labelled array": "b3a7779fecd8",
    "a variable of xarray": "3907e3ef481b",
    "a data set": "b8e587861093",
    "a sparse matrix": "aabe130ec651",
}


@pytest.mark.parametrize("what", KEPT)
def test_the_digest_of_a_value_stays(what):
    assert digest(values()[what])[:12] == KEPT[what]


def test_every_value_has_a_kept_digest():
    assert values().keys() == KEPT.keys()
