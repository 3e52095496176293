"""Throughput of a flow: three jobs of four workers each, beside a hand-written pool and staged asyncio libraries.

The hand-written pool is what one writes without a library: an `asyncio.Queue` per stage and four tasks that loop over
`get`, the call and `put`. aiostream and pipestage bound a stage by its tasks; the queues of pypeln and pipevine hold
16, because pypeln loses an item where they hold 1. Where an item makes ten, a generator yields them in the first of two
jobs; the pool puts what the same generator yields, or ten that a plain loop makes. There are 20,000 values then, as
there are items elsewhere: starting and ending a flow takes a millisecond, the pool a fifth of that.

flowrhythm needs Python 3.13: it is measured, beside us and by the same code, in an environment of its own when such a
Python is at hand, and the output says so when it is not.
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
AIOSTREAM, PYPELN, PIPESTAGE, PIPEVINE, RHYTHM = "aiostream", "pypeln", "pipestage", "pipevine", "flowrhythm"
LOOP = "asyncio.Queue pool, a plain loop"
TIMES = 10
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


async def ten(item):
    for number in range(TIMES):
        yield item + number


async def several(item):
    return [item + number for number in range(TIMES)]


async def yielding_flow(_body, items, length):
    flow = Flow(capacity=FixedCapacity(WORKERS, length)).add(ten).add(trivial)
    report = await flow.run(range(items))
    assert report.counts["spawned"] == items * TIMES


async def yielding_pool(_body, items, length):
    async def put_all(item, outbox):
        async for value in ten(item):
            await outbox.put(value)

    await two_stages(put_all, items, length)


async def looping_pool(_body, items, length):
    async def put_all(item, outbox):
        for number in range(TIMES):
            await outbox.put(item + number)

    await two_stages(put_all, items, length)


async def two_stages(put_all, items, length):
    first, second = asyncio.Queue(length), asyncio.Queue(length)
    done = 0

    async def multiply():
        while True:
            item = await first.get()
            try:
                await put_all(item, second)
            except Exception:
                logger.exception("item %r", item)
            finally:
                first.task_done()

    async def finish():
        nonlocal done
        while True:
            item = await second.get()
            try:
                await trivial(item)
                done += 1
            except Exception:
                logger.exception("item %r", item)
            finally:
                second.task_done()

    tasks = [asyncio.create_task(worker()) for worker in (multiply, finish) for _ in range(WORKERS)]
    for item in range(items):
        await first.put(item)
    await first.join()
    await second.join()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert done == items * TIMES


async def yielding_pipestage(_body, items, _length):
    from pipestage import stream

    chain = stream(range(items)).flat_map(several, concurrency=WORKERS).map(trivial, concurrency=WORKERS)
    assert await chain.count() == items * TIMES


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


async def with_pipestage(body, items, _length):
    from pipestage import stream

    chain = stream(range(items))
    for _ in range(STAGES):
        chain = chain.map(body, concurrency=WORKERS)
    assert await chain.count() == items


async def with_pipevine(body, items, length):
    from pipevine import Pipeline, work_pool

    async def with_state(item, _state):
        return await body(item)

    chain = Pipeline(range(items))
    for _ in range(STAGES):
        chain = chain >> work_pool(buffer=length, num_workers=WORKERS)(with_state)
    metrics = await chain.run()
    assert metrics.processed == items


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
    for length, at_least in ((16, 2.2), (1, 2.8)):
        times = contest(f"trivial bodies, queues of {length}", contestants, trivial, ITEMS, length)
        text = f"times as fast as the hand-written pool, queues of {length}"
        promise(text, times.ratio(POOL, OURS), at_least=at_least)
    times = contest("bodies that sleep 1 ms, queues of 16", contestants, sleeping, SLOW_ITEMS, 16)
    text = "times the pool with bodies that sleep (1 is a tie, 5 % noise)"
    promise(text, times.ratio(OURS, POOL), at_most=1.05)


def where_one_makes_ten():
    contestants = {OURS: yielding_flow, POOL: yielding_pool, LOOP: looping_pool, PIPESTAGE: yielding_pipestage}
    for length in (16, 1):
        runs = {
            name: lambda drive=drive, length=length: asyncio.run(drive(None, ITEMS // TIMES, length))
            for name, drive in contestants.items()
        }
        times = measure(runs, rounds=9)
        table(f"generators that yield {TIMES}, queues of {length}: per value", times, OURS, ITEMS)
        beaten(f"generators, queues of {length}", times.against(OURS))
        text = f"times as fast as the pool, generators that yield {TIMES}, queues of {length}"
        promise(text, times.ratio(POOL, OURS), at_least=2)
        text = f"times as fast as the pool that puts {TIMES} in a plain loop, queues of {length}"
        promise(text, times.ratio(LOOP, OURS), at_least=1.6)


def against_libraries():
    contestants = {
        OURS: with_flow,
        AIOSTREAM: with_aiostream,
        PYPELN: with_pypeln,
        PIPESTAGE: with_pipestage,
        PIPEVINE: with_pipevine,
    }
    times = contest("trivial bodies, libraries, queues of 16", contestants, trivial, ITEMS // 20, 16)
    for peer, at_least in ((AIOSTREAM, 5), (PYPELN, 5), (PIPESTAGE, 3), (PIPEVINE, 5)):
        promise(f"times as fast as {peer}", times.ratio(peer, OURS), at_least=at_least)


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
    where_one_makes_ten()
    against_libraries()
    status = flowrhythm_elsewhere()
    if status:
        sys.exit(status)
    finish()


if __name__ == "__main__":
    main()
