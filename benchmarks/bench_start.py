"""What it costs to be there: imports, each in a process of its own, and a pipeline of one event."""

import os
import subprocess
import sys

from interleaved import measure, table
from promises import finish, promise

from framework.core import AbstractProcessor, Event, Pipeline

# A setting that keeps bytecode from being written would measure the compiler.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
IMPORT = "import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
MODULES = ("framework.core", "framework.flow", "framework.reactive", "framework.notebook")


class Once(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="add", value=value):
                self.value = value


def importing(module):
    command = [sys.executable, "-c", IMPORT.format(module=module)]
    return lambda: float(subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout)


def one_event():
    pipeline = Pipeline([Once()])
    pipeline.submit(Event("add", value=1))
    pipeline.run()


def main():
    times = measure({module: importing(module) for module in MODULES}, rounds=9)
    table("imports", times, "framework.core", unit="ms")
    promise("ms to import framework.core", times["framework.core"] * 1000, at_most=100)
    promise("ms to import framework.notebook", times["framework.notebook"] * 1000, at_most=1500)
    times = measure({"one event": one_event}, rounds=31)
    table("a pipeline of one event, from construction to the report", times, "one event", unit="ms")
    promise("ms for a pipeline of one event", times["one event"] * 1000, at_most=3)
    finish()


if __name__ == "__main__":
    main()
