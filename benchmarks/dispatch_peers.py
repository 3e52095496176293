"""Peers of the dispatch benchmark: each runs the same handlers on the same inputs and returns its seconds."""

import logging
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from dispatch_shapes import COUNT, handlers_of, inputs

logging.getLogger("pykka").setLevel(logging.ERROR)


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
