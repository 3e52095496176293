"""Digests of values of libraries: by what they are, not by what they remember. Random ones are in tests/stress."""

import pickle

import numpy as np
import pandas as pd
import pytest

from framework.archive import digest


def alike(left, right):
    """Whether the digests are equal."""
    return digest(left) == digest(right)


def arrow(*values, kind="int64"):
    pa = pytest.importorskip("pyarrow")
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values, kind)))


@pytest.mark.parametrize("dtype", ["Int64", "UInt64", "int64[pyarrow]"])
def test_large_numbers_beside_a_missing_value_are_told_apart(dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    first, second = (pd.DataFrame({"id": pd.array([number, None], dtype=dtype)}) for number in (2**60, 2**60 + 1))
    assert not alike(first, second)
    assert alike(first, first.copy())


def test_what_stands_below_a_missing_value_does_not_count():
    shown = pd.array([1, None], dtype="Int64")
    hidden = pd.array([1, 9], dtype="Int64")
    hidden[1] = None
    assert alike(shown, hidden)


def test_nan_and_null_are_told_apart():
    assert not alike(arrow(float("nan"), 1.0, kind="float64"), arrow(None, 1.0, kind="float64"))


def test_the_storage_of_strings_counts_as_it_does_for_pandas():
    pytest.importorskip("pyarrow")
    python, stored = (pd.Series(["a", None], dtype=f"string[{storage}]") for storage in ("python", "pyarrow"))
    assert not alike(python, stored)
    assert not alike(python, pd.Series(["a", None], dtype=pd.StringDtype("python", na_value=np.nan)))


@pytest.mark.parametrize("equal", [((0, 5, 2), (0, 6, 2)), ((3, 3, 1), (7, 2, 4)), ((4, 5, 1), (4, 9, 9))])
def test_ranges_of_the_same_numbers_are_equal(equal):
    left, right = (pd.RangeIndex(*span) for span in equal)
    assert left.equals(right)
    assert alike(left, right)


class Table(pd.DataFrame):
    _metadata = ["unit"]  # noqa: RUF012 - pandas adds lists to it

    @property
    def _constructor(self):
        return Table


def test_a_class_derived_from_a_frame_counts_by_its_columns_and_listed_attributes():
    whole, grown = Table({"a": [1], "b": [2]}), Table({"a": [1]})
    grown["b"] = [2]
    assert alike(whole, grown)
    assert not alike(whole, pd.DataFrame(whole))
    grown.unit = "m"
    assert not alike(whole, grown)


def test_what_a_mask_hides_does_not_count():
    assert alike(np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 9], mask=[0, 1]))
    assert not alike(np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[0, 0]))


def test_a_memory_map_counts_by_what_the_file_holds(tmp_path):
    first, second = (np.memmap(tmp_path / name, dtype="i4", mode="w+", shape=3) for name in "ab")
    assert alike(first, second)
    second[0] = 1
    assert not alike(first, second)


def test_the_padding_of_a_long_double_does_not_count():
    left, right = np.zeros(2, np.longdouble), np.frombuffer(bytes(16) * 2, np.longdouble).copy()
    right.view(np.uint8)[15] = 7
    if left[0] != right[0]:
        pytest.skip("no padding on this machine")
    assert alike(left, right)


def test_polars_frames_count_by_content_not_by_chunks_or_flags():
    pl = pytest.importorskip("polars")
    whole, half, rest = (pl.DataFrame({"a": values}) for values in ([1, 2], [1], [2]))
    assert alike(whole, pl.concat([half, rest], rechunk=False))
    assert alike(whole, pl.DataFrame({"a": [2, 1]}).sort("a"))
    assert not alike(pl.Series([1, None]), pl.Series([1, 0]))
    assert not alike(pl.Series(["a"], dtype=pl.Enum(["a", "b"])), pl.Series(["a"], dtype=pl.Enum(["b", "a"])))
    assert not alike(pl.Series([[1], []]), pl.Series([[], [1]]))


def test_arrow_tables_count_by_content_not_by_slices_or_chunks():
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"a": ["x", None, "yz"], "b": [[1], [], None]})
    longer = pa.concat_tables([table, table])
    assert alike(table, longer[3:])
    assert not alike(table, longer[2:5])
    assert not alike(pa.array([["a"], ["b"]]), pa.array([["a", "b"], []]))
    assert not alike(pa.array(["ab", "c"]), pa.array(["a", "bc"]))


def test_a_sparse_matrix_counts_by_its_entries():
    sparse = pytest.importorskip("scipy.sparse")
    fresh, used = (sparse.csr_matrix(np.eye(3)) for _ in range(2))
    used.sum_duplicates()
    assert alike(fresh, used)
    assert not alike(fresh, sparse.csc_matrix(np.eye(3)))
    assert not alike(fresh, sparse.csr_matrix(2 * np.eye(3)))


def test_random_numbers_drawn_elsewhere_change_no_distribution():
    stats = pytest.importorskip("scipy.stats")
    normal, before = stats.norm(0, 1), digest(stats.norm(0, 1))
    normal.rvs()
    assert (digest(normal), digest(pickle.loads(pickle.dumps(normal)))) == (before, before)
    assert not alike(normal, stats.norm(0, 2))


def test_a_compiled_function_counts_by_its_source():
    numba = pytest.importorskip("numba")

    def plus(x):
        return x + 1

    fresh, used = numba.njit(plus), numba.njit(plus)
    assert used(1) == 2
    assert alike(fresh, used)
    assert not alike(fresh, numba.njit(lambda x: x + 2))
    assert not alike(fresh, numba.njit(plus, fastmath=True))


def test_a_labelled_array_counts_by_values_names_and_coordinates():
    xr = pytest.importorskip("xarray")
    array = xr.DataArray([1.0, 2.0], dims="x", coords={"x": [10, 20]})
    assert alike(array, pickle.loads(pickle.dumps(array.copy(deep=True))))
    assert not alike(array, array.assign_coords(x=[10, 21]))
    assert not alike(array.to_dataset(name="a"), array.to_dataset(name="b"))


def test_an_estimator_counts_by_its_parameters_and_what_it_has_learned():
    neighbors = pytest.importorskip("sklearn.neighbors")
    fitted = neighbors.KNeighborsClassifier(1, algorithm="kd_tree").fit([[0.0], [1.0], [2.0]], [0, 1, 1])
    before = digest(fitted)
    fitted.predict([[0.5]])
    assert digest(fitted) == before
    assert digest(neighbors.KNeighborsClassifier(1).fit([[0.0], [1.0], [3.0]], [0, 1, 1])) != before
