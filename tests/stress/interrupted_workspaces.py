"""`interrupted_workspaces.py <seed> <count>` interrupts so many runs, which fill a workspace until it is full."""

import itertools
import tempfile
from collections import Counter
from pathlib import Path

from fragile import Numbers
from interrupts import interrupt, main, seconds_of

from framework.archive import Workspace
from framework.core import Pipeline
from framework.reactive import ReactiveBuilder

NUMBERS = 300
WAYS = (Pipeline.run, lambda pipeline: (list(pipeline.phases()), pipeline.finish()))


class Square(ReactiveBuilder):
    """Keeps what it builds, and notes each build that has ended."""

    def __init__(self):
        super().__init__("square", ["n"], persist=True)
        self.built = []

    def build(self, context, number):
        yield number * number
        self.built.append(number)


def campaign(random, count):
    """Interrupt in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        return interrupt_in(folder, random, int(count))


def interrupt_in(folder, random, count):
    """Interrupt, look at what is kept, and go on with the same workspace."""
    counts, kept, workspaces = Counter(), 0, map(Path(folder).joinpath, map(str, itertools.count()))
    usual = min(seconds_of(resolved(Square(), next(workspaces)).run) for _ in range(3))
    workspace = next(workspaces)
    for _ in range(count):
        square, drive = Square(), random.choice(WAYS)
        pipeline = resolved(square, workspace)
        interrupt(lambda drive=drive, pipeline=pipeline: drive(pipeline), random.uniform(0, usual))
        counts["interrupts sent"] += 1
        counts["hit a running pipeline"] += bool(pipeline.report and pipeline.report.interrupted)
        pipeline.close()  # for those that were interrupted before they began, or between two phases
        kept = check(workspace, kept, square.built)
        counts["records looked at"] += kept
        if kept == NUMBERS:
            workspace, kept = next(workspaces), 0
            counts["workspaces filled"] += 1
    return counts


def resolved(square, workspace):
    """A pipeline that is asked for squares."""
    pipeline = Pipeline([Numbers(NUMBERS), square], workspace=workspace, grace=20)
    pipeline.resolve("square")
    return pipeline


def check(path, before, built):
    """All that was built is kept, in its order and right; returns how much that is."""
    if not path.exists():
        assert not before
        assert not built
        return 0
    with Workspace(path) as workspace:
        records = list(workspace.archive("Square").values())
        assert [record.inputs for record in records] == [(number,) for number in range(before + len(built))]
        assert all(record.artifacts == (record.inputs[0] ** 2,) for record in records)
        assert workspace.verify() == len(records)
    return len(records)


if __name__ == "__main__":
    main(campaign)
