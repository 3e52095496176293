"""Event dispatch: the cost of a delivery against a plain call of the same body, and against peers.

Every delivery of every contestant runs the same `match` body on the same events, which exist before the clock starts.
The plain calls take them from a list as our workers take them from a mailbox, so that both are compared from there on.
Peers are sent their events while the clock runs, and so are we where we are compared with them: "submits too".

pykka and the executor have mailboxes and threads as we do, and are compared with four workers; bytewax runs a dataflow
on one thread and is compared with one worker: the bodies are its map steps, fed one by one, or in batches of 1,000
where nothing is routed and a loop calls the body. streamz, reactivex, blinker and pyee call at once, without mailbox
or thread, and are compared with one worker.
"""

import time

import dispatch_bytewax
from dispatch_bytewax import bytewax_steps
from dispatch_peers import (
    blinker_signals,
    executor,
    pyee_emitter,
    pykka_actors,
    reactivex_subjects,
    streamz_streams,
)
from dispatch_shapes import COUNT, SHAPES, handlers_of, inputs, processors
from interleaved import measure, table
from promises import NOISE, beaten, finish, promise

from framework.core import AbstractProcessor, Event, Pipeline

DELIVERED = {1: "framework, 1 worker", 4: "framework, 4 workers"}
WHOLE = {1: "framework, 1 worker, submits too", 4: "framework, 4 workers, submits too"}
THREADED = {"ThreadPoolExecutor": 3, "pykka": 2}
SYNCHRONOUS = {"streamz": 2, "reactivex": 1 - NOISE, "blinker": 1.3, "pyee": 1 - NOISE}
ONE_BY_ONE, BATCHES = "bytewax", "bytewax, batches of 1,000"
AT_ONCE = "it calls the body at once, on the thread that sends; ours goes through a mailbox to a worker's thread"
# A delivery of ping-pong does nothing but send the next event: the most that routing can weigh.
PLAIN = {"one": 1.7, "chain": 1.7, "fan-out": 1.7, "ping-pong": 2.2}
LOOP, ONE_EACH, TOGETHER = "plain calls", "submit, for each", "submit_all"
REASONS = {
    **dict.fromkeys(SYNCHRONOUS, AT_ONCE),
    BATCHES: "a step gets a list and calls the body in a loop: no event is routed, and none waits in a mailbox",
}


class PlainContext:
    """Calls the next body at once; the floor that a runtime is measured against."""

    def __init__(self):
        self.handlers = {}
        self.pending = []

    def submit(self, event):
        self.pending.append(event)

    def run(self):
        handlers, pending = self.handlers, self.pending
        while pending:
            event = pending.pop()
            for handler in handlers.get(event.name, ()):
                handler(self, event)


def plain(shape):
    def run():
        context = PlainContext()
        context.handlers = handlers_of(shape)
        context.pending = inputs(shape)[::-1]
        started = time.perf_counter()
        context.run()
        return time.perf_counter() - started

    return run


def framework(make, workers, submitted):
    """Seconds of a run, and of the run with its submits."""
    pipeline, events = Pipeline(make(), max_workers=workers), submitted()
    started = time.perf_counter()
    for event in events:
        pipeline.submit(event)
    waiting = time.perf_counter()
    pipeline.run()
    ended = time.perf_counter()
    return ended - waiting, ended - started


def delivered(shape, workers):
    return lambda: framework(lambda: processors(shape), workers, lambda: inputs(shape))[0]


def whole(shape, workers):
    return lambda: framework(lambda: processors(shape), workers, lambda: inputs(shape))[1]


def contestants(shape):
    found = {
        "plain": plain(shape),
        **{name: delivered(shape, workers) for workers, name in DELIVERED.items()},
        **{name: whole(shape, workers) for workers, name in WHOLE.items()},
        "streamz": streamz_streams(shape),
        "reactivex": reactivex_subjects(shape),
        "blinker": blinker_signals(shape),
        "pyee": pyee_emitter(shape),
        "pykka": pykka_actors(shape),
        "ThreadPoolExecutor": executor(shape),
    }
    if dispatch_bytewax.AVAILABLE and shape in dispatch_bytewax.SHAPES:
        found |= {ONE_BY_ONE: bytewax_steps(shape), BATCHES: bytewax_steps(shape, 1000)}
    return found


def dispatch(shape):
    times = measure(contestants(shape), rounds=9)
    table(f"{shape}, {COUNT:,} deliveries", times, "plain", COUNT)
    for ours in DELIVERED.values():
        promise(f"{shape}: {ours}, times a plain call", times.ratio(ours, "plain"), at_most=PLAIN[shape])
    peers = {WHOLE[4]: THREADED, WHOLE[1]: SYNCHRONOUS | ({ONE_BY_ONE: 1} if ONE_BY_ONE in times else {})}
    for ours, factors in peers.items():
        for peer, ratio in times.against(ours, factors).items():
            promise(f"{shape}: {peer} over framework", ratio, at_least=factors[peer])
    beaten(shape, times.against(WHOLE[4], THREADED), REASONS)
    synchronous = [name for name in (*SYNCHRONOUS, ONE_BY_ONE, BATCHES) if name in times]
    beaten(shape, times.against(WHOLE[1], synchronous), REASONS)


def submitting():
    """What it costs to send events from outside, beside plain calls of the body that they are for."""
    sent = inputs("one")

    def timed(send):
        pipeline = Pipeline(processors("one"), max_workers=1)
        started = time.perf_counter()
        send(pipeline)
        elapsed = time.perf_counter() - started
        pipeline.close()
        return elapsed

    def one_each(pipeline):
        for event in sent:
            pipeline.submit(event)

    contestants = {
        LOOP: plain("one"),
        ONE_EACH: lambda: timed(one_each),
        TOGETHER: lambda: timed(lambda pipeline: pipeline.submit_all(sent)),
    }
    times = measure(contestants, rounds=9)
    table(f"sending {COUNT:,} events from outside", times, LOOP, COUNT)
    promise("submit_all, times the loop of plain calls", times.ratio(TOGETHER, LOOP), at_most=1.2)
    promise("submit_all, times a submit for each", times.ratio(TOGETHER, ONE_EACH), at_most=0.5)


class Sleeper(AbstractProcessor):
    def __init__(self, number):
        self.number = number

    def process(self, context, event):
        match event:
            case Event(name="work"):
                time.sleep(0.001)


def plain_sleeps():
    for _ in range(200):
        time.sleep(0.001)


def blocking():
    """How close sleeping bodies come to the ideal with 4 workers."""
    one, four = "200 sleeps, plain", "4 x 200 sleeps, 4 workers"
    sleepers = lambda: framework(lambda: map(Sleeper, range(4)), 4, lambda: [Event("work")] * 200)[0]  # noqa: E731
    times = measure({one: plain_sleeps, four: sleepers}, rounds=5)
    table("blocking processors", times, one, unit="ms")
    promise("share of the ideal that 4 workers reach with 1 ms bodies", times.ratio(one, four), at_least=0.95)


def main():
    for shape in SHAPES:
        dispatch(shape)
    if not dispatch_bytewax.AVAILABLE:
        print("- not measured: bytewax, which has no wheel for this Python")
    submitting()
    blocking()
    finish()


if __name__ == "__main__":
    main()
