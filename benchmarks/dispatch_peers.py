"""Peers of the dispatch benchmark: each runs the same handlers on the same inputs and returns its seconds."""

import itertools
import logging
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from dispatch_shapes import COUNT, handlers_of, inputs

logging.getLogger("pykka").setLevel(logging.ERROR)
FEWER = COUNT // 10
"""Deliveries of those that take many times as long; their seconds are given as if for COUNT."""


class Calling:
    """A context over a peer: submit hands the event to whatever the peer calls by name."""

    def __init__(self, send):
        self.submit = send


class Finish:
    """An event that is set once so many deliveries were counted; counting takes no lock."""

    def __init__(self, count):
        self.left = itertools.count(count - 1, -1)
        self.event = threading.Event()

    def count(self):
        if next(self.left) == 0:
            self.event.set()


def executor(shape):
    """One ThreadPoolExecutor.submit per event, a queue and a lock per processor."""

    def run():
        handlers, submitted, finish = handlers_of(shape), inputs(shape, FEWER), Finish(FEWER)
        with ThreadPoolExecutor(4) as pool:
            boxes = {handler: (queue.SimpleQueue(), threading.Lock()) for them in handlers.values() for handler in them}

            def send(event):
                for handler in handlers.get(event.name, ()):
                    boxes[handler][0].put(event)
                    pool.submit(drain, handler)

            context = Calling(send)

            def drain(handler):
                box, lock = boxes[handler]
                with lock:
                    handler(context, box.get())
                finish.count()

            started = time.perf_counter()
            for event in submitted:
                send(event)
            finish.event.wait()
            return (time.perf_counter() - started) * COUNT / FEWER

    return run


def pykka_actors(shape):
    """An actor per processor."""
    import pykka

    def run():
        handlers, submitted, finish = handlers_of(shape), inputs(shape, FEWER), Finish(FEWER)

        class Actor(pykka.ThreadingActor):
            def __init__(self, handler):
                super().__init__()
                self.handler = handler

            def on_receive(self, message):
                self.handler(context, message)
                finish.count()

        actors = {name: [Actor.start(handler) for handler in them] for name, them in handlers.items()}

        def send(event):
            for actor in actors.get(event.name, ()):
                actor.tell(event)

        context = Calling(send)
        started = time.perf_counter()
        for event in submitted:
            send(event)
        finish.event.wait()
        elapsed = time.perf_counter() - started
        for them in actors.values():
            for actor in them:
                actor.stop()
        return elapsed * COUNT / FEWER

    return run


def streamz_streams(shape):
    from streamz import Stream

    def run():
        handlers, submitted = handlers_of(shape), inputs(shape)
        streams = {name: Stream() for name in handlers}
        pending = []
        context = Calling(pending.append)
        for name, them in handlers.items():
            for handler in them:
                streams[name].sink(lambda event, handler=handler: handler(context, event))
        started = time.perf_counter()
        for event in submitted:
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
        handlers, submitted = handlers_of(shape), inputs(shape)
        subjects = {name: Subject() for name in handlers}
        pending = []
        context = Calling(pending.append)
        for name, them in handlers.items():
            for handler in them:
                subjects[name].subscribe(lambda event, handler=handler: handler(context, event))
        started = time.perf_counter()
        for event in submitted:
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
        handlers, submitted = handlers_of(shape), inputs(shape)
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
        for event in submitted:
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
        handlers, submitted = handlers_of(shape), inputs(shape)
        emitter = EventEmitter()
        pending = []
        context = Calling(pending.append)
        for name, them in handlers.items():
            for handler in them:
                emitter.on(name, lambda event, handler=handler: handler(context, event))
        started = time.perf_counter()
        for event in submitted:
            emitter.emit(event.name, event)
            while pending:
                following = pending.pop()
                emitter.emit(following.name, following)
        return time.perf_counter() - started

    return run
