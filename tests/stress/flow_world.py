"""`World`: the flow of a plan, whose processors look at the bounds while they work."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from flow_ledger import LATEST, Item, Ledger
from flow_plans import HABITS, RESOURCES, JobPlan, Plan

from framework.flow import (
    Batch,
    Flow,
    LastWorkItem,
    Retry,
    RouteToErrorQueue,
    StopProcessing,
    Strategy,
    UtilizationCapacity,
    router,
)

Add = Callable[..., object]
OWN = "raised by the processor"
FEEDS = 40  # items that processors put back at most


class Broken(Exception):
    """What a resource or a source raises."""


class World:
    """`wrong` names what broke a bound; `live` counts processors at work, `resources` were made, `seen` was told."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = Random(plan.seed)
        self.wrong: list[str] = []
        self.live: Counter[str] = Counter()
        self.seen: Counter[tuple[str, str]] = Counter()
        self.resources: list[Resource] = []
        self.inner: list[Flow] = []
        # A worker for which an item was let in may take one that waited for its key, or for another attempt, first.
        jobs = [job for job in (*plan.jobs, plan.error) if job is not None]
        self.jumps = any(job.key is not None or (job.retry or 1) > 1 for job in jobs)
        self.feeds = 0
        self.begin()
        strategy = Strategy.FIXED if plan.fixed else Strategy.UTILIZATION
        flow = self.flow = Flow(strategy, grace=plan.grace)
        for number, job in enumerate(plan.jobs):
            self.add(f"job {number}", job, flow.add, flow.add_job_with_factory, flow.add_job_with_lock)
        if plan.error is not None:
            self.add("errors", plan.error, flow.error, flow.error_with_factory, flow.error_with_lock)
        if plan.watched:
            flow.observe(self.watch)

    def begin(self) -> None:
        """Forget what the run before has shown."""
        self.seen.clear()
        self.resources.clear()
        self.feeds = FEEDS
        self.ledger = Ledger(self.plan)

    def add(  # noqa: C901, PLR0912, PLR0915 - a case for each source
        self, name: str, job: JobPlan, add: Add, add_with_factory: Add, add_with_lock: Add
    ) -> None:
        """Add a job of the plan."""
        capacity = capacity_of(job)
        retry = job.retry and Retry(job.retry, wait=job.wait)
        limits: dict[str, Any] = {"name": name, "retry": retry, "timeout": job.timeout, "rate": job.rate}
        if job.key is not None:
            limits["key"] = lambda item: item % job.key
        processor = self.single(name, job)
        if job.batch is not None and name != "errors" and job.source in (*RESOURCES, "part"):
            limits["batch"] = Batch(job.batch, job.linger)
            limits.pop("key", None)
            processor = self.several(name, job)
        elif job.generates:
            processor = self.yielding(name, job)
        match job.source:
            case "function":
                add(processor, capacity, **limits)
            case "factory":
                add_with_factory(lambda: Resource(self, name, processor, job), capacity, **limits)
            case "shared":
                add_with_factory(Resource(self, name, processor, job, is_shared=True), capacity, **limits)
            case "lock":
                add_with_lock(processor, asyncio.Lock(), capacity, **limits)
            case "flow":
                self.inner.append(Flow(name=f"inside of {name}").add(processor, capacity))
                add(self.inner[-1], capacity, **limits)
            case "part":
                self.inner.append(Flow(name=f"inside of {name}"))
                made = lambda: Resource(self, name, processor, job)  # noqa: E731 - reads like the factory above
                self.inner[-1].add_job_with_factory(made, capacity, **(limits | {"name": "inner"}))
                add(self.inner[-1], name=name)
            case "router":
                self.inner.append(Flow(name=f"odd of {name}").add(processor, capacity, **(limits | {"name": "inner"})))
                even = self.single(f"{name}.even", job)
                arms = {"odd": self.inner[-1], "even": lambda: Resource(self, f"{name}.even", even, job)}
                add(router(lambda item: "odd" if item % 2 else "even", **arms), capacity, name=name)
            case "handled":
                handled = Flow(name=f"inside of {name}").add(processor, capacity, **(limits | {"name": "inner"}))
                self.inner.append(handled)
                self.inner[-1].error(self.single(f"{name}.errors", job), name="errors")
                add(self.inner[-1], name=name)
            case "mended":
                mended = Flow(name=f"inside of {name}").add(processor, capacity)
                self.inner.append(mended.error(self.single(f"{name}.errors", job), name="errors"))
                add(mended, capacity, **limits)
            case "gated":
                arms = {"odd": processor, "even": self.single(f"{name}.even", job)}
                add(router(lambda item: "odd" if item % 2 else "even", **arms), capacity, **limits)
            case "misses":
                add(router(lambda item: "kept" if item % 3 else "unknown", kept=processor), capacity, name=name)
            case "deep":
                innermost = Flow(name=f"inside of {name}").add(processor, capacity)
                self.inner.append(Flow(name=f"around {name}").add(innermost, capacity, retry=retry))
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
        """A processor of one item, which tells the ledger how it ended."""
        one = self.working(name, job)

        async def process(item: Item) -> Any:
            self.ledger.begin(name, [item])
            with self.telling([item], job):
                result = await one(item)
            self.ledger.end([item], "last" if isinstance(result, LastWorkItem) else "return")
            return result

        return process

    @contextlib.contextmanager
    def telling(self, items: list[Item], job: JobPlan) -> Iterator[None]:
        """Tell the ledger what is raised."""
        try:
            yield
        except BaseException as error:
            self.ledger.end(items, how(error, job))
            raise

    def working(self, name: str, job: JobPlan) -> Any:
        """What a processor does with an item."""
        in_arm = "." in name or job.source in ("gated", "misses")  # it has the capacity of the flow
        most = 1 if job.source == "lock" else 5 if in_arm else job.most

        async def work(item: Item) -> Any:
            self.live[name] += 1
            try:
                self.expect(self.live[name] <= most, f"{name} works on {self.live[name]} at a time")
                self.look()
                return await self.behave(item, job)
            finally:
                self.live[name] -= 1

        return work

    def yielding(self, name: str, job: JobPlan) -> Any:
        """A processor that makes several items of one."""
        one = self.working(name, job)

        async def process(item: Item) -> Any:
            self.ledger.begin(name, [item])
            for _ in range(self.random.choice((0, 1, 1, 3))):
                with self.telling([item], job):
                    result = await one(item)
                if isinstance(result, LastWorkItem):
                    self.ledger.end([item], "last")
                    yield result
                    return
                child = self.ledger.new(item, parent=item)
                with self.telling([item], job):
                    yield child
                child.was_taken = True
            self.ledger.end([item], "spent")

        return process

    def several(self, name: str, job: JobPlan) -> Any:
        """A processor of a batch."""
        one = self.working(name, job)

        async def process(items: list[Item]) -> Any:
            self.expect(1 <= len(items) <= (job.batch or 0), f"{name} got a batch of {len(items)}")
            self.ledger.begin(name, items)
            with self.telling(items, job):
                if self.random.random() < 0.05:
                    result = await one(items[0])
                    self.ledger.end(items, "fail")  # no list: the whole batch fails
                    return result
                results = []
                for item in items:
                    try:
                        results.append(await one(item))
                        self.ledger.end([item], "last" if isinstance(results[-1], LastWorkItem) else "return")
                    except Exception as error:  # noqa: BLE001 - its place in the list is its outcome
                        results.append(error)
                        self.ledger.end([item], how(error, job))
            return results

        return process

    def look(self) -> None:
        """See whether the snapshot keeps to the bounds; a queue exceeds its own where processors put into it."""
        for node in self.flow.snapshot().nodes.values():
            busy = node.running + node.blocked + node.locked + node.opening
            self.expect(busy <= node.workers, f"workers: {node}")
            if not self.plan.meddles:
                self.expect(node.workers <= node.max_workers, f"workers: {node}")
                if self.feeds == FEEDS:
                    room = (node.capacity or 0) + (node.max_workers if self.jumps else 0)
                    self.expect(node.waiting <= room, f"{node.name} has a queue of {node.waiting}")

    async def behave(self, item: Item, job: JobPlan) -> Any:  # noqa: C901 - a case for each habit
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
                raise asyncio.CancelledError(OWN)
            case "exit":
                raise SystemExit(3)
            case "last":
                return LastWorkItem(self.ledger.new(LATEST)) if self.plan.value else LastWorkItem()
            case "cling":
                await swallow(0.02)
            case "stale":  # as a library that cancels its task and does not take that back
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                await swallow(1)
            case "feed" if self.feeds:
                self.feeds -= 1
                await self.flow.put(self.ledger.new(item))
            case "leak":
                async with asyncio.TaskGroup() as group:
                    group.create_task(stop_processing())
        return item


