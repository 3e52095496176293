"""`World`: the flow of a plan, whose processors look at the bounds while they work."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from flow_plans import HABITS, JobPlan, Plan

from framework.flow import (
    Batch,
    Flow,
    LastWorkItem,
    RouteToErrorQueue,
    StopProcessing,
    Strategy,
    UtilizationCapacity,
)

Add = Callable[..., object]


class Broken(Exception):
    """What a factory or a source raises."""


class World:
    """`wrong` names what broke a bound; `live` counts processors at work, `held` resources, `seen` what was told."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = Random(plan.seed)
        self.wrong: list[str] = []
        self.live: Counter[str] = Counter()
        self.held: Counter[str] = Counter()
        self.seen: Counter[tuple[str, str]] = Counter()
        self.inner: list[Flow] = []
        flow = self.flow = Flow(Strategy.FIXED if plan.fixed else Strategy.UTILIZATION)
        for number, job in enumerate(plan.jobs):
            self.add(f"job {number}", job, flow.add, flow.add_job_with_factory, flow.add_job_with_lock)
        if plan.error is not None:
            self.add("errors", plan.error, flow.error, flow.error_with_factory, flow.error_with_lock)
        if plan.watched:
            flow.observe(self.watch)

    def add(self, name: str, job: JobPlan, add: Add, add_with_factory: Add, add_with_lock: Add) -> None:
        """Add a job of the plan."""
        capacity = capacity_of(job)
        limits: dict[str, Any] = {"name": name, "retry": job.retry, "timeout": job.timeout, "rate": job.rate}
        processor = self.single(name, job)
        if job.batch is not None and name != "errors" and job.source != "flow":
            limits["batch"] = Batch(job.batch, job.linger)
            processor = self.several(name, job)
        match job.source:
            case "function":
                add(processor, capacity, **limits)
            case "factory":
                add_with_factory(lambda: Resource(self, name, processor, job.breaks), capacity, **limits)
            case "shared":
                add_with_factory(Resource(self, name, processor, job.breaks), capacity, **limits)
            case "lock":
                add_with_lock(processor, asyncio.Lock(), capacity, **limits)
            case "flow":
                self.inner.append(Flow(name=f"inside of {name}").add(processor, capacity))
                add(self.inner[-1], capacity, **limits)

    def watch(self, happening: Any) -> None:
        """Count how items ended."""
        if hasattr(happening, "outcome"):
            self.seen[happening.job, happening.outcome] += 1

    def expect(self, held: bool, bound: str) -> None:  # noqa: FBT001 - reads like an assertion
        """Note a broken bound: raised in a processor it would be one failure among those that are asked for."""
        if not held:
            self.wrong.append(bound)

    def single(self, name: str, job: JobPlan) -> Any:
        """A processor of one item."""
        most = 1 if job.source == "lock" else job.most

        async def process(item: int) -> Any:
            self.live[name] += 1
            try:
                self.expect(self.live[name] <= most, f"{name} works on {self.live[name]} at a time")
                self.look()
                return await self.behave(item, job)
            finally:
                self.live[name] -= 1

        return process

    def several(self, name: str, job: JobPlan) -> Any:
        """A processor of a batch."""
        one = self.single(name, job)

        async def process(items: list[int]) -> Any:
            self.expect(1 <= len(items) <= (job.batch or 0), f"{name} got a batch of {len(items)}")
            if self.random.random() < 0.05:
                return await one(items[0])  # no list: the whole batch fails
            results = []
            for item in items:
                try:
                    results.append(await one(item))
                except Exception as error:  # noqa: BLE001 - its place in the list is its outcome
                    results.append(error)
            return results

        return process

    def look(self) -> None:
        """See whether the snapshot keeps to the bounds."""
        for node in self.flow.snapshot().nodes.values():
            self.expect(node.waiting <= (node.capacity or 0), f"{node.name} has a queue of {node.waiting}")
            self.expect(node.running + node.blocked <= node.workers <= node.max_workers, f"workers: {node}")

    async def behave(self, item: int, job: JobPlan) -> Any:
        """Do one of the `HABITS`."""
        match self.random.choices(HABITS, job.weights)[0]:
            case "yield":
                await asyncio.sleep(0)
            case "wait":
                await asyncio.sleep(self.random.choice((0.001, 0.005, 0.03)))
            case "skip":
                raise StopProcessing
            case "reroute":
                raise RouteToErrorQueue("elsewhere")
            case "fail":
                raise ValueError(item)
            case "cancel":
                raise asyncio.CancelledError
            case "exit":
                raise SystemExit(3)
            case "last":
                return LastWorkItem()
        return item


class Resource:
    """What a factory makes: gives a processor while it is held, and breaks now and then."""

    def __init__(self, world: World, name: str, processor: Any, breaks: float) -> None:
        self.world, self.name, self.processor, self.breaks = world, name, processor, breaks

    async def __aenter__(self) -> Any:
        await self.pause()
        self.world.held[self.name] += 1
        return self.processor

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.pause()
        except Broken:
            self.world.held[self.name] -= 1
            raise
        self.world.held[self.name] -= 1  # not in a finally: a release that is interrupted has released nothing

    async def pause(self) -> None:
        """Take a moment, or break."""
        await asyncio.sleep(self.world.random.choice((0, 0, 0.002)))
        if self.world.random.random() < self.breaks:
            raise Broken(self.name)


def capacity_of(job: JobPlan) -> UtilizationCapacity:
    """Workers that are scaled often."""
    return UtilizationCapacity(
        initial_workers=job.workers,
        min_workers=min(job.least, job.most),
        max_workers=job.most,
        queue_length=job.queue,
        cooldown=0.01,
        sampling=0.005,
        dampening=0.005,
    )
