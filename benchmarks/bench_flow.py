"""Throughput of a flow: three jobs of four workers each, beside a hand-written pool, aiostream, pypeln and flowrhythm.

The hand-written pool is what one writes without a library: an `asyncio.Queue` per stage and four tasks that loop over
`get`, the call and `put`. aiostream bounds a stage by its tasks and has no queues; those of pypeln hold 16, because it
loses an item where they hold 1. flowrhythm needs Python 3.13: it is measured, beside us and by the same code, in an
environment of its own when such a Python is at hand, and the output says so when it is not.
"""

import asyncio
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from interleaved import measure, table
from promises import beaten, finish, promise

from framework.flow import FixedCapacity, Flow

logger = logging.getLogger(__name__)

WORKERS, STAGES = 4, 3
ITEMS = 20_000
SLOW_ITEMS = 1_000
OURS, POOL = "framework.flow", "asyncio.Queue pool"
AIOSTREAM, PYPELN, RHYTHM = "aiostream", "pypeln", "flowrhythm"
SOURCE = Path(__file__).parents[1] / "src"


async def trivial(item):
    return item + 1


async def sleeping(item):
    await asyncio.sleep(0.001)
    return item


async def with_flow(body, items, length):
    flow = Flow(capacity=FixedCapacity(WORKERS, length))
    for _ in range(STAGES):
        flow.add(body)
    report = await flow.run(range(items))
    assert report.counts["done"] == items


async def with_pool(body, items, length):
    queues = [asyncio.Queue(length) for _ in range(STAGES)]
    done = 0

    async def worker(inbox, outbox):
        nonlocal done
        while True:
            item = await inbox.get()
            try:
                result = await body(item)
                if outbox is None:
                    done += 1
                else:
                    await outbox.put(result)
            except Exception:
                logger.exception("item %r", item)
            finally:
                inbox.task_done()

    pairs = zip(queues, [*queues[1:], None], strict=True)
    tasks = [asyncio.create_task(worker(*pair)) for pair in pairs for _ in range(WORKERS)]
    for item in range(items):
        await queues[0].put(item)
    for queue in queues:
        await queue.join()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert done == items


async def with_aiostream(body, items, _length):
    from aiostream import pipe, stream

    chain = stream.iterate(range(items))
    for _ in range(STAGES):
        chain |= pipe.map(body, ordered=False, task_limit=WORKERS)
    done = 0
    async with chain.stream() as results:
        async for _ in results:
            done += 1
    assert done == items


async def with_pypeln(body, items, length):
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")  # by stopit, which it imports
    from pypeln import task

    stage = range(items)
    for _ in range(STAGES):
        stage = task.map(body, stage, workers=WORKERS, maxsize=length)
    done = 0
    async for _ in stage:
        done += 1
    assert done == items


async def with_flowrhythm(body, items, length):
    from flowrhythm import FixedScaling, flow, stage

    done = 0

    async def last(item):
        nonlocal done
        await body(item)
        done += 1

    async def source():
        for item in range(items):
            yield item

    stages = [stage(body, name=f"stage {number}") for number in range(STAGES - 1)]
    chain = flow(*stages, last, default_scaling=FixedScaling(workers=WORKERS), default_queue_size=length)
    await chain.run(source)
    assert done == items


def contest(title, contestants, body, items, length):
    """Measure them; the table tells the cost per item and stage."""
    runs = {
        name: lambda driver=driver: asyncio.run(driver(body, items, length)) for name, driver in contestants.items()
    }
    times = measure(runs, rounds=9)
    table(f"{title}: per item and stage", times, OURS, items * STAGES)
    beaten(title, times.against(OURS))
    return times


def against_the_pool():
    contestants = {OURS: with_flow, POOL: with_pool}
    for length, at_least in ((16, 1.8), (1, 2.5)):
        times = contest(f"trivial bodies, queues of {length}", contestants, trivial, ITEMS, length)
        text = f"times as fast as the hand-written pool, queues of {length}"
        promise(text, times.ratio(POOL, OURS), at_least=at_least)
    times = contest("bodies that sleep 1 ms, queues of 16", contestants, sleeping, SLOW_ITEMS, 16)
    text = "times the pool with bodies that sleep (1 is a tie, 5 % noise)"
    promise(text, times.ratio(OURS, POOL), at_most=1.05)


def against_libraries():
    contestants = {OURS: with_flow, AIOSTREAM: with_aiostream, PYPELN: with_pypeln}
    times = contest("trivial bodies, libraries, queues of 16", contestants, trivial, ITEMS // 20, 16)
    for peer in (AIOSTREAM, PYPELN):
        promise(f"times as fast as {peer}", times.ratio(peer, OURS), at_least=5)


def against_flowrhythm():
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    for length in (16, 1):
        title = f"{python}, trivial bodies, queues of {length}"
        times = contest(title, {OURS: with_flow, RHYTHM: with_flowrhythm}, trivial, ITEMS // 4, length)
        promise(f"times as fast as flowrhythm, queues of {length}", times.ratio(RHYTHM, OURS), at_least=4)
    finish()


def a_python_313():
    """A Python that flowrhythm runs on, or None."""
    installed = sorted((Path.home() / ".pyenv" / "versions").glob("3.1[3-9]*/bin/python"))
    for python in (shutil.which("python3.13"), shutil.which("python3.14"), *installed):
        if python and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return python
    return None


def flowrhythm_elsewhere():
    """Run the contest with flowrhythm in an environment made for it."""
    python = a_python_313()
    if python is None:
        print("- not measured: flowrhythm needs Python 3.13, and there is none here")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder, "bin", "python")
        for command in ([python, "-m", "venv", folder], [own, "-m", "pip", "install", "-q", "flowrhythm==0.2.*"]):
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            if made.returncode:
                print("- not measured: flowrhythm 0.2 could not be installed")
                return 0
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        done = subprocess.run(
            [own, __file__, "--flowrhythm"], env=environment, capture_output=True, text=True, check=False
        )
        print(done.stdout, end="", flush=True)
        print(done.stderr, end="", file=sys.stderr)
        return done.returncode


def main():
    if "--flowrhythm" in sys.argv:
        against_flowrhythm()
    against_the_pool()
    against_libraries()
    status = flowrhythm_elsewhere()
    if status:
        sys.exit(status)
    finish()


if __name__ == "__main__":
    main()