def how(error: BaseException, job: JobPlan) -> str:
    """Name how a body ended that raised; what was cancelled from outside has timed out, unless the flow ended."""
    match error:
        case StopProcessing() | BaseExceptionGroup():
            return "skip"
        case RouteToErrorQueue():
            return "reroute"
        case asyncio.CancelledError(args=(text,)) if text == OWN:
            return "cancel"
        case asyncio.CancelledError() | GeneratorExit():  # a generator that has swallowed its timeout is closed
            return "interrupted" if job.timeout is None else "timeout"
        case SystemExit():
            return "exit"
    return "fail"


async def swallow(seconds: float) -> None:
    """Take a moment, and ignore a cancellation."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        await asyncio.sleep(0.001)


async def stop_processing() -> None:
    """Raise a signal inside of a TaskGroup."""
    raise StopProcessing


class Resource:
    """What a factory makes: gives a processor while it is held, and breaks or takes long now and then.

    `left` is how it was left: None for a clean exit, "not" before; `was_cut` that the exit was interrupted, `end` how
    the run was ending by then.
    """

    def __init__(self, world: World, name: str, processor: Any, job: JobPlan, *, is_shared: bool = False) -> None:
        self.world, self.name, self.processor, self.job = world, name, processor, job
        self.is_shared = is_shared
        self.left: Any = "not"
        self.was_cut = False
        self.during: Any = None  # the run: a put that comes after a stop begins another
        self.end = ""

    async def __aenter__(self) -> Any:
        others = sum(other.name == self.name for other in self.world.resources)
        await self.pause(30 if others >= self.job.workers else 0.01)  # scaled up: the host does not answer
        self.left, self.was_cut, self.during = "not", False, self.world.flow._run
        self.world.resources.append(self)
        return self.processor

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.world.expect(self.left == "not", f"a resource of {self.name} was left twice")
        self.left, self.end = kind, self.during._ended
        try:
            await self.pause(30)
        except asyncio.CancelledError:
            self.was_cut = True
            raise

    async def pause(self, long: float) -> None:
        """Take a moment or a long time, or break."""
        random = self.world.random
        try:
            await asyncio.sleep(long if random.random() < self.job.slow else random.choice((0, 0, 0.002)))
        except asyncio.CancelledError:
            if random.random() >= self.job.clings:
                raise
            self.was_cut = True
        if random.random() < self.job.breaks:
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
