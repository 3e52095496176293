"""Random flows in which nothing is wrong: sub-flows, routers, generators, batches, locks, retries, rates, keys."""

from __future__ import annotations

import asyncio
import random

from framework.flow import Batch, FixedCapacity, Flow, Retry, StopProcessing, UtilizationCapacity, router


def healthy(seed):
    """Return a flow and its items."""
    chance = random.Random(seed)
    flow = Flow(name=f"flow {seed}", history=seed % 2 == 0)
    for number in range(chance.randint(1, 4)):
        _add(flow, chance, f"job {number}")
    if chance.random() < 0.3:
        flow.error(_plain(chance))
    return flow, range(chance.randint(0, 60))


def _add(flow, chance, name):  # noqa: C901 - a case for each kind of job
    capacity = chance.choice((None, FixedCapacity(chance.randint(1, 3)), UtilizationCapacity(1, 1, 4, 5, sampling=1)))
    kind = chance.choice(("plain", "plain", "skip", "split", "lock", "retry", "rate", "batch", "key", "part", "router"))
    match kind:
        case "plain":
            flow.add(_plain(chance), capacity, name)
        case "skip":
            flow.add(_skipping(chance), capacity, name)
        case "split":
            flow.add(_splitting(chance), capacity, name)
        case "lock":
            flow.add_job_with_lock(_plain(chance), asyncio.Semaphore(chance.randint(1, 3)), FixedCapacity(3), name)
        case "retry":
            flow.add(_failing_once(chance), capacity, name, retry=Retry(5, wait=0.01))
        case "rate":
            flow.add(_plain(chance), FixedCapacity(2), name, rate=chance.choice((20, 200)))
        case "batch":
            flow.add(_batched(chance), capacity, name, batch=Batch(chance.randint(1, 5), linger=0.02))
        case "key":
            flow.add(_plain(chance), capacity, name, key=lambda item: hash(item) % 5)
        case "part":
            part = Flow(name=name)
            part.add(_plain(chance)).add(_plain(chance))
            flow.add(part, name=name, timeout=chance.choice((None, 1000.0)))
        case "router":
            arms = {"even": _plain(chance), "odd": _skipping(chance)}
            flow.add(router(lambda item: "odd" if hash(item) % 2 else "even", name=name, **arms))


def _plain(chance):
    seconds = chance.choice((0, 0, 0.001, 0.01, 0.05))

    async def work(item):
        await asyncio.sleep(seconds)
        return item

    return work


def _skipping(chance):
    work = _plain(chance)

    async def choose(item):
        if hash(item) % 3 == 0:
            raise StopProcessing
        return await work(item)

    return choose


def _splitting(chance):
    work = _plain(chance)

    async def split(item):
        for part in range(hash(item) % 4):
            yield await work((item, part))

    return split


def _failing_once(chance):
    work, seen = _plain(chance), set()

    async def sometimes(item):
        if hash(item) % 9 == 0 and item not in seen:
            seen.add(item)
            raise ConnectionError(item)
        return await work(item)

    return sometimes


def _batched(chance):
    work = _plain(chance)

    async def together(items):
        await work(items)
        return items

    return together
