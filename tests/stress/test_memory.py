"""How much memory a backlog takes; measured in a process of its own."""

import subprocess
import sys

SCRIPT = """
import sys
from pathlib import Path
from framework.core import AbstractProcessor, Event, Pipeline

def node(number):
    class Node(AbstractProcessor):
        interests = [(Event, f"go-{number}")]

        def process(self, context, event):
            pass

    return Node()

processors, events = map(int, sys.argv[1:])
pipeline = Pipeline([node(number) for number in range(processors)])
for n in range(events):
    pipeline.submit(Event(f"go-{n % processors}", n=n))
print(pipeline.snapshot().waiting)
assert sum(pipeline.run().delivered.values()) == events
# getrusage would count the peak of the process that forked this one as well
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) // 1024)
"""


def measured(tmp_path, script, *arguments):
    """The waiting deliveries and the peak of memory in MB."""
    file = tmp_path / "script.py"
    file.write_text(script)
    command = [sys.executable, str(file), *map(str, arguments)]
    return [int(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def test_many_processors_and_a_backlog_stay_small(tmp_path, size):
    processors, events, bound = size((100, 50_000, 250), (1000, 1_000_000, 1000))
    waiting, megabytes = measured(tmp_path, SCRIPT, processors, events)
    assert waiting == events
    assert megabytes < bound
