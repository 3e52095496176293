"""Digests are equal exactly when type and value are, in whatever process they are made.

Values are random and nested: scalars, containers, objects, cycles, numpy, pandas, functions. A third of the pairs is
the same value made twice, with another insertion order, sharing and memory layout; the others differ in one place at
most. A model that knows nothing of digests compares all pairs, and every value against all others.
"""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from hashlib import sha256
from random import Random
import digest_array_kinds, digest_function_kinds, digest_plain_kinds
from digest_specs import Noise, made, pairs, told
from framework.archive import digest

noise = Random(hash("noise"))  # of this process
for pair in pairs(0, int(sys.argv[1])):
    print(*(f"{digest(made(spec, Noise(noise)))} {sha256(repr(told(spec)).encode()).hexdigest()}" for spec in pair))
"""
HERE = Path(__file__).parent


def start(output, last, hash_seed):
    """A process that writes, for each pair, the digest of each value and a name that the model gives it."""
    path = os.pathsep.join(map(str, (HERE, HERE.parent / "archive")))
    with output.open("w") as file:
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(last)],
            stdout=file,
            env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": hash_seed},
        )


def digested(folder, last, hash_seeds):
    """The lines of a process per hash seed."""
    outputs = [folder / hash_seed for hash_seed in hash_seeds]
    processes = [start(output, last, hash_seed) for output, hash_seed in zip(outputs, hash_seeds, strict=True)]
    try:
        assert [process.wait(timeout=900) for process in processes] == [0] * len(processes)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return [output.read_text().splitlines() for output in outputs]


def test_digests_of_random_values_are_equal_exactly_when_a_model_says_so(tmp_path, size, figure):
    count, hash_seeds = size((3000, ("0", "1")), (100_000, ("0", "1", "4711")))
    outputs = digested(tmp_path, count, hash_seeds)
    digests, names = {}, {}
    wrong = equal = 0
    for lines in zip(*outputs, strict=True):
        left, left_name, right, right_name = lines[0].split()
        wrong += len(set(lines)) > 1
        wrong += (left == right) is not (left_name == right_name)
        equal += left_name == right_name
        for one, name in ((left, left_name), (right, right_name)):
            wrong += digests.setdefault(name, one) != one
            wrong += names.setdefault(one, name) != name
    figure("pairs", len(outputs[0]))
    figure("of them equal", equal)
    figure("hash seeds", len(outputs))
    figure("wrong answers", wrong)
    assert len(outputs[0]) == count
    assert wrong == 0
