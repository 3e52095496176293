"""`sweep`: a grid of pipelines gives one table, wherever they run, and builds what is new only."""

import importlib.util
import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.archive import Workspace
from framework.core import Pipeline
from framework.errors import OptionError, UnknownName, WiringError
from framework.notebook import archive_frame
from framework.reactive import ReactiveBuilder, sweep

pytestmark = pytest.mark.timeout(240)

built = []  # the inputs that were built in this process


class Numbers(ReactiveBuilder):
    def __init__(self, count):
        super().__init__("n", [], persist=True)
        self.count = count

    def build(self, context):
        built.append("numbers")
        yield from range(1, self.count + 1)


class Power(ReactiveBuilder):
    def __init__(self, k):
        super().__init__("power", ["n"], persist=True)
        self.k = k

    def build(self, context, n):
        built.append((self.k, n))
        if n == 13:
            raise ValueError("unlucky")
        yield {"n": n, "power": n**self.k}


def powers(k, count=2, workspace=None):
    return Pipeline([Numbers(count), Power(k)], workspace=workspace)


@pytest.fixture(autouse=True)
def nothing_built():
    built.clear()


def rows(frame, *names):
    return list(frame[list(names)].itertuples(index=False, name=None))


@given(st.lists(st.integers(0, 4), max_size=3), st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_a_row_for_each_artifact_of_each_combination_in_order(ks, counts):
    frame = sweep(powers, "power", k=ks, count=counts)
    expected = [(k, count, n, n**k) for k in ks for count in counts for n in range(1, count + 1)]
    assert (rows(frame, "k", "count", "n", "power") if expected else []) == expected
    assert len(frame) == len(expected)


def test_what_is_equal_in_several_combinations_is_built_once(tmp_path):
    sweep(powers, "power", workspace=tmp_path, k=[2, 3])
    assert built == ["numbers", (2, 1), (2, 2), (3, 1), (3, 2)]
    built.clear()
    frame = sweep(powers, "power", workspace=tmp_path, k=[3, 4, 2])
    assert built == [(4, 1), (4, 2)]
    assert frame["power"].tolist() == [1, 8, 1, 16, 1, 4]


@pytest.fixture(params=["threads", "processes"])
def executor(request):
    if request.param == "threads":
        with ThreadPoolExecutor(2) as pool:
            yield pool
    else:
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield pool


def test_pipelines_run_on_an_executor_each_with_a_workspace_of_its_own(executor, tmp_path):
    def once():
        frame = sweep(powers, "power", executor=executor, workspace=tmp_path, k=range(4), count=[3])
        assert rows(frame, "k", "n", "power") == [(k, n, n**k) for k in range(4) for n in (1, 2, 3)]
        return [Workspace(folder).catalog() for folder in sorted(tmp_path.iterdir())]

    first, again = once(), once()
    kept = archive_frame(sorted(tmp_path.iterdir()), target="power")
    assert sorted(kept["power"]) == sorted(n**k for k in range(4) for n in (1, 2, 3))
    assert [sorted((entry.name, entry.records) for entry in catalog) for catalog in first] == [
        [("Numbers", 1), ("Power", 3)]
    ] * 4
    assert [[entry.records for entry in catalog] for catalog in again] == [
        [entry.records for entry in catalog] for catalog in first
    ]


# -- failures


def test_failures_are_raised_together_with_their_parameters():
    with pytest.raises(ExceptionGroup, match="2 of 3 pipelines failed") as raised:
        sweep(powers, "power", k=[2], count=[13, 1, 14])
    assert [error.__notes__[-1] for error in raised.value.exceptions] == ["with k=2, count=13", "with k=2, count=14"]


def test_kept_failures_stand_beside_what_was_built():
    frame = sweep(powers, "power", on_error="keep", k=[2], count=[1, 13])
    assert frame["count"].tolist() == [1] + [13] * 12
    assert frame["error"].tolist() == [pd.NA, *["ValueError: unlucky"] * 12]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sweep(powers, "power"), OptionError, "takes the values of each parameter by its name"),
        (lambda: sweep(powers, "power", k=2), OptionError, r"k=\[2\]"),
        (lambda: sweep(powers, "power", k="23"), OptionError, r"k=\['23'\]"),
        (lambda: sweep(powers, "powr", k=[2]), UnknownName, "did you mean 'power'"),
        (lambda: sweep(lambda k: k, "power", k=[2]), WiringError, "a factory returns a Pipeline, got 2"),
    ],
)
def test_misuse_is_told(call, error, message):
    with pytest.raises((error, ExceptionGroup)) as raised:
        call()
    found = raised.value.exceptions[0] if isinstance(raised.value, ExceptionGroup) else raised.value
    assert isinstance(found, error)
    with pytest.raises(error, match=message):
        raise found


# -- configurations side by side


def test_configurations_stand_beside_each_other_with_a_column_for_each_argument(tmp_path):
    sweep(powers, "power", workspace=tmp_path, k=[2, 3])
    frame = archive_frame(tmp_path, target="power")
    assert rows(frame, "k", "n", "power") == [(2, 1, 1), (2, 2, 4), (3, 1, 1), (3, 2, 8)]
    assert "k" not in archive_frame(tmp_path, processor="Numbers")


def test_another_configuration_supersedes_nothing_and_edited_code_does(tmp_path):
    def run(source, *ks):
        file = tmp_path / f"edited{next(versions)}.py"
        file.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("edited", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for k in ks:
            pipeline = Pipeline([module.Edited(k)], workspace=tmp_path / "workspace")
            pipeline.resolve("out")
            pipeline.run()
        return [(entry.arguments, bool(entry.superseded_by)) for entry in pipeline.catalog()]

    versions = itertools.count()
    code = (
        "from framework.reactive import ReactiveBuilder\n"
        "class Edited(ReactiveBuilder):\n"
        "    def __init__(self, k):\n"
        "        super().__init__('out', [], persist=True)\n"
        "        self.k = k\n"
        "    def build(self, context):\n"
        "        yield self.k\n"
    )
    assert run(code, 2, 3) == [("k=2", False), ("k=3", False)]
    with Workspace(tmp_path / "workspace") as workspace:
        assert workspace.prune(dry_run=True) == []
    edited = code.replace("yield self.k", "yield -self.k")
    assert run(edited, 3) == [("k=2", True), ("k=3", True), ("k=3", False)]
    assert run(code, 2)[:2] == [("k=2", False), ("k=3", True)]
