"""Digests of values of libraries agree with what each library calls equal, in whatever process, pickled or not.

Values of numpy, pandas, polars, Arrow, scipy, scikit-learn, xarray, numba, networkx, attrs and pydantic, in pairs:
half of them of one description, made in two ways (chunks, slices, caches, what hides behind a mask), the others of two
that differ in one place or two. Equal digests of unequal values would give wrong results: there must be none. Different
digests of equal values are needless misses: they are counted by kind.
"""

import importlib.util
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SCRIPT = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
import library_objects, library_tables
from library_kinds import KINDS, pairs
from framework.archive import digest

for name, left, right, equal in pairs(int(sys.argv[1]), int(sys.argv[2])):
    one, other = digest(left), digest(right)
    again = digest(pickle.loads(pickle.dumps(left))) if KINDS[name].travels else one
    print(name, int(equal), one, other, again, sep="|")
"""
HERE = Path(__file__).parent
KNOWN_MISSES = {"pandas real", "pandas text", "pandas boolean"}
"""Columns of objects tell None from NaN, which pandas calls equal."""


def start(output, last, hash_seed):
    """A process that writes, for each pair, its kind, the library's word and the digests."""
    with output.open("w") as file:
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, "0", str(last)],
            stdout=file,
            env=os.environ | {"PYTHONPATH": str(HERE), "PYTHONHASHSEED": hash_seed},
        )


@pytest.mark.skipif(not all(map(importlib.util.find_spec, ("numba", "xarray"))), reason="not on this Python")
@pytest.mark.timeout(7200)  # on a busy machine the libraries alone take a minute to import
def test_digests_of_library_values_never_agree_where_the_library_does_not(tmp_path, size, figure):
    count = size(400, 200_000)
    outputs = [tmp_path / seed for seed in ("1", "2")]
    processes = [start(output, count, output.name) for output in outputs]
    try:
        assert [process.wait(timeout=7200) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    wrong, misses, moved, lines = Counter(), Counter(), Counter(), 0
    for here, there in zip(*(output.read_text().splitlines() for output in outputs), strict=True):
        name, equal, left, right, again = here.split("|")
        lines += 1
        wrong[name] += left == right and equal == "0"
        misses[name] += left != right and equal == "1"
        moved[name] += here != there or left != again
    figure("pairs", lines)
    figure("wrong answers", wrong.total())
    figure("needless misses", misses.total())
    figure("kinds of them", ", ".join(sorted(+misses)) or "none")
    figure("changed by pickling or in another process", moved.total())
    assert lines == count
    assert (+wrong, +moved) == ({}, {})
    assert (+misses).keys() <= KNOWN_MISSES
