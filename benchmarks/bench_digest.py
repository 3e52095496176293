"""Digest: the cost of naming a value, and how many sample pairs each way of doing it gets wrong.

The pairs are those of tests/archive/digest_samples.py: equal exactly when type and value are. Peers with their
defaults; `DeepHash, ordered` has the options that make it see order and repetition. An error counts as a wrong answer.
"""

import hashlib
import pickle
import sys
import timeit
import warnings
from dataclasses import dataclass
from pathlib import Path

import dask.base
import deepdiff
import joblib
import numpy as np
import pandas as pd
from interleaved import measure, table
from promises import beaten, finish, promise

from framework.archive import digest

sys.path.append(str(Path(__file__).parent.parent / "tests" / "archive"))
from digest_samples import PAIRS

warnings.filterwarnings("ignore")
ROUND = 0.02
"""Seconds that a contestant takes per round."""


@dataclass
class Sample:
    number: int
    text: str
    share: float
    pair: tuple


WAYS = {
    "framework": digest,
    "pickle + sha256": lambda value: hashlib.sha256(pickle.dumps(value, 5)).hexdigest(),
    "joblib.hash": joblib.hash,
    "dask tokenize": dask.base.tokenize,
    "DeepHash": lambda value: deepdiff.DeepHash(value)[value],
    "DeepHash, ordered": lambda value: deepdiff.DeepHash(value, ignore_iterable_order=False, ignore_repetition=False)[
        value
    ],
}
REASONS = {
    "pickle + sha256": "it pickles in C and looks no further, so that sharing, identity and the order of a set change "
    "its answer; we look at the type of every part first",
    "joblib.hash": "it pickles in C; an object that has more than scalars in its attributes is walked in Python here",
    "dask tokenize": "it hashes numbers as they lie in memory, so that two NaN may differ, and text joined by hyphens, "
    "so that a column 'a-b', 'c' equals 'a', 'b-c'; we look for NaN and tell every string from the next",
}
RNG = np.random.default_rng(0)
VALUES = {
    "an int": 12345,
    "a short string": "hello world",
    "a tuple of 3 scalars": (1, "abc", 2.5),
    "a dict of 5": {"id": 7, "name": "x", "v": 1.5, "ok": True, "tag": None},
    "a list of 1,000 ints": list(range(1000)),
    "333 rows of 3": [(n, str(n), n * 0.5) for n in range(333)],
    "a dataclass": Sample(1, "x", 2.0, (1, 2)),
    "an array of 100,000 doubles": RNG.random(100_000),
    "a frame of 10,000 x 5": pd.DataFrame(
        {
            "a": np.arange(10_000),
            "b": RNG.random(10_000),
            "c": RNG.random(10_000),
            "s": [f"k{n}" for n in range(10_000)],
        }
    ),
}


def timed(way, value):
    try:
        once = timeit.timeit(lambda: way(value), number=1)
    except Exception:  # noqa: BLE001 - a peer that cannot is left out
        return None
    number = max(1, min(5000, int(ROUND / max(once, 1e-6))))
    return lambda: timeit.timeit(lambda: way(value), number=number) / number


def wrong(way):
    count = 0
    for left, right, equal in PAIRS.values():
        try:
            count += (way(left) == way(right)) is not equal
        except Exception:  # noqa: BLE001 - no answer is a wrong one
            count += 1
    return count


def main():
    for name, value in VALUES.items():
        contestants = {way: run for way, function in WAYS.items() if (run := timed(function, value))}
        times = measure(contestants)
        table(f"Digest of {name}", times, "framework")
        beaten(name, times.against("framework"), REASONS)
    print(f"\n### Wrong answers of {len(PAIRS)} pairs\n\n| contestant | wrong |\n|---|---:|")
    mistakes = {name: wrong(way) for name, way in WAYS.items()}
    for name, count in mistakes.items():
        print(f"| {name} | {count} |")
    print()
    promise("wrong answers", mistakes["framework"], at_most=0)
    finish()


main()
