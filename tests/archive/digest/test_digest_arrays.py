"""Arrays, columns and frames count by what they hold."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from framework.archive import digest


@pytest.mark.parametrize(
    "column",
    [
        pd.array([1, None], dtype="Int64"),
        pd.Categorical(["a", None, "b"]),
        pd.array(["a", None], dtype="string"),
        pd.to_datetime(["2020-01-01", None]).tz_localize("UTC").array,
        pd.period_range("2020-01", periods=2, freq="M").array,
        pd.arrays.IntervalArray.from_breaks([0, 1, 2]),
        np.array(["a", [1, {"b": 2}], None], dtype=object),
        np.array([("x", 1.0), ("y", 2.0)], dtype=[("name", "U5"), ("value", "f8")]),
        np.array([1, 2], dtype="M8[s]"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_a_column_of_any_kind_has_the_digest_of_its_copy(column):
    series = pd.Series(list(column) if column.dtype.names else column)
    assert digest(series) == digest(pickle.loads(pickle.dumps(series)))
    assert digest(column) == digest(copy.deepcopy(column))
    assert digest(series) != digest(series[::-1].reset_index(drop=True))


def test_the_bytes_between_the_fields_of_a_record_do_not_count():
    dtype = np.dtype({"names": ["a", "b"], "formats": ["u1", "u4"], "offsets": [0, 4], "itemsize": 8})
    left, right = np.zeros(1, dtype), np.frombuffer(b"\0" + b"\x55" * 3 + b"\0" * 4, dtype)
    assert digest(left) == digest(right)


def test_frames_with_many_kinds_of_index_have_a_digest():
    for index in (
        pd.RangeIndex(2),
        pd.Index([1, 2]),
        pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", "s"]),
    ):
        frame = pd.DataFrame({"a": [1, 2]}, index=index)
        assert digest(frame) == digest(frame.copy()) != digest(frame.iloc[::-1])


@pytest.mark.parametrize("values", [np.zeros(2), np.ma.array([1, 2], mask=[0, 1])], ids=["array", "masked"])
@pytest.mark.parametrize("slots", [None, ("unit",)])
def test_what_a_class_derived_from_an_array_keeps_besides_counts(values, slots):
    kind = type("Kind", (type(values),), {} if slots is None else {"__slots__": slots})

    def made(unit):
        derived = values.copy().view(kind)
        derived.unit = unit
        return derived

    assert digest(made(1)) == digest(made(1)) != digest(made(2))
    assert digest(made(1)) != digest(values.copy().view(kind))
