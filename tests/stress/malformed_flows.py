# ruff: noqa: E501 - a case is a line
"""Malformed inputs to flows."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from malformed import Case, double, each, flowed

from framework.errors import FlowEnded, FlowError, LifecycleError, OptionError, UnknownName
from framework.flow import (
    Batch,
    Decision,
    FixedCapacity,
    Flow,
    Retry,
    UtilizationCapacity,
    current_failure,
    job_capacity,
    job_name,
    router,
    workers,
)

NAN, INFINITY = float("nan"), float("inf")
threads = ThreadPoolExecutor(1)


def plain(item):
    return item


async def yielding(item):
    yield item


async def slow(item):
    await asyncio.sleep(0.02)


async def pair(item, other):
    return item


async def five():
    return 5


class Parse:
    async def __call__(self, item):
        return item


class PlainParse:
    def __call__(self, item):
        return item


class Deciding:
    def __init__(self, decision):
        self.decision = decision

    def decide(self, snapshot, capacity, state, now):
        return self.decision


def capacity(field):
    return lambda _, value: flowed(Flow(capacity=UtilizationCapacity(**{field: value})).add(double))


def fixed(*arguments, **changed):
    own = FixedCapacity(*arguments)
    for name, value in changed.items():
        setattr(own, name, value)
    flowed(Flow(capacity=own).add(double))


def add(**options):
    return lambda w: w.flow.add(double, **options)


def adding(option):
    return lambda w, value: w.flow.add(double, **{option: value})


def made_by(factory):
    flowed(Flow(name="made").add_job_with_factory(factory))


def deciding(decision):
    flowed(Flow(Deciding(decision), capacity=UtilizationCapacity(sampling=0.005)).add(slow), range(50))


def batched(returned):
    async def process(items):
        return returned

    flowed(Flow().add(process, batch=2))


def locked(manager):
    return Flow(name="locked").add_job_with_lock(double, manager)


async def put(flow, *, after):
    if after == "run":
        await flow.run([1])
    elif after == "stop":
        await flow.start()
        await flow.stop()
    await flow.put(2)


async def during(use, name="f"):
    """What a call raises while a flow runs."""
    flow = Flow(name=name).add(slow)
    running = asyncio.create_task(flow.run(range(100)))
    await asyncio.sleep(0.01)
    try:
        return await use(flow)
    finally:
        await flow.stop()
        await asyncio.gather(running, return_exceptions=True)


async def now(call):
    return call()


async def streamed(flow):
    return [result async for result in flow.stream([1])]


async def fed(flow):
    async with flow.feeding():
        pass


def circle(_):
    inner, outer = Flow(name="inner").add(double), Flow(name="outer").add(double)
    inner.add(outer)
    outer.add(inner)


def coroutine(w):
    made = double(1)
    made.close()
    w.flow.add(made)


def unawaited(call):
    return lambda _: asyncio.run(call())


ONE, ZERO = "must be a whole number of at least 1", "must be a whole number of at least 0"
PROCESSOR = "a processor is an async function of one item"
EXECUTOR = "executor=ThreadPoolExecutor()"
MANAGER = "asyncio.Lock()"
FACTORY = "pass a function that returns a processor"
STRATEGY = "decide(snapshot, capacity, state, now)"
CAPACITY = "UtilizationCapacity(max_workers=8)"
NO_JOBS = "has no jobs"
ADD = "flow.add(processor)"
AGAIN = "await flow.start() begins again"
SOURCE = "an iterable, an async iterable or a function"
NEITHER = "lower it or raise that"

# fmt: off
CASES = [
    *each("initial_workers", (-1, 1.5, "3", None, True), capacity("initial_workers"), OptionError, "got *", f"initial_workers {ZERO}"),
    *each("min_workers", (-1, 1.5, "1", None, True), capacity("min_workers"), OptionError, "got *", f"min_workers {ZERO}"),
    *each("max_workers", (0, -1, 2.5, "5", None), capacity("max_workers"), OptionError, "got *", f"max_workers {ONE}"),
    *each("queue_length", (0, -1, "x", None, 1.5), capacity("queue_length"), OptionError, "got *", f"queue_length {ONE}"),
    *each("upscaling_rate", (-1, 1.5, "x", None), capacity("upscaling_rate"), OptionError, "got *", f"upscaling_rate {ZERO}"),
    *each("downscaling_rate", (-1, 1.5, "x", None), capacity("downscaling_rate"), OptionError, "got *", f"downscaling_rate {ZERO}"),
    *each("lower_threshold", ("x", None, NAN), capacity("lower_threshold"), OptionError, "got *", "lower_threshold must be a number"),
    *each("upper_threshold", ("x", None, NAN), capacity("upper_threshold"), OptionError, "got *", "upper_threshold must be a number"),
    *each("cooldown", ("x", None, NAN), capacity("cooldown"), OptionError, "got *", "cooldown must be a number"),
    *each("sampling", ("x", None, NAN), capacity("sampling"), OptionError, "got *", "sampling must be a number"),
    *each("dampening", ("x", None, NAN), capacity("dampening"), OptionError, "got *", "dampening must be a number"),
    *[case for name in ("cooldown", "sampling", "dampening") for case in each(name, (-1, -0.5), capacity(name), OptionError, "got *", f"{name} is a time in seconds and cannot be negative")],
    *each("sampling", (0, INFINITY), capacity("sampling"), OptionError, "sampling=*", "give it some seconds"),
    *each("lower_threshold", (0.9, 2), capacity("lower_threshold"), OptionError, "lower_threshold=* is more than upper_threshold=0.7", "lower one or raise the other"),
    *each("upper_threshold", (0.1, -1), capacity("upper_threshold"), OptionError, "more than upper_threshold=*", "lower one or raise the other"),
    *each("min_workers", (6, 100), capacity("min_workers"), OptionError, "min_workers=* is more than max_workers=5", NEITHER),
    *each("FixedCapacity", (0, -1, "3", 1.5, None, True), lambda _, v: fixed(v), OptionError, "got *", f"workers {ONE}"),
    *each("a fixed queue", (0, -1, "x", None), lambda _, v: fixed(2, v), OptionError, "got *", f"queue_length {ONE}"),
    Case("a FixedCapacity with another maximum", lambda _: fixed(2, max_workers=5), OptionError, "not 2 of 2..5", "use UtilizationCapacity for a range"),
    Case("a FixedCapacity with another start", lambda _: fixed(2, initial_workers=1), OptionError, "not 1 of 2..2", "use UtilizationCapacity for a range"),
    *each("a strategy", (5, "utilization", Deciding, None), lambda _, v: Flow(v), FlowError, "got *", STRATEGY),
    *each("a flow's capacity", (5, FixedCapacity, (1, 5)), lambda _, v: Flow(capacity=v), OptionError, "got *", CAPACITY),
    *each("a flow's name", (5, None), lambda _, v: Flow(name=v), OptionError, "got *", "Flow(name='imports')"),
    *each("a flow's clock", (5, asyncio), lambda _, v: Flow(clock=v), OptionError, "got *", "with now() and call_later(delay, callback)"),
    *each("add", (5, None, "double"), lambda w, v: w.flow.add(v), FlowError, f"{PROCESSOR}, got *", "add(parse)"),
    Case("add what was called", coroutine, FlowError, "got <coroutine object double", "uncalled"),
    *each("add", (plain, PlainParse()), lambda w, v: w.flow.add(v), FlowError, "is a plain function, which would block the flow", EXECUTOR),
    Case("add a class", lambda w: w.flow.add(Parse), FlowError, "Parse is a class", "add(Parse(...))"),
    Case("a batch of what yields", lambda w: w.flow.add(yielding, batch=2), FlowError, "yielding yields", "leave batch= out"),
    Case("add what takes two", lambda w: w.flow.add(pair), FlowError, "pair(item, other) cannot be called with the item alone", "functools.partial"),
    Case("add what takes none", lambda w: w.flow.add(five), FlowError, "five() cannot be called with the item alone", "takes one item"),
    *each("retry's wait", (-1, NAN, "x"), lambda _, v: Retry(2, wait=v), OptionError, "got *", "Retry(5, wait=2)"),
    *each("retry's on", (5, "x", BaseException, ()), lambda _, v: Retry(2, on=v), OptionError, "got *", "Retry(5, on=OSError)"),
    *each("retry's wait_from", (5, "x"), lambda _, v: Retry(2, wait_from=v), OptionError, "got *", "a function of the error that gives seconds"),
    *each("a key", (5, "x"), adding("key"), OptionError, "got *", "key=itemgetter(0)"),
    Case("a key and batches", add(key=len, batch=2), OptionError, "one item at a time", "leave one of them out"),
    Case("batches for a flow", lambda w: w.flow.add(Flow(name="inner").add(double), batch=2), OptionError, "batch= belongs to the jobs of inner", "leave it out"),
    *each("a grace", (-1, NAN, "x"), lambda _, v: Flow(grace=v), OptionError, "got *", "Flow(grace=10)"),
    *each("a job's name", ("", 5), adding("name"), OptionError, "not empty, got *", "add(parse, name='parse')"),
    Case("a job's name again", add(name="double"), OptionError, "a job named 'double' already", "choose another name"),
    *each("a job's capacity", (5, FixedCapacity, (1, 5)), adding("capacity"), OptionError, "got *", CAPACITY),
    *each("timeout", (0, -1, "x", NAN, INFINITY), adding("timeout"), OptionError, "got *", "timeout must be a positive number"),
    *each("rate", (0, -1, "x", NAN), adding("rate"), OptionError, "got *", "rate must be a positive number"),
    *each("retry", (0, -1, 1.5, "3", True), adding("retry"), OptionError, "got *", "the number of attempts in all, at least 1"),
    *each("batch", (0, -1, 1.5, "x", True), adding("batch"), OptionError, "got *", "a whole number of items of at least 1"),
    *each("linger", (-1, "x", NAN, None), lambda _, v: Batch(2, v), OptionError, "got *", "linger is a time in seconds and cannot be negative"),
    *each("executor", (5, ThreadPoolExecutor, "threads"), lambda w, v: w.flow.add(plain, executor=v), FlowError, "got *", "ThreadPoolExecutor()"),
    Case("an executor for what is async", add(executor=threads), FlowError, "double is async", "leave executor= out"),
    Case("an executor for text", lambda w: w.flow.add("x", executor=threads), FlowError, "got 'x'", "add(parse, executor=...)"),
    Case("an executor for a flow", lambda w: w.flow.add(Flow(name="inner").add(double), executor=threads), FlowError, "inner is asynchronous", "leave executor= out"),
    Case("an unknown option", lambda w: w.flow.add_job_with_lock(double, asyncio.Lock(), retries=3), TypeError, "'retries'", "timeout, retry, rate, batch, executor, key"),
    *each("a lock", (None, 5, object(), threading.Lock()), lambda _, v: locked(v), FlowError, "got *", MANAGER),
    *each("a lock for errors", (None, 5), lambda _, v: Flow().error_with_lock(double, v), FlowError, "got *", MANAGER),
    *each("a factory", (5, None, "x"), lambda w, v: w.flow.add_job_with_factory(v), FlowError, "got *", FACTORY),
    *each("a factory for errors", (5, None), lambda _, v: Flow().error_with_factory(v), FlowError, "got *", FACTORY),
    *each("a factory that returns", (5, None), lambda _, v: made_by(lambda: v), FlowError, f"{PROCESSOR}, got *", "add(parse)"),
    Case("a factory of plain functions", lambda _: made_by(lambda: plain), FlowError, "plain is a plain function", EXECUTOR),
    Case("a factory of classes", lambda _: made_by(lambda: Parse), FlowError, "Parse is a class", "Parse(...)"),
    Case("two jobs for errors", lambda _: Flow(name="f").error(double).error(double), OptionError, "f has an error job already, double", "one handles all failures"),
    Case("batches for errors", lambda _: Flow().error(double, batch=2), OptionError, "an error job gets one item at a time", "leave batch= out"),
    *each("error", (5, None), lambda _, v: Flow().error(v), FlowError, f"{PROCESSOR}, got *", "add(parse)"),
    Case("a plain job for errors", lambda _: Flow().error(plain), FlowError, "plain is a plain function", EXECUTOR),
    *each("job_name", ("", 5, double), lambda _, v: job_name(v), OptionError, "got *", "@job_name('parse')"),
    *each("a name for", (5, None), lambda _, v: job_name("x")(v), FlowError, "got *", "decorate an async function"),
    *each("job_capacity", (5, FixedCapacity), lambda _, v: job_capacity(v), OptionError, "got *", "@job_capacity(FixedCapacity(4))"),
    Case("workers(5, 2)", lambda _: workers(5, 2), OptionError, "min_workers=5 is more than max_workers=2", NEITHER),
    *each("workers from", (-1, "1", None), lambda _, v: workers(v, 2), OptionError, "got *", f"min_workers {ZERO}"),
    *each("workers to", (0, "1", None), lambda _, v: workers(0, v), OptionError, "got *", f"max_workers {ONE}"),
    *each("workers at first", ("x", 1.5), lambda _, v: workers(1, 2, v), OptionError, "got *", f"initial_workers {ZERO}"),
    *each("router", (5, None), lambda _, v: router(v, a=double), FlowError, "got *", "router(classify, a=parse)"),
    Case("a router without arms", lambda _: router(len), FlowError, "without arms", "router(classify, label=processor, ...)"),
    *each("an arm", (5, None), lambda _, v: router(len, a=v), FlowError, f"{PROCESSOR}, got *", "add(parse)"),
    Case("a plain arm", lambda _: router(len, a=plain), FlowError, "plain is a plain function", "write `async def`"),
    *each("a router's name", ("", 5), lambda _, v: router(len, name=v, a=double), FlowError, "got *", "name='by kind'"),
    *each("a label", ([], {}), lambda _, v: flowed(Flow().add(router(lambda _: v, a=double))), FlowError, "* has no hash", "return one of a"),
    Case("a queue before the start", lambda w: asyncio.run(Flow().add(double)._jobs[0]._input.put(1)), LifecycleError, "double has not been started", "await flow.start()"),
    *each("pause before the start", ("pause", "resume"), lambda _, v: getattr(Flow().add(double), v)(), LifecycleError, "does not run", "await flow.start() first"),
    Case("pause an unknown job", lambda _: asyncio.run(during(lambda flow: now(lambda: flow.pause("slwo")))), UnknownName, "'slwo'", "did you mean 'slow'"),
    Case("configure an unknown job", lambda _: asyncio.run(during(lambda flow: now(lambda: flow.configure("slwo", FixedCapacity(2))))), UnknownName, "'slwo'", "did you mean 'slow'"),
    *each("configure", (5, None), lambda _, v: asyncio.run(during(lambda flow: now(lambda: flow.configure("slow", v)))), OptionError, "got *", "FixedCapacity(4)"),
    Case("on_source_error", unawaited(lambda: Flow().add(double).run([1], on_source_error="ignore")), OptionError, "got 'ignore'", "'finish' or 'drop'"),
    Case("put from a thread before the start", lambda w: Flow().add(double).put_threadsafe(1), LifecycleError, "has not been started", "await flow.start() first"),
    Case("put after run", lambda _: asyncio.run(put(Flow().add(double), after="run")), FlowEnded, "the flow has ended", AGAIN),
    Case("put after stop", lambda _: asyncio.run(put(Flow().add(double), after="stop")), FlowEnded, "the flow was stopped", AGAIN),
    Case("put without jobs", lambda _: asyncio.run(Flow(name="empty").put(1)), LifecycleError, f"empty {NO_JOBS}", ADD),
    Case("run without jobs", lambda _: asyncio.run(Flow(name="empty").run([1])), LifecycleError, f"empty {NO_JOBS}", ADD),
    Case("start without jobs", lambda _: asyncio.run(Flow(name="empty").start()), LifecycleError, f"empty {NO_JOBS}", ADD),
    Case("feed without jobs", lambda _: asyncio.run(fed(Flow(name="empty"))), LifecycleError, f"empty {NO_JOBS}", ADD),
    Case("stream without jobs", lambda _: asyncio.run(streamed(Flow(name="empty"))), LifecycleError, f"empty {NO_JOBS}", ADD),
    Case("add while running", lambda _: asyncio.run(during(lambda flow: now(lambda: flow.add(double)))), LifecycleError, "f is running", "await flow.stop() before adding jobs"),
    Case("error while running", lambda _: asyncio.run(during(lambda flow: now(lambda: flow.error(double)))), LifecycleError, "f is running", "await flow.stop() before adding jobs"),
    Case("run while running", lambda _: asyncio.run(during(lambda flow: flow.run([1]))), LifecycleError, "f is being run already", "await flow.stop() first"),
    Case("stream while running", lambda _: asyncio.run(during(streamed)), LifecycleError, "f is being run already", "await flow.stop() first"),
    Case("a part that runs already", lambda _: asyncio.run(during(lambda flow: Flow().add(flow).run([1]), "inner")), LifecycleError, "inner runs already", "make a second one"),
    *each("a source", (5, object()), lambda _, v: flowed(Flow().add(double), v), FlowError, "got *", SOURCE),
    *each("a source that returns", (5, None), lambda _, v: flowed(Flow().add(double), lambda: v), FlowError, "the source returned *", "return an iterable"),
    Case("a source that awaits", lambda _: flowed(Flow().add(double), five), FlowError, "the source returned 5", "return an iterable"),
    Case("no current failure", lambda _: current_failure(), LifecycleError, "no current failure", "flow.error(...)"),
    Case("a flow in itself", lambda w: w.flow.add(w.flow), FlowError, "line cannot be part of itself", "make a second flow"),
    Case("two flows in each other", circle, FlowError, "outer cannot be part of itself", "make a second flow"),
    *each("a decision", (5, None, "more"), lambda _, v: deciding(v), FlowError, "the strategy of slow returned *", "return Decision(target, reason, state)"),
    *each("a target", ("x", 1.5, True, None), lambda _, v: deciding(Decision(v)), FlowError, "the strategy of slow wants * workers", "the target is a whole number"),
    *each("a target", (99, -1, 0), lambda _, v: deciding(Decision(v)), OptionError, "the strategy of slow wants * workers", "its capacity allows 1..5: decide within it"),
    *each("a batch returns", (None, {1: 2}, "ab", 5), lambda _, v: batched(v), FlowError, "got a batch and returned", "return a list with one result per item"),
    *each("a batch returns", ([], [1], [1, 2, 3]), lambda _, v: batched(v), FlowError, "got a batch of 2 items and returned", "return one per item"),
    *each("observe a flow", (5, None), lambda w, v: w.flow.observe(v), TypeError, "got ", "observe(print)"),
]
# fmt: on
