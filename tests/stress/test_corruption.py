"""Damage anywhere in a workspace: the right values or a named error, never a wrong value, a crash or a hang.

Every kind of file gets its share, in workspaces that were closed well or killed, with tables, logs and a journal: bits
flipped, blocks zeroed, overwritten, left out and repeated, ends cut off and appended, files emptied, removed, swapped,
replaced and duplicated. Then a reader that looks one by one and all at once, a DataFrame, a writer, and a pipeline
that runs again must find every value, or get a named error.
"""

import json
from collections import Counter

from children import Child
from looks import RIGHT, Sample, fill, look

SAMPLES = (Sample(1, 2, 20, killed=True), Sample(2, 5, 40, killed=False), Sample(3, 7, 60, killed=True))
BATCH = 25


def test_any_damage_gives_a_named_error_or_the_right_values(size, figure, tmp_path):
    count, seeds = Counter(), range(size(15, 1000))
    for number, sample in enumerate(SAMPLES):
        source = tmp_path / str(number)
        with Child(fill, source, sample) as child:
            assert (child.join() < 0) == sample.killed
        mine = seeds[number :: len(SAMPLES)]
        for start in range(0, len(mine), BATCH):
            count += outcomes(source, tmp_path / "damaged", sample, mine[start : start + BATCH])
    figure("corruptions", count.total())
    for outcome, times in count.most_common():
        figure(outcome, times)


def outcomes(source, path, sample, seeds):
    """How often the looks had which outcome; an error counts if any of them had one."""
    with Child(look, source, path, sample, seeds) as child:
        lines = b"".join(child.read(10 * len(seeds))).splitlines()
        assert len(lines) == len(seeds), f"a hang or a crash with seed {seeds[len(lines)]}"
    count = Counter()
    for seed, damage, found in map(json.loads, lines):
        assert not [outcome for outcome in found if outcome.startswith("wrong")], (seed, damage, found)
        count[next((outcome for outcome in found if outcome != RIGHT), RIGHT)] += 1
    return count
