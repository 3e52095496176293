"""Instructions per delivery and per item: a steadier measure than time where machines are shared.

Python's are counted by tracing, on any machine; they leave out what is done in C, and are the same from run to run.
Those of the processor are counted by `perf stat`, where that can count them. Each number is the difference between a
run of many and a run of few, divided by the difference of their sizes: starting and ending are not in it. Plain calls
are those of bench_dispatch.py, the pool is that of bench_flow.py.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

FEW, MANY = 500, 2_500
SCALE = 20  # so many times as much for perf, which costs nothing while it counts
ENVIRONMENT = os.environ | {"PYTHONHASHSEED": "0"}
DISPATCH, FLOW = ("plain", "framework"), ("framework", "pool")
SHAPES = ("one", "chain", "fan-out", "ping-pong")
AT_MOST = {"one": 1.2, "chain": 2.1, "fan-out": 2.1, "ping-pong": 3.6}


def dispatched(contestant, shape, count):
    """A function that makes so many deliveries."""
    sys.argv[1:] = [str(count)]
    import bench_dispatch as dispatch

    from framework.core import Pipeline

    if contestant == "plain":
        return dispatch.plain(shape)
    pipeline = Pipeline(dispatch.processors(shape), max_workers=1)
    pipeline.submit_all(dispatch.inputs(shape))
    return pipeline.run


def flowed(contestant, count):
    """A function that drives so many items through the stages."""
    sys.argv[1:] = []
    import bench_flow as flow

    drive = flow.with_flow if contestant == "framework" else flow.with_pool
    return lambda: asyncio.run(drive(flow.trivial, count, 16))


def traced(run):
    """Python instructions that a run executes, on all threads that it starts and on this one."""
    counts = [0]

    def trace(frame, event, _):
        frame.f_trace_opcodes = True
        if event == "opcode":
            counts[0] += 1  # one worker at a time counts
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(None)
        threading.settrace(None)
    return counts[0]


def of_python(kind, *what):
    """Python instructions for one delivery or item."""
    few, many = (int(_script("trace", kind, *what, str(count))) for count in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def of_the_processor(kind, *what):
    """Instructions of the processor for one delivery or item; None where they cannot be counted."""
    few, many = (_counted(kind, *what, str(count * SCALE)) for count in (FEW, MANY))
    return None if few is None or many is None else (many - few) / (MANY - FEW) / SCALE


def _counted(*what):
    perf = shutil.which("perf")
    if perf is None:
        return None
    command = [perf, "stat", "-x", ",", "-e", "instructions:u", sys.executable, __file__, "run", *what]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONHASHSEED": "0"}
    )
    fields = [line.split(",") for line in done.stderr.splitlines() if "instructions" in line]
    return float(fields[0][0]) if done.returncode == 0 and fields and fields[0][0].isdigit() else None


def _script(*what):
    command = [sys.executable, Path(__file__), *what]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout


def main():
    from promises import finish, promise

    found = {}
    print("\n### Instructions\n\n| what | Python | of the processor |\n|---|---:|---:|")
    for kind, *what in (
        *(("deliver", contestant, shape) for shape in SHAPES for contestant in DISPATCH),
        *(("flow", contestant) for contestant in FLOW),
    ):
        python, processor = of_python(kind, *what), of_the_processor(kind, *what)
        found[(kind, *what)] = python
        counted = "not counted here" if processor is None else f"{processor:,.0f}"
        print(f"| {kind}: {', '.join(what)} | {python:,.1f} | {counted} |", flush=True)
    print()
    for shape, at_most in AT_MOST.items():
        ratio = found["deliver", "framework", shape] / found["deliver", "plain", shape]
        promise(f"{shape}: Python instructions of a delivery, times a plain call", ratio, at_most=at_most)
    ratio = found["flow", "pool"] / found["flow", "framework"]
    promise("Python instructions of an item in the hand-written pool, times ours", ratio, at_least=1.7)
    finish()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        what, kind, *how, number = sys.argv[1:]
        prepared = (dispatched if kind == "deliver" else flowed)(*how, int(number))
        if what == "trace":
            print(traced(prepared))
        else:
            prepared()
