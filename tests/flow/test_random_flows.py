"""Random flows: whatever they do, every item ends once, bounds hold, nothing hangs and no task stays."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework.flow import (
    Batch,
    Flow,
    FlowEnded,
    LastWorkItem,
    RouteToErrorQueue,
    StopProcessing,
    Strategy,
    UtilizationCapacity,
)
from virtual_time import play

EXAMPLES = int(os.environ.get("RANDOM_FLOWS", "400"))
HABITS = ("return", "yield", "wait", "skip", "reroute", "fail", "cancel", "exit", "last")


@dataclass(frozen=True)
class JobPlan:
    workers: int
    most: int
    least: int
    queue: int
    weights: tuple[int, ...]
    batch: int | None
    linger: float
    retry: int | None
    timeout: float | None
    rate: float | None


@dataclass(frozen=True)
class Plan:
    seed: int
    items: int
    jobs: tuple[JobPlan, ...]
    error: JobPlan | None
    drive: str
    ending: str
    moment: float
    fixed: bool
    watched: bool


def job_plans() -> st.SearchStrategy[JobPlan]:
    rare = st.sampled_from((0, 0, 0, 1, 2))
    return st.builds(
        JobPlan,
        workers=st.integers(0, 4),
        most=st.integers(1, 4),
        least=st.integers(0, 1),
        queue=st.integers(1, 4),
        weights=st.tuples(
            st.integers(1, 20), st.integers(0, 10), st.integers(0, 10), rare, rare, rare, rare, rare, rare
        ),
        batch=st.sampled_from((None, None, None, 1, 3)),
        linger=st.sampled_from((0.0, 0.05)),
        retry=st.sampled_from((None, None, 1, 3)),
        timeout=st.sampled_from((None, None, 0.01)),
        rate=st.sampled_from((None, None, None, 100.0)),
    )


plans = st.builds(
    Plan,
    seed=st.integers(0, 1 << 30),
    items=st.integers(0, 40),
    jobs=st.lists(job_plans(), min_size=1, max_size=4).map(tuple),
    error=st.none() | job_plans(),
    drive=st.sampled_from(("list", "async", "puts", "feeding", "stream", "ordered", "started")),
    ending=st.sampled_from(("itself", "itself", "last", "stop", "cancel", "twice")),
    moment=st.sampled_from((0.0, 0.001, 0.02, 0.1)),
    fixed=st.booleans(),
    watched=st.booleans(),
)


@dataclass
class World:
    """Makes the processors of a plan and checks the bounds while they work."""

    plan: Plan
    random: random.Random
    flow: Flow = field(init=False)
    live: Counter[str] = field(default_factory=Counter)
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.flow = Flow(Strategy.FIXED if self.plan.fixed else Strategy.UTILIZATION)
        for number, job in enumerate(self.plan.jobs):
            name = f"job {number}"
            extras: dict[str, Any] = {"retry": job.retry, "timeout": job.timeout, "rate": job.rate}
            if job.batch is None:
                self.flow.add(self.single(name, job), self.capacity(job), name, **extras)
            else:
                batch = Batch(job.batch, job.linger)
                self.flow.add(self.several(name, job), self.capacity(job), name, batch=batch, **extras)
        if self.plan.error is not None:
            self.flow.error(self.single("errors", self.plan.error), self.capacity(self.plan.error), "errors")
        if self.plan.watched:
            self.flow.observe(self.watch)

    def watch(self, happening: Any) -> None:
        if hasattr(happening, "outcome"):
            self.seen[happening.job, happening.outcome] += 1

    @staticmethod
    def capacity(job: JobPlan) -> UtilizationCapacity:
        return UtilizationCapacity(
            initial_workers=job.workers,
            min_workers=min(job.least, job.most),
            max_workers=job.most,
            queue_length=job.queue,
            cooldown=0.01,
            sampling=0.005,
            dampening=0.005,
        )

    def single(self, name: str, job: JobPlan) -> Any:
        async def process(item: int) -> Any:
            self.live[name] += 1
            try:
                assert self.live[name] <= job.most
                for node in self.flow.snapshot().nodes.values():
                    assert node.capacity is not None
                    assert node.waiting <= node.capacity
                    assert node.running + node.blocked <= node.workers <= node.max_workers
                return await self.behave(item, job)
            finally:
                self.live[name] -= 1

        return process

    def several(self, name: str, job: JobPlan) -> Any:
        one = self.single(name, job)

        async def process(items: list[int]) -> Any:
            assert 1 <= len(items) <= (job.batch or 0)
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

    async def behave(self, item: int, job: JobPlan) -> Any:
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

    # -- driving

    async def source(self) -> Any:
        for item in self.items():
            if self.random.random() < 0.1:
                await asyncio.sleep(0.002)
            yield item

    def items(self) -> list[Any]:
        items: list[Any] = list(range(self.plan.items))
        if self.plan.ending == "last":
            items.insert(self.random.randint(0, len(items)), LastWorkItem())
        return items

    async def drive(self) -> None:
        flow = self.flow
        match self.plan.drive:
            case "list":
                await flow.run(self.items())
            case "async":
                await flow.run(self.source)
            case "stream" | "ordered" as how:
                results = [r async for r in flow.stream(self.source(), ordered=how == "ordered")]
                if how == "ordered":
                    assert results == sorted(results)
            case "feeding":
                await asyncio.gather(self.feed(), flow.run())
            case "puts":
                await flow.start()
                puts = [asyncio.create_task(self.put(item)) for item in self.items()]
                if puts:
                    await flow.run()
                await asyncio.gather(*puts)
            case "started":
                await flow.start()
                await flow.start()
                for item in self.items():
                    await self.put(item)
                await flow.drain()

    async def feed(self) -> None:
        async with self.flow.feeding() as feed:
            for item in self.items():
                await asyncio.sleep(self.random.choice((0, 0, 0.004)))
                try:
                    await feed(item)
                except FlowEnded:
                    return

    async def put(self, item: Any) -> None:
        with contextlib.suppress(FlowEnded):
            await self.flow.put(item)

    async def live_through(self) -> None:
        driver = asyncio.create_task(self.drive(), name="driver")
        if self.plan.ending in ("stop", "cancel"):
            await asyncio.sleep(self.plan.moment)
            if self.plan.ending == "stop":
                await self.flow.stop()
            else:
                driver.cancel()
        await asyncio.wait({driver})
        if not driver.cancelled():
            driver.result()
        await self.flow.stop()
        await self.flow.stop()


def check(world: World) -> None:
    report = world.flow.report
    if report is None:
        return  # cancelled before it began
    counts = report.counts
    assert counts["taken"] == counts.ended, (counts, report.jobs)
    assert not +world.live
    if not world.plan.error:
        assert len(report.failures) == counts["failed"] + counts["rerouted"]
    for node in world.flow.snapshot().nodes.values():
        assert (node.workers, node.waiting, node.running, node.blocked) == (0, 0, 0, 0)
    if world.plan.watched:
        last = f"job {len(world.plan.jobs) - 1}"
        assert world.seen[last, "done"] <= counts["done"]
        failed = sum(world.seen[f"job {n}", "failed"] for n in range(len(world.plan.jobs)))
        skipped = sum(world.seen[f"job {n}", "skipped"] for n in range(len(world.plan.jobs)))
        assert failed <= counts["failed"]
        assert skipped == counts["skipped"]


@pytest.mark.timeout(max(110, EXAMPLES // 10))  # a long campaign may take long
@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)
@given(plans)
def test_every_item_of_a_random_flow_ends_exactly_once_and_no_task_is_left(plan: Plan) -> None:
    world = World(plan, random.Random(plan.seed))

    async def main() -> None:
        async with asyncio.timeout(10_000):
            await world.live_through()
            check(world)
            if plan.ending == "twice":
                world.seen.clear()
                await world.live_through()
                check(world)

    play(main())
