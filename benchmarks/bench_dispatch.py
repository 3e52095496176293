"""Event dispatch: the cost of a delivery against a plain call of the same body, and against peers.

Peers do the same work: every delivery runs the same `match` body. pykka and the executor have mailboxes and threads as
we do; streamz, reactivex, blinker and pyee call synchronously and are compared with one worker.
"""

import logging
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from interleaved import finish, measure, promise, table

from framework.core import AbstractProcessor, Event, Pipeline

logging.getLogger("pykka").setLevel(logging.ERROR)
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
STAGES = 10


class Sum(AbstractProcessor):
    """One processor, many events."""

    def __init__(self):
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="add", value=value):
                self.total += value


def stage_class(number):
    source_name, next_name = f"stage{number}", f"stage{number + 1}"

    class Stage(AbstractProcessor):
        interests = [(Event, source_name)]  # noqa: RUF012

        def process(self, context, event):
            match event:
                case Event(value=value):
                    context.submit(Event(next_name, value=value + 1))

    return Stage


class Fan(AbstractProcessor):
    def __init__(self, number):
        self.number = number
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="add", value=value):
                self.total += value


class Ping(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="ping", left=left) if left:
                context.submit(Event("pong", left=left - 1))


class Pong(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="pong", left=left) if left:
                context.submit(Event("ping", left=left - 1))


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


def events(name, count):
    return [Event(name, value=number) for number in range(count)]


def timed_run(pipeline, submitted):
    for event in submitted:
        pipeline.submit(event)
    started = time.perf_counter()
    pipeline.run()
    return time.perf_counter() - started


PEERS = {"pykka": 2.5, "streamz": 2, "blinker": 1.3, "ThreadPoolExecutor": 5, "reactivex": 0.9, "pyee": 0.9}
SHAPES = ("one", "chain", "fan-out", "ping-pong")


def processors(shape):
    if shape == "one":
        return [Sum()]
    if shape == "chain":
        return [stage_class(number)() for number in range(STAGES)]
    if shape == "fan-out":
        return [Fan(number) for number in range(STAGES)]
    return [Ping(), Pong()]


NAMES = {"one": "add", "chain": "stage0", "fan-out": "add", "ping-pong": "ping"}


