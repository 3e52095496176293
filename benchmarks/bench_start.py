"""What it costs to be there: imports, an empty run, memory of many processors and of many queued events."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from interleaved import finish, promise

QUEUED = Path(__file__).with_name("queued.py")
# A setting that keeps bytecode from being written would measure the compiler.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
IMPORT = "import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"


def output(*arguments):
    done = subprocess.run([sys.executable, *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main():
    found = {}
    print("### imports\n\n| module | ms |\n|---|---:|")
    for module in ("framework.core", "framework.flow", "framework.reactive", "framework.notebook"):
        seconds = statistics.median(output("-c", IMPORT.format(module=module)) for _ in range(9))
        print(f"| {module} | {seconds * 1000:.0f} |", flush=True)
        found[module] = seconds * 1000
    print()
    promise("ms to import framework.core", found["framework.core"], at_most=100)
    promise("ms to import framework.notebook", found["framework.notebook"], at_most=1500)
    print("\n### memory\n\n| processors | events | deliveries waiting | MB |\n|---:|---:|---:|---:|")
    most = 0.0
    for processors, events in ((1, 1_000_000), (1_000, 1_000)):
        megabytes = output(QUEUED, str(processors), str(events))
        print(f"| {processors:,} | {events:,} | {processors * events:,} | {megabytes:.0f} |", flush=True)
        most = max(most, megabytes)
    print()
    promise("MB for 1,000,000 queued events, and for 1,000 processors", most, at_most=1000)
    finish()


if __name__ == "__main__":
    main()
