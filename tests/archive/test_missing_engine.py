"""On a Python that RocksDB has no wheel for, everything but workspaces works."""

import subprocess
import sys

import pytest

WITHOUT = "import sys; sys.modules['rocksdict'] = None\n"
IN_MEMORY = """
import asyncio
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.flow import Flow
from framework.observe import Recorder

class Squares(AbstractProcessor):
    interests = [(Event, "square")]

    @caching
    def process(self, context, event):
        context.submit(Event("squared", value=event.value ** 2))

class Sum(AbstractProcessor):
    interests = [(Event, "squared")]
    total = 0

    def process(self, context, event):
        self.total += event.value

pipeline, recorder = Pipeline([Squares(), Sum()]), Recorder()
pipeline.observe(recorder)
for value in (2, 3, 2):
    pipeline.submit(Event("square", value=value))
pipeline.run()
print(pipeline["Sum"].total, len(recorder.dead_letters), len(pipeline.results()["Squares"]))

async def double(number):
    return 2 * number

async def doubled():
    return [number async for number in Flow().add(double).stream([1, 2, 3])]

print(sum(asyncio.run(doubled())))
"""
MISSING = (
    "framework.errors.MissingPackage: a workspace takes rocksdict: pip install rocksdict (or leave the workspace out"
)


def without_engine(code):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, timeout=60, check=False
    )


def test_pipelines_in_memory_flows_and_recorders_run_without_it():
    done = without_engine(IN_MEMORY)
    assert done.stdout.split() == ["17", "0", "2", "12"], done.stderr


@pytest.mark.parametrize(
    "use",
    [
        "from framework.core import Pipeline; Pipeline([], workspace='results')",
        "from framework.archive import Workspace; Workspace('results')",
        "from framework.archive import Session; Session('results', 'a test')",
    ],
)
def test_a_workspace_names_the_package_that_is_missing(use):
    done = without_engine(use)
    assert done.stderr.strip().splitlines()[-1].startswith(MISSING)
    assert done.returncode == 1