def inputs(shape):
    if shape == "one":
        return events("add", COUNT)
    if shape == "chain":
        return events("stage0", COUNT // STAGES)
    if shape == "fan-out":
        return events("add", COUNT // STAGES)
    return [Event("ping", left=COUNT)]


def handlers_of(shape):
    made = processors(shape)
    if shape == "one":
        return {"add": [made[0].process]}
    if shape == "chain":
        return {f"stage{number}": [stage.process] for number, stage in enumerate(made)}
    if shape == "fan-out":
        return {"add": [fan.process for fan in made]}
    return {"ping": [made[0].process], "pong": [made[1].process]}


def plain(shape):
    def run():
        context = PlainContext()
        context.handlers = handlers_of(shape)
        context.pending = inputs(shape)[::-1]
        started = time.perf_counter()
        context.run()
        return time.perf_counter() - started

    return run


def framework(shape, workers):
    def run():
        return timed_run(Pipeline(processors(shape), max_workers=workers), inputs(shape))

    return run


class Calling:
    """A context over a peer: submit hands the event to whatever the peer calls by name."""

    def __init__(self, send):
        self.submit = send


def executor(shape):
    """One ThreadPoolExecutor.submit per event, a queue and a lock per processor."""

    def run():
        handlers = handlers_of(shape)
        with ThreadPoolExecutor(4) as pool:
            boxes = {handler: (queue.SimpleQueue(), threading.Lock()) for them in handlers.values() for handler in them}
            left = threading.Semaphore(0)

            def send(event):
                for handler in handlers.get(event.name, ()):
                    boxes[handler][0].put(event)
                    pool.submit(drain, handler)

            context = Calling(send)

            def drain(handler):
                box, lock = boxes[handler]
                with lock:
                    handler(context, box.get())
                left.release()

            started = time.perf_counter()
            for event in inputs(shape):
                send(event)
            for _ in range(COUNT):
                left.acquire()
            return time.perf_counter() - started

    return run


def pykka_actors(shape):
    import pykka

    def run():
        handlers = handlers_of(shape)
        done = threading.Event()
        count = 0
        lock = threading.Lock()

        class Actor(pykka.ThreadingActor):
            def __init__(self, handler):
                super().__init__()
                self.handler = handler

            def on_receive(self, message):
                nonlocal count
                self.handler(context, message)
                with lock:
                    count += 1
                    if count >= COUNT:
                        done.set()

        actors = {name: [Actor.start(handler) for handler in them] for name, them in handlers.items()}

        def send(event):
            for actor in actors.get(event.name, ()):
                actor.tell(event)

        context = Calling(send)
        started = time.perf_counter()
        for event in inputs(shape):
            send(event)
        done.wait()
        elapsed = time.perf_counter() - started
        for them in actors.values():
            for actor in them:
                actor.stop()
        return elapsed

    return run


def streamz_streams(shape):
    from streamz import Stream

    def run():
        handlers = handlers_of(shape)
        streams = {name: Stream() for name in handlers}
        pending = []
        context = Calling(pending.append)
        for name, them in handlers.items():
            for handler in them:
                streams[name].sink(lambda event, handler=handler: handler(context, event))
        started = time.perf_counter()
        for event in inputs(shape):
            streams[event.name].emit(event)
            while pending:
                following = pending.pop()
                if following.name in streams:
                    streams[following.name].emit(following)
        return time.perf_counter() - started

    return run


def reactivex_subjects(shape):
    from reactivex.subject import Subject

    def run():
        handlers = handlers_of(shape)
        subjects = {name: Subject() for name in handlers}
        pending = []
        context = Calling(pending.append)
        for name, them in handlers.items():
            for handler in them:
                subjects[name].subscribe(lambda event, handler=handler: handler(context, event))
        started = time.perf_counter()
        for event in inputs(shape):
            subjects[event.name].on_next(event)
            while pending:
                following = pending.pop()
                if following.name in subjects:
                    subjects[following.name].on_next(following)
        return time.perf_counter() - started

    return run


def blinker_signals(shape):
    from blinker import Signal

    def run():
        handlers = handlers_of(shape)
        signals = {name: Signal() for name in handlers}
        pending = []
        context = Calling(pending.append)
        kept = []
        for name, them in handlers.items():
            for handler in them:
                receiver = lambda event, handler=handler: handler(context, event)  # noqa: E731
                kept.append(receiver)
                signals[name].connect(receiver)
        started = time.perf_counter()
        for event in inputs(shape):
            signals[event.name].send(event)
            while pending:
                following = pending.pop()
                if following.name in signals:
                    signals[following.name].send(following)
        return time.perf_counter() - started

    return run


def pyee_emitter(shape):
    from pyee.base import EventEmitter

    def run():
        handlers = handlers_of(shape)
        emitter = EventEmitter()
        pending = []
        context = Calling(pending.append)
        for name, them in handlers.items():
            for handler in them:
                emitter.on(name, lambda event, handler=handler: handler(context, event))
        started = time.perf_counter()
        for event in inputs(shape):
            emitter.emit(event.name, event)
            while pending:
                following = pending.pop()
                emitter.emit(following.name, following)
        return time.perf_counter() - started

    return run


def blocking():
    """How close sleeping bodies come to the ideal with 4 workers."""

    class Sleeper(AbstractProcessor):
        def __init__(self, number):
            self.number = number

        def process(self, context, event):
            match event:
                case Event(name="work"):
                    time.sleep(0.001)

    def plain_sleeps():
        started = time.perf_counter()
        for _ in range(200):
            time.sleep(0.001)
        return time.perf_counter() - started

    def run():
        return timed_run(Pipeline([Sleeper(n) for n in range(4)], max_workers=4), [Event("work") for _ in range(200)])

    medians = measure({"200 sleeps, plain": plain_sleeps, "4 x 200 sleeps, 4 workers": run}, rounds=5)
    share = medians["200 sleeps, plain"] / medians["4 x 200 sleeps, 4 workers"]
    print("### blocking processors\n")
    promise("share of the ideal that 4 workers reach with 1 ms bodies", share, at_least=0.95)
    print()


def small():
    """A pipeline of one event, from construction to the report."""

    def run():
        pipeline = Pipeline([Sum()])
        pipeline.submit(Event("add", value=1))
        pipeline.run()

    medians = measure({"one event": run}, rounds=31)
    print("### a pipeline of one event\n")
    promise("milliseconds from construction to the report", medians["one event"] * 1e3, at_most=3)


def main():
    for shape in SHAPES:
        contestants = {
            "plain": plain(shape),
            "framework, 1 worker": framework(shape, 1),
            "framework, 4 workers": framework(shape, 4),
            "ThreadPoolExecutor": executor(shape),
            "pykka": pykka_actors(shape),
            "streamz": streamz_streams(shape),
            "reactivex": reactivex_subjects(shape),
            "blinker": blinker_signals(shape),
            "pyee": pyee_emitter(shape),
        }
        medians = measure(contestants, rounds=5)
        table(f"{shape}, {COUNT} deliveries", medians, "plain", COUNT)
        for ours in ("framework, 1 worker", "framework, 4 workers"):
            promise(f"{shape}: {ours}, times a plain call", medians[ours] / medians["plain"], at_most=2)
        for peer, factor in PEERS.items():
            ratio = medians[peer] / medians["framework, 1 worker"]
            promise(f"{shape}: {peer} over framework", ratio, at_least=factor)
        print()
    blocking()
    small()
    finish()


if __name__ == "__main__":
    main()
